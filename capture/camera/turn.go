package camera

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// Turn gives a camera to one user at a time, until it is closed. Its methods may
// be called from any goroutine.
type Turn struct {
	free chan struct{} // holds one token while nobody has the turn

	mu     sync.Mutex
	closed bool               // guarded by mu
	end    context.CancelFunc // ends the use under way, nil where there is none; guarded by mu
}

// NewTurn makes a Turn that nobody has.
func NewTurn() *Turn {
	t := &Turn{free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

// Take waits for the turn, until ctx ends. The context it returns ends with ctx,
// or at Close; give, to be called once, gives the turn back. After Close it
// fails with os.ErrClosed.
func (t *Turn) Take(ctx context.Context) (use context.Context, give func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	select {
	case <-t.free:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		t.free <- struct{}{}
		return nil, nil, fmt.Errorf("use the camera: %w", os.ErrClosed)
	}
	use, t.end = context.WithCancel(ctx)
	return use, func() {
		t.mu.Lock()
		t.end()
		t.end = nil
		t.mu.Unlock()
		t.free <- struct{}{}
	}, nil
}

// Close lets nobody have the turn any more, ends the use under way, and waits
// for its end, for wait at most: else it returns an error. A second Close waits
// in the same way.
func (t *Turn) Close(wait time.Duration) error {
	t.mu.Lock()
	t.closed = true
	if t.end != nil {
		t.end()
	}
	t.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-t.free:
		t.free <- struct{}{}
		return nil
	case <-timer.C:
		return fmt.Errorf("close the camera: its use has not ended within %v", wait)
	}
}
