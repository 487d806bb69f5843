package shutter

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/subprocess"
)

// Fetcher brings the pictures of a camera that this package fires, as capture.Deferred
// has it. *gphoto.Camera is one.
type Fetcher interface {
	List(ctx context.Context) (capture.Listing, error)
	Fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error
	io.Closer
}

// yieldAfter is how long a shot waits for the transfer under way before it ends it: a
// picture of 20 MB takes that long over USB 2.
const (
	yieldAfter = time.Second
	yieldAgain = 20 * time.Millisecond // where it had only just begun
	// yieldWithin is how long a shot waits for its end at most. The number is our choice: it
	// is subprocess.DefaultInterrupt, what any program has to end by itself, for a gphoto2
	// that is killed while it closes the camera can leave that hanging (libgphoto2, issue
	// 366); against it, the shot is late by as much.
	yieldWithin = subprocess.DefaultInterrupt
)

// gate keeps shots and transfers apart: while a camera's half-press is held it hears no
// USB, and while it speaks USB most hear no shutter. Shots go first.
type gate struct {
	needs time.Duration // how long a shot is at its exposure
	free  chan struct{} // holds one while nobody uses the camera

	mu    sync.Mutex              // guards the following
	yield context.CancelCauseFunc // ends the transfer under way, nil for none
	stop  <-chan struct{}         // closed when the context of that has ended
}

func newGate(needs time.Duration) *gate {
	g := &gate{needs: needs, free: make(chan struct{}, 1)}
	g.free <- struct{}{}
	return g
}

// fire waits until no transfer is under way, ending one that takes longer; give, to be
// called once, ends the shot. Of a nil gate it does nothing.
func (g *gate) fire(ctx context.Context) (give func(), err error) {
	if g == nil {
		return func() {}, nil
	}
	t := time.NewTimer(yieldAfter)
	defer t.Stop()
	for {
		select {
		case <-g.free:
			return func() { g.free <- struct{}{} }, nil
		case <-t.C:
			g.mu.Lock()
			if g.yield != nil {
				g.yield(&camera.YieldError{Within: g.within(ctx), Stop: g.stop})
			}
			g.mu.Unlock()
			t.Reset(yieldAgain)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// within is how long the shot of ctx can wait for a transfer's end: half of what its
// exposure leaves of its time, for waking the camera and a late exposure need some.
func (g *gate) within(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return yieldWithin
	}
	return min(yieldWithin, max((time.Until(deadline)-g.needs)/2, 0))
}

// transfer calls do between the shots, and again where one ended it with the error of its
// context: another error says that this has no end.
func (g *gate) transfer(ctx context.Context, do func(context.Context) error) error {
	for {
		select {
		case <-g.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		part, cancel := context.WithCancelCause(ctx)
		g.set(cancel, ctx.Done())
		err := do(part)
		yielded := errors.As(context.Cause(part), new(*camera.YieldError))
		g.set(nil, nil)
		cancel(nil)
		g.free <- struct{}{}
		if !yielded || ctx.Err() != nil || !errors.Is(err, context.Canceled) {
			return err
		}
	}
}

func (g *gate) set(yield context.CancelCauseFunc, stop <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.yield, g.stop = yield, stop
}
