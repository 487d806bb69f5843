package broker

import (
	"sync"
	"time"
)

// gateWait bounds how long devices wait for the hub's own subscriptions: its ear
// stands in a fraction of a second, or something is wrong with it. It is below
// tlsTimeout, which bounds the CONNECT.
const gateWait = 15 * time.Second

// gate holds up those who have connected: what a device publishes before the hub
// hears it would be confirmed and lost, if it is not retained.
type gate struct {
	opened chan struct{}
	once   *sync.Once
	until  time.Time
}

// newGate makes a gate that is shut, or open.
func newGate(shut bool) gate {
	g := gate{opened: make(chan struct{}), once: new(sync.Once), until: time.Now().Add(gateWait)}
	if !shut {
		g.open()
	}
	return g
}

func (g gate) open() { g.once.Do(func() { close(g.opened) }) }

// wait returns once the gate is open, or gateWait after it was made.
func (g gate) wait() {
	timer := time.NewTimer(time.Until(g.until))
	defer timer.Stop()
	select {
	case <-g.opened:
	case <-timer.C:
	}
}
