// Package power watches the battery and its charger, and saves in steps when it
// runs low: the power ladder.
//
// Promises:
//   - The ladder (Ladder) moves by readings that can be believed (agent/reading,
//     within the chemistry's range) and by no others: a sensor that fails or lies is
//     reported, and never costs a photo.
//   - It returns by itself. The rung survives a restart and a power cut, so that a
//     board which wakes with an empty battery does not spend the rest of it.
//   - Every change of the rung is one condition event, one log line, and a call of
//     Options.Changed.
//   - The board is powered down only on the rung Dormant, where a command is
//     configured, and after the wake alarm was set and read back.
//   - Rung, Photos, Slow, Dormant and State wait for nothing.
//
// Out of scope: what else is done on a rung (package agent: capture, sessions,
// heartbeats, heater), and the sun of tomorrow.
package power

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/reading"
	"fieldcam/hal"
)

// Keeper keeps the ladder. Its methods may be called from any goroutine.
type Keeper struct {
	c Config
	o Options

	mu    sync.Mutex // guards what follows
	state State
	spell spell

	// Of Run's goroutine.
	ladder *Ladder
	filter *reading.Filter
	began  time.Time // when Run began, by package time
	moved  time.Time // when the rung changed last, by package time; zero: not in this run
	tried  time.Time // when the board was told to power down, by package time
	sun    sunAlert
}

// active tells whether there is a ladder at all.
func (c Config) active() bool { return c.Ladder && c.Meter != MeterNone }

// Load makes a Keeper that stands on the rung of the last run; c must be valid. It
// can be used even where there is an error: the file was damaged then, or could not
// be read, and the rung is Normal.
func Load(c Config, o Options) (*Keeper, error) {
	k := &Keeper{c: c, o: o}
	if k.o.Changed == nil {
		k.o.Changed = func(Rung) {}
	}
	kept, err := readFile(o.Path)
	k.state.Rung, k.state.Since, k.spell = kept.rung, kept.since, kept.spell
	if !c.active() && kept.rung != Normal {
		k.state.Rung, k.state.Since = Normal, o.Clock.Now()
		k.spell = k.spell.end(k.state.Since)
	}
	k.ladder = NewLadder(c.limits(), k.state.Rung)
	one, cells := c.Battery.cell(), float64(c.Battery.Cells)
	k.filter = reading.New(reading.Range{Low: float64(one.low) * cells, High: float64(one.high) * cells, Tolerance: float64(one.tolerance) * cells})
	if err != nil {
		return k, fmt.Errorf("read power ladder, its rung is normal: %w", err)
	}
	return k, nil
}

// Rung is where the ladder stands.
func (k *Keeper) Rung() Rung { return k.State().Rung }

// State is a consistent snapshot.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Photos is how many photos a session of the schedule may send; not limited on the
// rung Normal.
func (k *Keeper) Photos() (most int, limited bool) {
	switch k.Rung() {
	case Normal:
		return 0, false
	case UploadLess:
		return k.c.LessPhotos, true
	}
	return 0, true
}

// Saves tells whether the ladder stands on the rung of that name, or on a deeper one.
func (k *Keeper) Saves(rung string) bool {
	r, ok := parseRung(rung)
	return ok && k.Rung() >= r
}

// Slow is by what the intervals of heartbeats are multiplied.
func (k *Keeper) Slow() int {
	if k.Rung() >= CaptureOnly {
		return k.c.SlowBy
	}
	return 1
}

// Dormant tells whether the schedule's photos were, or are, not taken at the wall
// time at, since the battery was too low. Of the past it knows the latest such time
// only.
func (k *Keeper) Dormant(at time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.spell.holds(at)
}

// Run measures until ctx ends, and returns nil. It runs once at a time.
func (k *Keeper) Run(ctx context.Context) error {
	k.began = time.Now()
	k.tell(k.State().Rung)
	if k.o.Meter == nil && k.o.Solar == nil {
		<-ctx.Done()
		return nil
	}
	reading.Watch(ctx, k.c.Every, func(ctx context.Context) {
		k.look(ctx)
		if ctx.Err() == nil {
			k.save(ctx)
		}
	})
	return nil
}

// look measures once, and judges.
func (k *Keeper) look(ctx context.Context) {
	k.lookAtSun()
	if k.o.Meter == nil {
		return
	}
	p, ok, err := reading.Take(ctx, k.filter, k.o.Meter.Power, func(p hal.Power) float64 { return float64(p.Millivolts) })
	if !ok {
		return
	}
	mv, known := k.filter.Believed()
	k.mu.Lock()
	k.state.Known = known
	if known {
		k.state.Power.Millivolts = int(mv)
	}
	if err == nil {
		k.state.Power.Milliamps, k.state.Power.HasCurrent = p.Milliamps, p.HasCurrent
	}
	k.mu.Unlock()
	k.judge(int(mv), known, p, err)
	if k.c.active() {
		k.step(int(mv), known)
	}
}

// judge tells of what the battery's voltage says, and of a meter that says nothing.
func (k *Keeper) judge(mv int, known bool, p hal.Power, err error) {
	if fault, told := k.filter.Fault(err, fmt.Sprintf("%d mV", p.Millivolts)); told {
		k.o.Fault("battery meter", fault)
	}
	if !known {
		return
	}
	b := k.c.Battery.Full()
	k.alert(health.BatteryLow, mv, b.AlertMillivolts, "the battery has %d mV, less than %d")
	if b.Mains {
		k.alert(health.MainsLost, mv, b.MainsMillivolts, "the battery has %d mV, less than %d: no charger holds it up")
	}
}

// alert raises a condition below a limit, and clears it above limit and hysteresis.
func (k *Keeper) alert(name health.Name, mv, limit int, text string) {
	switch {
	case mv < limit:
		k.o.Health.Raise(name, name.Severity(), fmt.Sprintf(text, mv, limit))
	case mv >= limit+k.c.Battery.Full().HysteresisMillivolts:
		k.o.Health.Clear(name)
	}
}

// step has the ladder take a reading.
func (k *Keeper) step(mv int, known bool) {
	before := k.ladder.Rung()
	changed := k.ladder.Step(time.Now(), mv, known)
	rung, now := k.ladder.Rung(), k.o.Clock.Now()
	k.mu.Lock()
	k.spell = k.spell.unstep(now)
	if changed {
		k.state.Rung, k.state.Since = rung, now
		if rung == Dormant {
			k.spell = spell{From: now}
		} else {
			k.spell = k.spell.end(now)
		}
	}
	kept := file{rung: rung, since: k.state.Since, spell: k.spell}
	k.mu.Unlock()
	k.tell(rung)
	if !changed {
		return
	}
	k.moved = time.Now()
	k.o.Log.Warn().Stringer("from", before).Stringer("to", rung).Int("millivolts", mv).Bool("measured", known).Msg("power ladder")
	if err := writeFile(k.o.Path, kept); err != nil {
		k.o.Log.Error().Err(err).Msg("power ladder not kept over a restart")
	}
	k.o.Changed(rung)
}

// tell raises the condition of the rung: another severity for each, so that every
// change is an event.
func (k *Keeper) tell(rung Rung) {
	const name = health.PowerSaving
	switch rung {
	case Normal:
		k.o.Health.Clear(name)
	case UploadLess:
		k.o.Health.Raise(name, health.Info, fmt.Sprintf("upload-less: the battery is low; each session sends the %d newest photos", k.c.LessPhotos))
	case CaptureOnly:
		k.o.Health.Raise(name, health.Warning, "capture-only: the battery is low; photos are taken and wait")
	case Dormant:
		k.o.Health.Raise(name, health.Critical, "dormant: the battery is nearly empty; no photos are taken until it is charged")
	}
}
