package serialsim

import "sync"

// Control is what tests hold of a simulated camera with faults of type F. Its methods
// may be called from any goroutine, at any time.
type Control[F any] struct {
	mu      sync.Mutex
	wake    chan struct{} // closed and replaced when Serve is to look; guarded by mu
	powered bool          // guarded by mu
	starts  int           // how often power came or went; guarded by mu
	faults  F             // guarded by mu
	last    []byte        // the last picture; guarded by mu
	shots   int           // guarded by mu
}

// SetPower gives the camera power or takes it. Both take effect at once, in the
// middle of a picture too.
func (c *Control[F]) SetPower(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on != c.powered {
		c.powered = on
		c.starts++
		c.look()
	}
}

// look wakes Serve. The caller holds mu.
func (c *Control[F]) look() {
	close(c.wake)
	c.wake = make(chan struct{})
}

// SetFaults replaces the camera's faults.
func (c *Control[F]) SetFaults(f F) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Faults are the camera's faults now.
func (c *Control[F]) Faults() F {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults
}

// Picture is the last picture taken, a whole JPEG, and how many were taken
// before it; nil where there was none.
func (c *Control[F]) Picture() (jpeg []byte, shots int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.shots
}
