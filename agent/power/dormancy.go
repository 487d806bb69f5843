package power

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// awake is how long the board stays up on the rung Dormant, after a start and
	// after it was taken: for readings that can be believed, for the status and the
	// event to go out, and for a person who wants to get in.
	awake = 5 * time.Minute
	// again is when a power-down that did not happen is tried anew.
	again = 10 * time.Minute
	// commandTime bounds the command.
	commandTime = time.Minute
	// alarmError is how far the alarm that is read back may be from that which was
	// set: the chips have whole seconds.
	alarmError = 2 * time.Second
)

// errAlarm: an alarm that is not sure to come is none.
var errAlarm = errors.New("the clock does not keep the wake alarm")

// save powers the board down, where it is dormant and nothing speaks for staying up.
func (k *Keeper) save(ctx context.Context) {
	if k.c.PowerOff == "" || k.o.RTC == nil || k.o.PowerOff == nil || !k.c.active() {
		return
	}
	const alarm, off = "wake alarm", "power down"
	if k.ladder.Rung() != Dormant {
		k.o.Fault(alarm, nil) // neither is wanted
		k.o.Fault(off, nil)
		return
	}
	k.mu.Lock()
	known := k.state.Known
	k.mu.Unlock()
	now := time.Now()
	switch {
	case !known, k.ladder.Recovering(), now.Sub(k.began) < awake, !k.moved.IsZero() && now.Sub(k.moved) < awake, !k.tried.IsZero() && now.Sub(k.tried) < again:
		return
	}
	k.tried = now
	if err := k.setAlarm(); err != nil {
		// Without an alarm the board would stay off for ever.
		k.o.Fault(alarm, err)
		return
	}
	k.o.Fault(alarm, nil)
	k.o.Log.Warn().Str("command", k.c.PowerOff).Dur("wake_in", k.c.WakeEvery).Msg("power down until the battery is looked at again")
	bound, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	if err := k.o.PowerOff(bound, strings.Fields(k.c.PowerOff)); err != nil && ctx.Err() == nil {
		k.o.Fault(off, fmt.Errorf("power the board down: %w", err))
	}
}

// setAlarm has the board woken in Config.WakeEvery, by the clock that wakes it.
func (k *Keeper) setAlarm() error {
	now, err := k.o.RTC.Time()
	if err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	at := now.Add(k.c.WakeEvery)
	if err := k.o.RTC.WakeAt(at); err != nil {
		return fmt.Errorf("set wake alarm: %w", err)
	}
	got, err := k.o.RTC.Wake()
	switch {
	case err != nil:
		return fmt.Errorf("read wake alarm: %w", err)
	case got.Sub(at).Abs() > alarmError:
		return errAlarm
	}
	return nil
}
