package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// ScrubOptions say how gently Scrub reads.
type ScrubOptions struct {
	// BytesPerSecond bounds the reading, on average; 0: as fast as the card.
	BytesPerSecond int
	// Busy tells whether something more important is going on, such as a capture:
	// then no photo is begun. nil: never.
	Busy func() bool
}

// Scrubbed is what Scrub found.
type Scrubbed struct {
	Photos int   // read
	Bytes  int64 // of them
	// Lost photos were damaged or gone (unless the second copy holds them, that is
	// where they are from then on); Mended ones had wrong or no metadata, or a wrong
	// record, and right bytes; Unread ones the card would not give: they are left as
	// they are, and read again by the next Scrub.
	Lost, Mended, Unread int
}

const (
	// scrubMark is after how many photos the place is remembered, so that a
	// controller that restarts daily comes to the end too.
	scrubMark = 100
	// scrubPoll is the pause while something more important goes on.
	scrubPoll = time.Second
)

// Scrub reads photos that the cloud has not got against their SHA-256, oldest
// first, once all that there are, and ends. It goes on where an earlier one was
// broken off by ctx, whose error it returns then. A damaged photo is Lost, as by
// Verify. It may run beside all else.
func (q *Queue) Scrub(ctx context.Context, o ScrubOptions) (s Scrubbed, err error) {
	if err := q.begin(); err != nil {
		return Scrubbed{}, err
	}
	defer q.end()
	if err := q.scrub(ctx, o, &s); err != nil {
		return s, fmt.Errorf("scrub photos: %w", err)
	}
	return s, nil
}

func (q *Queue) scrub(ctx context.Context, o ScrubOptions, s *Scrubbed) error {
	var at uint64
	if err := q.view(func(t txn) (err error) {
		at, err = t.number(keyScrub)
		return err
	}); err != nil {
		return err
	}
	for marked := 0; ; {
		for o.Busy != nil && o.Busy() {
			if err := sleep(ctx, scrubPoll); err != nil {
				return errors.Join(err, q.scrubbed(at))
			}
		}
		m, ok, err := q.scrubNext(at)
		if err != nil {
			return err
		}
		if !ok {
			return q.scrubbed(0)
		}
		if err := q.scrubOne(m, s); err != nil {
			return err
		}
		at = m.Seq() + 1
		if marked++; marked >= scrubMark {
			if err := q.scrubbed(at); err != nil {
				return err
			}
			marked = 0
		}
		var pause time.Duration
		if o.BytesPerSecond > 0 {
			pause = time.Duration(float64(m.Size) / float64(o.BytesPerSecond) * float64(time.Second))
		}
		if err := sleep(ctx, pause); err != nil {
			return errors.Join(err, q.scrubbed(at))
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return ctx.Err()
	}
}

// scrubNext is the photo with the lowest number from at on that is here and not in
// the cloud.
func (q *Queue) scrubNext(at uint64) (m photo.Meta, ok bool, err error) {
	err = q.view(func(t txn) error {
		m, ok = photo.Meta{}, false
		for _, s := range []State{Waiting, Held, Refused, Kept} {
			err := t.except(set(s), []set{setAway}, at, func(seq uint64) (bool, error) {
				if !ok || seq < m.Seq() {
					var err error
					m, err = q.meta(t, seq)
					ok = err == nil
					return false, err
				}
				return false, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return m, ok, err
}

func (q *Queue) scrubOne(m photo.Meta, s *Scrubbed) error {
	name := spool.Name(m)
	own, errOwn := q.spool.Meta(name)
	err := q.Verify(m)
	var unread *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged):
		// Verify has taken note, unless the photo was deleted meanwhile.
		if now, err := q.Item(m.ID); err == nil && (now.State == Lost || now.Away) {
			s.Lost++
		}
		return nil
	case errors.As(err, &unread): // a sector gone bad: the others are to be read all the same
		s.Unread++
		q.o.Log.Error().Err(err).Str("photo", string(m.ID)).Msg("photo can't be read")
		return nil
	case err != nil:
		return err
	}
	s.Photos, s.Bytes = s.Photos+1, s.Bytes+m.Size
	switch {
	case errOwn == nil && own.SHA256 == m.SHA256 && own.Size == m.Size:
		return nil
	case errors.Is(errOwn, fs.ErrNotExist):
		return nil // deleted meanwhile
	case errOwn == nil || errors.Is(errOwn, ErrDamaged):
		if again, err := q.Item(m.ID); err != nil || again.SHA256 != m.SHA256 {
			s.Mended++ // the record was wrong, and Verify has written it anew
			return nil
		}
		if err := q.spool.Attach(m); err != nil {
			q.o.Log.Error().Err(err).Str("photo", string(m.ID)).Msg("photo has lost its metadata")
			return nil // the index has it still
		}
		s.Mended++
		q.o.Log.Warn().Str("photo", string(m.ID)).Msg("photo had lost its metadata, written anew")
		return nil
	}
	if !ofFile(errOwn) {
		return errOwn
	}
	s.Unread++
	q.o.Log.Error().Err(errOwn).Str("photo", string(m.ID)).Msg("photo's metadata can't be read")
	return nil
}

// scrubbed remembers where to go on; 0 at the end.
func (q *Queue) scrubbed(at uint64) error {
	return q.update(StepIndexScrub, func(t txn) error { return t.putNumber(keyScrub, at) })
}
