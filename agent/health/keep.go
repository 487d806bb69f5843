package health

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health/journal"
	"fieldcam/hal"
)

const (
	// FileName is the events' file in the state directory.
	FileName = "events.log"
	// LapseAfter is how long after a start a condition from before it still holds
	// where nobody says that it does or doesn't: whatever could tell has had its
	// turn within a day.
	LapseAfter = 25 * time.Hour
	// writeBurst changes are written at once, then one write each writeEach: a
	// condition that flaps each second for a day costs 50 MB of wear so, not 3 GB.
	writeBurst = 20
	writeEach  = time.Minute
	// retryAfter is how long a card that took nothing is left alone.
	retryAfter = 10 * time.Minute
	// ackAfter is how long the file may not know what was sent.
	ackAfter = 10 * time.Minute
	// compactBytes, and compactEach for each event that waits, is the size above
	// which the file is written anew.
	compactBytes = 64 << 10
	compactEach  = 1 << 10
)

// Options are what a Registry with a file needs.
type Options struct {
	// Path is the file's, in a directory that exists: FileName in the state
	// directory.
	Path  string
	Clock hal.Clock
	// Fault is journal.File's. nil: none.
	Fault func(step string) error
	Log   zerolog.Logger
}

// keeper is what Run writes with. But for woken, it is Open's and then Run's.
type keeper struct {
	file    journal.File
	woken   chan struct{}
	started time.Time // by package time
	size    int64
	room    time.Time // when the next write would be due if each took its turn
	failing bool
}

func (k *keeper) wake() {
	select {
	case k.woken <- struct{}{}:
	default: // it is awake already
	}
}

// Open makes a Registry that goes on where the one before stopped: with its
// conditions, its unsent events and its numbers, as far as the file can be read.
// What can't be is logged. Run keeps the file.
func Open(o Options) *Registry {
	r := New(o.Clock, o.Log)
	r.keep = &keeper{file: journal.File{Path: o.Path, Fault: o.Fault}, woken: make(chan struct{}, 1), started: time.Now()}
	records, damaged, err := r.keep.file.Load()
	if err != nil {
		o.Log.Error().Err(err).Msg("events of before can't be read")
	}
	newest := uint64(0)
	for _, b := range records {
		r.keep.size += int64(len(b))
		if !r.load(b, &newest) {
			damaged++
		}
	}
	for name, c := range r.active {
		c.inherited = true
		r.active[name] = c
	}
	r.dropped = 0 // those were counted then
	if damaged > 0 {
		o.Log.Warn().Int("damaged", damaged).Int("events", len(r.events)).Msg("some events of before are damaged and lost")
		r.whole = true
	}
	return r
}

// Run keeps the file until ctx ends, and ends conditions that lapse; then it
// writes what is left and returns nil. Without a file it does nothing. Call it
// once, after what a start raises, and before other parts run, so that it ends
// after them.
func (r *Registry) Run(ctx context.Context) error {
	if r.keep == nil {
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		changed := r.Changed()
		r.lapse()
		wait := r.due()
		if wait <= 0 {
			r.write()
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-r.keep.woken:
		case <-timer.C:
		}
		timer.Stop()
	}
	r.write()
	return nil
}

// ClearOld clears those of the conditions that hold from before this start and were
// not raised since: what ended them tells only of what it raised itself.
func (r *Registry) ClearOld(names ...Name) {
	now, unset := r.clock.Now(), !r.clock.Synced()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putRight()
	for _, name := range names {
		if c, holds := r.active[name]; holds && c.inherited {
			r.clear(name, now, unset)
		}
	}
}

// lapse clears what holds from before this start for longer than it may.
func (r *Registry) lapse() {
	now, unset := r.clock.Now(), !r.clock.Synced()
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, c := range r.active {
		if c.inherited && time.Since(r.keep.started) >= name.lapse() {
			r.clear(name, now, unset)
		}
	}
}

// lapse is how long after a start the condition of before may hold. Those that stay
// until the next start have been raised again before Run, or don't hold.
func (n Name) lapse() time.Duration {
	switch n {
	case IndexRebuilt, PhotoDamaged, IdentityFault:
		return 0
	}
	return LapseAfter
}

// due is the time until the file must be written, or a condition lapses.
func (r *Registry) due() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := LapseAfter
	for name, c := range r.active {
		if c.inherited {
			wait = min(wait, max(1, time.Until(r.keep.started.Add(name.lapse()))))
		}
	}
	turn := time.Until(r.keep.room.Add(-writeBurst * writeEach))
	if r.whole || len(r.unkept) > 0 {
		wait = min(wait, turn)
	}
	if !r.acked.IsZero() {
		wait = min(wait, max(turn, time.Until(r.acked.Add(ackAfter))))
	}
	return wait
}

// write brings the file up to date.
func (r *Registry) write() {
	k := r.keep
	r.mu.Lock()
	unkept, acked := r.unkept, r.acked
	whole := r.whole || k.size > int64(compactBytes+compactEach*len(r.events))
	var records []record
	if whole {
		records = r.all()
	} else {
		for _, e := range unkept {
			records = append(records, record{Event: &e.Event})
		}
		if !acked.IsZero() {
			records = append(records, record{State: r.state()})
		}
	}
	r.unkept, r.whole, r.acked = nil, false, time.Time{}
	r.mu.Unlock()
	if len(records) == 0 && !whole {
		return
	}
	if now := time.Now(); k.room.Before(now) {
		k.room = now
	}
	k.room = k.room.Add(writeEach)
	err := k.put(whole, records)
	if failing := err != nil; failing != k.failing {
		k.failing = failing
		if failing {
			r.log.Warn().Err(err).Msg("events are kept in memory only")
		} else {
			r.log.Info().Msg("events are kept on the card again")
		}
	}
	if err == nil {
		return
	}
	k.room = time.Now().Add(writeBurst*writeEach + retryAfter) // no burst of attempts
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unkept, r.whole = append(unkept, r.unkept...), r.whole || whole
	if r.acked.IsZero() {
		r.acked = acked
	}
}

// put writes records to the file: in place of what is there, or behind it.
func (k *keeper) put(anew bool, records []record) error {
	lines := make([][]byte, 0, len(records))
	for _, rec := range records {
		b, err := json.Marshal(rec)
		if err != nil || len(b) > journal.MaxRecord {
			continue // a time beyond the year 9999, a text beyond all bounds: nothing to wait for
		}
		lines = append(lines, b)
	}
	write := k.file.Append
	if anew {
		write = k.file.Replace
	}
	size, err := write(lines...)
	if err == nil {
		k.size = size
	}
	return err
}

// all is what the file must say at the least. mu is held.
func (r *Registry) all() []record {
	var records []record
	for _, e := range r.events {
		records = append(records, record{Event: &e.Event})
	}
	s := r.state()
	s.Anew = true
	records = append(records, record{State: s})
	for _, c := range r.active {
		records = append(records, record{Held: &c.Condition})
	}
	return records
}

// state is what was given and sent. mu is held.
func (r *Registry) state() *state {
	s := &state{Seq: r.seq, Through: r.seq}
	if len(r.events) > 0 {
		s.Through = r.events[0].Seq - 1
	}
	return s
}
