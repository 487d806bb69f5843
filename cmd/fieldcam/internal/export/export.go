package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"fieldcam/capture/photo"
)

// Source is where the photos come from.
type Source interface {
	// Each calls f for each photo that is to be exported, until it returns an
	// error, which comes back. It is called twice.
	Each(ctx context.Context, f func(photo.Meta) error) error
	// Open opens a photo. An error that wraps ErrGone or ErrUnreadable is about
	// that photo alone; any other ends the export.
	Open(ctx context.Context, m photo.Meta) (io.ReadCloser, error)
}

var (
	// ErrGone says that the photo is not in the queue any more.
	ErrGone = errors.New("photo is gone")
	// ErrUnreadable says that the photo can't be read, or isn't what was taken.
	ErrUnreadable = errors.New("photo can't be read")
	// ErrSpace says that there is no room for the export.
	ErrSpace = errors.New("not enough room")
	// ErrBusy says that another Run is under way in Dir, of this or another process.
	ErrBusy = errors.New("another export is at work there")
	// ErrNotKept says that the stick doesn't give back what was written to it.
	ErrNotKept = errors.New("what was read back is not what was written: do not trust this stick")
)

// Options say what to export, and where to.
type Options struct {
	Source Source
	Device string    // whose photos
	Now    time.Time // for the directory's name
	Dir    string    // there must be such a directory
	// Progress is told now and then how far it is; nil: nobody is.
	Progress func(Progress)
	// Space is the free space of dir and the size of its clusters; nil asks the
	// system.
	Space func(dir string) (free, cluster uint64, err error)
}

// Progress is how far the export is.
type Progress struct {
	Checking         bool // what is there from before; else copying
	Photos, OfPhotos int64
	Bytes, OfBytes   int64
}

// Failure is a photo that is not in the export, and why.
type Failure struct {
	ID  photo.ID `json:"id"`
	Err string   `json:"error"`
}

// Result is what was done.
type Result struct {
	Dir     string `json:"directory"` // empty where there was nothing to export
	Resumed bool   `json:"resumed,omitempty"`
	Photos  int64  `json:"photos"` // copied now
	Bytes   int64  `json:"bytes"`
	// There are the photos that were there, and right, from before.
	There int64 `json:"there,omitempty"`
	// Gone photos were deleted from the queue meanwhile.
	Gone   int64     `json:"gone,omitempty"`
	Failed []Failure `json:"failed"`
}

// plan is what is to do.
type plan struct {
	photos, bytes int64
}

// room is the space that the plan needs: each file fills whole clusters, and a
// photo has its JSON beside it.
func (p plan) room(cluster uint64) uint64 {
	const names = 1 << 20 // directories, README, SHA256SUMS: about 200 bytes a photo
	return uint64(p.bytes) + uint64(p.photos)*(2*cluster+200) + names
}

// Run makes the export, or goes on with one that was broken off in the same Dir.
// A photo that can't be read doesn't end it: see Result.Failed. Where it fails,
// what it made stays, for the next Run to go on. Two at once in one Dir would write
// to the same files: the second fails with ErrBusy.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Space == nil {
		o.Space = space
	}
	r.Failed = []Failure{}
	unlock, err := lock(o.Dir)
	if err != nil {
		return r, fmt.Errorf("take %s for the export: %w", o.Dir, err)
	}
	defer unlock()
	name, err := unfinished(o.Dir, o.Device)
	if err != nil {
		return r, fmt.Errorf("look for an export to go on with: %w", err)
	}
	e := &export{o: o, r: &r, known: map[string]bool{}, filled: map[string]int{}}
	if name != "" {
		r.Resumed = true
		err := e.resume(ctx, name)
		defer e.close()
		if err != nil {
			return r, fmt.Errorf("go on with export %s: %w", name, err)
		}
	}
	var todo plan
	if err := o.Source.Each(ctx, func(m photo.Meta) error {
		if e.has(m) {
			r.There++
		} else {
			todo = plan{todo.photos + 1, todo.bytes + m.Size}
		}
		return nil
	}); err != nil {
		return r, fmt.Errorf("list photos: %w", err)
	}
	if todo.photos == 0 && !r.Resumed {
		return r, nil
	}
	free, cluster, err := o.Space(o.Dir)
	if err != nil {
		return r, fmt.Errorf("look for room: %w", err)
	}
	if want := todo.room(cluster); want > free {
		return r, fmt.Errorf("%w in %s: %d bytes are free, %d are needed", ErrSpace, o.Dir, free, want)
	}
	if !r.Resumed {
		err := e.begin(ctx)
		defer e.close()
		if err != nil {
			return r, fmt.Errorf("begin export: %w", err)
		}
	}
	r.Dir = e.path
	if err := e.copyAll(ctx, todo); err != nil {
		return r, err
	}
	if err := e.finish(); err != nil {
		return r, fmt.Errorf("finish export: %w", err)
	}
	return r, nil
}

// copyAll copies what is not there yet.
func (e *export) copyAll(ctx context.Context, todo plan) error {
	now := Progress{OfPhotos: todo.photos, OfBytes: todo.bytes}
	return e.o.Source.Each(ctx, func(m photo.Meta) error {
		if e.has(m) {
			return nil
		}
		before := now.Bytes
		copied, err := e.copy(ctx, m, func(bytes int64) {
			now.Bytes = before + bytes
			e.o.Progress(now)
		})
		now.Photos, now.Bytes = now.Photos+1, before+m.Size
		switch {
		case errors.Is(err, ErrGone):
			e.r.Gone++
			return nil
		case errors.Is(err, ErrUnreadable):
			e.r.Failed = append(e.r.Failed, Failure{m.ID, err.Error()})
			return nil
		case err != nil:
			return fmt.Errorf("export photo %s: %w", m.ID, err)
		}
		if !copied {
			e.r.There++
			return nil
		}
		e.r.Photos, e.r.Bytes = e.r.Photos+1, e.r.Bytes+m.Size
		return nil
	})
}
