package agent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"
)

const (
	// restartMin and restartMax bound the pause before a part that failed runs
	// again: long enough not to wear out the card with log lines.
	restartMin = time.Second
	restartMax = time.Minute
	// stopBound is how long all parts together may take to stop: systemd is
	// promised less than 5 s.
	stopBound = 4 * time.Second
)

// part is one loop of the agent. Its run blocks until ctx ends.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// crew runs parts, starts one again that failed, and stops them in reverse
// order of their start.
type crew struct {
	log     zerolog.Logger
	members []member
}

type member struct {
	name string
	stop context.CancelFunc
	done chan struct{}
}

// start runs p beside those started before.
func (c *crew) start(ctx context.Context, p part) {
	// A part outlives ctx until its turn to stop comes.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	m := member{name: p.name, stop: stop, done: make(chan struct{})}
	c.members = append(c.members, m)
	go func() {
		defer close(m.done)
		c.keep(ctx, p)
	}()
}

// keep runs p until ctx ends, with growing pauses between runs.
func (c *crew) keep(ctx context.Context, p part) {
	pause := restartMin
	for {
		started := time.Now()
		err := p.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > restartMax {
			pause = restartMin
		}
		c.log.Error().Err(err).Str("part", p.name).Dur("again_in", pause).Msg("part ended")
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause = min(2*pause, restartMax)
	}
}

// stop ends the parts, the last started first, each before the next. It waits
// for stopBound at the most and names the parts that had not ended by then.
func (c *crew) stop() error {
	deadline := time.NewTimer(stopBound)
	defer deadline.Stop()
	var late []error
	expired := false
	for i := len(c.members) - 1; i >= 0; i-- {
		m := c.members[i]
		m.stop()
		if !expired {
			select {
			case <-m.done:
				continue
			case <-deadline.C:
				expired = true
			}
		}
		select {
		case <-m.done:
		default:
			late = append(late, fmt.Errorf("stop %s: still running after %v", m.name, stopBound))
		}
	}
	c.members = nil
	return errors.Join(late...)
}
