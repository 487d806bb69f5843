package panel

import (
	"context"
	"errors"
	"time"

	"fieldcam/hal"
)

const (
	// debounce is longer than a cheap button bounces, shorter than a finger.
	debounce = 30 * time.Millisecond
	// pollEvery is how often the button is read on a chip without interrupts: a short
	// press lasts longer, and four wake-ups a second are what that costs.
	pollEvery = 250 * time.Millisecond
)

// listen passes on each change of the button until ctx ends, or the line fails.
func listen(ctx context.Context, button hal.Input, changes chan<- bool) error {
	was := false
	pass := func(on bool) bool {
		if on == was {
			return true
		}
		was = on
		select {
		case changes <- on:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for {
		edge, err := button.Wait(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if !pass(edge.On) {
				return nil
			}
		case errors.Is(err, hal.ErrEdgesLost):
			on, err := button.On()
			if err != nil {
				return err
			}
			if !pass(on) {
				return nil
			}
		default:
			return poll(ctx, button, pass)
		}
	}
}

// poll reads the button again and again.
func poll(ctx context.Context, button hal.Input, pass func(bool) bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		on, err := button.On()
		if err != nil {
			return err
		}
		if !pass(on) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
