package broker

import (
	"sync"
	"time"
)

// gateWait bounds how long devices wait for the hub's own subscriptions once the
// broker listens: its ear stands in a fraction of a second, or something is wrong with
// it. It is below tlsTimeout, which bounds the CONNECT.
const gateWait = 15 * time.Second

// gate holds up those who connect before the hub's first subscriptions: what a device
// publishes until then would be confirmed and lost, if it is not retained.
type gate struct {
	once   sync.Once
	passed chan struct{} // closed once it is decided
	open   bool          // may be read then
}

// newGate makes a gate that is shut, or open.
func newGate(shut bool) *gate {
	g := &gate{passed: make(chan struct{})}
	if !shut {
		g.decide(true)
	}
	return g
}

// decide opens the gate, or turns all away; only the first word counts.
func (g *gate) decide(open bool) {
	g.once.Do(func() {
		g.open = open
		close(g.passed)
	})
}

// wait waits until it is decided, and tells what.
func (g *gate) wait() bool {
	<-g.passed
	return g.open
}
