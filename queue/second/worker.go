package second

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
)

// Queue is what this package needs of the queue on the card.
type Queue interface {
	// Uncopied lists photos that wait for the second copy, with numbers above
	// after, oldest first, at most limit.
	Uncopied(after uint64, limit int) ([]photo.Meta, error)
	// Open opens the photo on the card.
	Open(m photo.Meta) (io.ReadSeekCloser, error)
	// SetDisk says which disk the second copy is on, by its name: where that is
	// another than before, nothing is copied yet.
	SetDisk(disk string) error
	// Disk is the one that SetDisk named last; empty for none, as where the queue
	// lost its index.
	Disk() (string, error)
	// Wants tells, cheaply, whether the queue knows nothing of a photo that was
	// copied from it, and Returned takes that back. Their errors wrap queue.ErrOther
	// where the photo's number is another photo's, and queue.ErrDamaged where the
	// metadata makes no sense.
	Wants(id photo.ID) (bool, error)
	Returned(m photo.Meta) error
	// Copied says that the second copy holds these photos, durably and checked.
	// Photos that the queue does not know any more are no error.
	Copied(seqs ...uint64) error
	// Has tells whether the cloud has confirmed the photo m, of which nothing but
	// ID and Device need be known. Where the queue can't tell, it says false.
	Has(m photo.Meta) bool
}

// Options are what a Worker needs besides its Config.
type Options struct {
	Queue Queue
	// Device is this controller's name.
	Device string
	// Dir is a directory on the card, that of the queue: what says that this is
	// the same queue as ever is kept there, in a file second.id. A queue without
	// that file counts as another, whose numbers mean other photos: what earlier
	// ones copied is never deleted.
	Dir string
	// Busy tells whether the card or the camera should be left alone just now, as
	// while a photo is taken. nil: never.
	Busy func() bool
	// Mounted tells whether dir, the root of what is at the mount point, is a
	// mounted disk; parent is the directory above. nil: where they are on
	// different devices.
	Mounted func(dir, parent os.FileInfo) bool
	// Space is how many bytes the file system of root has, and how many of them
	// are free to us. nil asks the system.
	Space func(root *os.File) (free, total uint64, err error)
	// Fault is called before each durable step with its name (see Steps); where
	// it returns an error the step isn't done and the error comes back wrapped.
	// nil: never an error.
	Fault func(step string) error
	Log   zerolog.Logger
}

const (
	// batchPhotos is how many photos one transaction of the queue marks.
	batchPhotos = 64
	// bulkPhotos and bulkInterval: copying begins when so many photos wait, or so
	// long after the last time, whichever is first; and at once when a disk is
	// plugged in. A transaction for each photo would wear the card, and keep the
	// disk from sleeping.
	bulkPhotos   = 16
	bulkInterval = 15 * time.Minute
	// pollInterval is how often the mount point and the queue are looked at where
	// there is nothing to do: a person who plugged a disk in sees its light.
	pollInterval = 10 * time.Second
	// backoffMax bounds the wait after a disk that failed, or is full.
	backoffMax = 5 * time.Minute
	// passInterval is how often photos are tried again that could not be read from
	// the card, and how often a disk is looked through again that could not be.
	passInterval = time.Hour
	// busyPoll is how often Busy is asked again: a capture takes seconds.
	busyPoll = 200 * time.Millisecond
	// restMax bounds the rest after one photo, which is as long as its copying
	// took: a disk that stalls for a minute need not rest for one.
	restMax = 5 * time.Second
)

// Worker fills the second copy. Its methods may be called at once from several
// goroutines.
type Worker struct {
	c Config
	o Options

	source string    // whose queue this is; of Run's goroutine
	after  uint64    // up to here, this pass has dealt with all photos; of Run's goroutine
	passed time.Time // when this pass began; of Run's goroutine
	// bulked is when photos were last copied; of Run's goroutine.
	bulked time.Time
	// done are copied, and the queue does not know yet; of Run's goroutine.
	done []uint64
	// skipped: this pass has left out a photo, and said so; of Run's goroutine.
	skipped bool

	// offered is the disk that offer has been through since it was plugged in, and
	// offeredAt when it was last tried; of Run's goroutine.
	offered   string
	offeredAt time.Time

	mu    sync.Mutex // guards the following
	state State
	here  string // the disk that is mounted and in order
}

// New makes a Worker; c must be valid. It touches no disk.
func New(c Config, o Options) *Worker {
	if o.Busy == nil {
		o.Busy = func() bool { return false }
	}
	if o.Mounted == nil {
		o.Mounted = otherDevice
	}
	if o.Space == nil {
		o.Space = space
	}
	if o.Fault == nil {
		o.Fault = func(string) error { return nil }
	}
	return &Worker{c: c, o: o}
}

// Run copies what waits, until ctx ends; it then returns nil, and what a
// transaction of the queue has marked by then is copied. Without a mount point
// it only waits. It must not be called twice at once.
func (w *Worker) Run(ctx context.Context) error {
	if w.c.Mount == "" {
		<-ctx.Done()
		return nil
	}
	failures := 0
	for ctx.Err() == nil {
		copied, err := w.round(ctx)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, ErrAbsent) || errors.Is(err, ErrForeign) {
			w.offered, w.offeredAt = "", time.Time{}
		}
		w.note(err)
		if err != nil {
			w.bulked = time.Time{} // when the disk is back, at once
		}
		if err == nil || copied > 0 || errors.Is(err, ErrAbsent) {
			failures = 0
		}
		wait := pollInterval
		if err != nil && !errors.Is(err, ErrAbsent) {
			wait = backoff(failures)
			failures++
		}
		w.pause(ctx, wait)
	}
	return nil
}

// pause waits for so long, or until a disk is plugged in or pulled out.
func (w *Worker) pause(ctx context.Context, wait time.Duration) {
	before := w.present()
	for wait > 0 && ctx.Err() == nil && w.present() == before {
		sleep(ctx, min(wait, pollInterval))
		wait -= pollInterval
	}
}

// backoff is the wait after a failure that follows so many others: half to all
// of a doubling time.
func backoff(failures int) time.Duration {
	d := pollInterval
	for ; failures > 0 && d < backoffMax; failures-- {
		d *= 2
	}
	d = min(d, backoffMax)
	return d/2 + rand.N(d/2)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// round copies what waits, until nothing does or the disk fails.
func (w *Worker) round(ctx context.Context) (copied int, err error) {
	if err := w.look(ctx); err != nil {
		w.setHere("")
		return 0, err
	}
	if since := time.Since(w.passed); since > passInterval || w.State().Err != nil {
		w.after, w.passed, w.skipped = 0, time.Now(), false
	}
	for ctx.Err() == nil {
		batch, err := w.o.Queue.Uncopied(w.after, batchPhotos)
		if err != nil {
			return copied, fmt.Errorf("second copy: %w", err)
		}
		w.update(func(s *State) { s.Waiting = len(batch) })
		if copied == 0 && len(batch) < bulkPhotos && time.Since(w.bulked) < bulkInterval {
			return 0, nil
		}
		n, err := w.batch(ctx, batch)
		if n > 0 {
			w.bulked = time.Now()
		}
		if copied += n; err != nil || len(batch) < batchPhotos {
			return copied, err
		}
	}
	return copied, nil
}

// batch copies photos, and tells the queue of those that are copied, also where
// the disk fails before the last.
func (w *Worker) batch(ctx context.Context, batch []photo.Meta) (copied int, err error) {
	for _, m := range batch {
		if ctx.Err() != nil {
			break
		}
		if w.c.Copies(m.Format) {
			began := time.Now()
			err = w.copy(ctx, m)
			if onCard := (*cardError)(nil); errors.As(err, &onCard) {
				w.skip(m, err)
				err = nil
			} else if err != nil {
				break
			} else {
				w.done = append(w.done, m.Seq())
				copied++
			}
			sleep(ctx, min(time.Since(began), restMax))
		}
		w.after = m.Seq()
	}
	if told := w.tell(); told != nil {
		w.after = 0
		return 0, told
	}
	return copied, err
}

// tell tells the queue which photos are copied since it was last told. Where it
// can't, they are found on the disk, and checked, in the next pass.
func (w *Worker) tell() error {
	done := w.done
	w.done = nil
	if len(done) == 0 {
		return nil
	}
	if err := w.o.Queue.Copied(done...); err != nil {
		return fmt.Errorf("second copy: %w", err)
	}
	w.update(func(s *State) {
		s.Copied += len(done)
		s.Waiting -= min(len(done), s.Waiting)
	})
	return nil
}

// skip leaves a photo for the next pass that can't be read from the card.
func (w *Worker) skip(m photo.Meta, err error) {
	w.update(func(s *State) { s.Skipped++; s.LastSkip = err })
	if !w.skipped {
		w.skipped = true
		w.o.Log.Warn().Err(err).Str("photo", string(m.ID)).Msg("photo not copied: it can't be read from the card")
	}
}

// quiet waits until Busy is over.
func (w *Worker) quiet(ctx context.Context) error {
	for w.o.Busy() && ctx.Err() == nil {
		sleep(ctx, busyPoll)
	}
	return ctx.Err()
}
