package walk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/agent/modem"
	"fieldcam/hal"
)

// Key is a modem's power key, which switches it on and off by the same press.
type Key struct {
	Line
	// Status is on while the modem is; nil: nothing tells.
	Status *Line
	// OnPulse and OffPulse are how long the key is pressed; 0: OnTime. OnWait and OffWait
	// bound the wait for Status after it.
	OnPulse, OffPulse, OnWait, OffWait time.Duration
}

// Key reads Status, presses the key, and, where Status tells that it was heard, presses it
// again, so that the modem is as it was found: also where ctx ends meanwhile, as it does
// for who was connected through the modem. Without Status it presses once. An error is
// the walk's end.
func (w Walk) Key(ctx context.Context, k Key) (r Result, err error) {
	r = Result{Item: k.Name}
	fail := func(err error) (Result, error) {
		r.Outcome, r.Detail = Failed, err.Error()
		return r, ctx.Err()
	}
	var status hal.Input
	was := false
	question := fmt.Sprintf("%s (%s): press it for %v? Nothing tells whether the modem is on.", k.Name, k.Line.Line.Name, k.pulse(true))
	if k.Status != nil {
		if status, err = w.Board.OpenInput(k.Status.Line, hal.InputConfig{}); err != nil {
			return fail(err)
		}
		defer status.Close()
		if was, err = status.On(); err != nil {
			return fail(err)
		}
		question = fmt.Sprintf("%s (%s): press it for %v? %s is %s: the modem goes %s, and by a second press %s again.",
			k.Name, k.Line.Line.Name, k.pulse(!was), k.Status.Name, level(was), level(!was), level(was))
	}
	yes, err := w.agreed(ctx, k.Line, question)
	if err != nil {
		return r, err
	}
	if !yes {
		r.Outcome = Skipped
		return r, nil
	}
	line := k.Line.Line
	line.Hold = false
	key, err := w.Board.OpenOutput(line, false)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	if status == nil {
		if err := modem.Press(ctx, key, k.pulse(true)); err != nil {
			return fail(err)
		}
		r.Outcome = Done
		return w.seen(ctx, r, "Did it?")
	}
	if ctx.Err() != nil {
		return fail(ctx.Err())
	}
	// From here on the modem is on its way, and must be brought back.
	ours := context.WithoutCancel(ctx)
	if err := modem.Press(ours, key, k.pulse(!was)); err != nil {
		return fail(err)
	}
	switch heard, err := modem.Await(ours, status, !was, k.wait(!was)); {
	case err != nil:
		return fail(err)
	case !heard:
		r.Outcome, r.Detail = Bad, fmt.Sprintf("%s did not go %s in %v", k.Status.Name, level(!was), k.wait(!was))
		return r, ctx.Err()
	}
	err = modem.Press(ours, key, k.pulse(was))
	back := false
	if err == nil {
		back, err = modem.Await(ours, status, was, k.wait(was))
	}
	switch {
	case err != nil:
		return fail(err)
	case !back:
		r.Outcome, r.Detail = Bad, fmt.Sprintf("the modem is %s, and %s before: %s did not go back in %v", level(!was), level(was), k.Status.Name, k.wait(was))
	default:
		r.Outcome, r.Detail = Good, fmt.Sprintf("%s went %s, and %s again", k.Status.Name, level(!was), level(was))
	}
	return r, ctx.Err()
}

// pulse is how long the key is pressed for the modem to go on, or off.
func (k Key) pulse(on bool) time.Duration {
	d := k.OffPulse
	if on {
		d = k.OnPulse
	}
	if d == 0 {
		return OnTime
	}
	return d
}

// wait bounds the wait for the modem to go on, or off.
func (k Key) wait(on bool) time.Duration {
	if on {
		return k.OnWait
	}
	return k.OffWait
}
