package sim

import (
	"context"
	"fmt"
	"sync"

	"fieldcam/hal"
)

// Air is the air in the box, as a sensor tells it. Its methods may be called from any
// goroutine.
type Air struct {
	mu     sync.Mutex
	now    hal.Climate // guarded by mu
	broken error       // guarded by mu
}

var _ hal.Thermometer = (*Air)(nil)

// NewAir gives air that is like c.
func NewAir(c hal.Climate) *Air { return &Air{now: c} }

// Set changes the air.
func (a *Air) Set(c hal.Climate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = c
}

// Break has each reading fail with err; nil mends it.
func (a *Air) Break(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken = err
}

// Climate implements hal.Thermometer.
func (a *Air) Climate(ctx context.Context) (hal.Climate, error) {
	if err := ctx.Err(); err != nil {
		return hal.Climate{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return hal.Climate{}, fmt.Errorf("read simulated air: %w", a.broken)
	}
	return a.now, nil
}
