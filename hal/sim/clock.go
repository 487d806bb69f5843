package sim

import (
	"context"
	"sync"
	"time"

	"fieldcam/hal"
)

// Clock is a wall clock that runs with package time, and can be set wrong. Its
// methods may be called from any goroutine.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration // guarded by mu
	synced bool          // guarded by mu
	set    chan struct{} // closed when the clock is set; guarded by mu
}

var _ hal.Clock = (*Clock)(nil)

// NewClock gives a Clock that is right and synced.
func NewClock() *Clock { return &Clock{synced: true, set: make(chan struct{})} }

// Now implements hal.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Round(0).Add(c.offset)
}

// Synced implements hal.Clock.
func (c *Clock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.synced
}

// Step moves the clock by d at once, as an NTP daemon or a person does.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	c.tell()
}

// Set makes the clock show t now.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = t.Sub(time.Now().Round(0))
	c.tell()
}

// tell wakes those who watch. mu is held.
func (c *Clock) tell() {
	close(c.set)
	c.set = make(chan struct{})
}

// WatchSteps is the hal.WatchSteps of c.
func (c *Clock) WatchSteps(ctx context.Context, changed func()) error {
	for ctx.Err() == nil {
		c.mu.Lock()
		set := c.set
		c.mu.Unlock()
		changed()
		select {
		case <-ctx.Done():
		case <-set:
		}
	}
	return nil
}

// SetSynced decides what Synced says.
func (c *Clock) SetSynced(synced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.synced = synced
}
