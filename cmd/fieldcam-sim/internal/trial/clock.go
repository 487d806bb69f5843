package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
)

// clock starts the board in 1970, as one whose battery-backed clock is empty, and
// sets the time later.
func clock(ctx context.Context, s *site) error {
	if err := s.up(ctx, time.Unix(60, 0)); err != nil {
		return err
	}
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	if err := s.judgeUnset(ctx); err != nil {
		return err
	}
	set, at := s.journal.now(), time.Now().Truncate(time.Second)
	from := set
	if _, err := s.run(ctx, "./guest clock "+at.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	// The slot in hand may still be of the old time.
	var slot time.Time
	for slot.Year() < time.Now().Year() {
		var line string
		var err error
		if line, from, err = s.await(ctx, from, "photo taken"); err != nil {
			return err
		}
		var said struct{ Slot time.Time }
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			return fmt.Errorf("read the daemon's log: %w", err)
		}
		slot = said.Slot
	}
	s.began = slot
	// A guest that is busy has a clock that falls behind, and none that is ahead.
	if now := time.Now(); slot.Before(at.Add(-interval)) || slot.After(now) {
		s.t.fault("the time was set to %v, and at %v a photo has the slot %v", at, now, slot)
	}
	// Not by asking again and again: a guest that is busy has a slow clock.
	if _, _, err := s.await(ctx, set, string(health.ClockUnset), "condition cleared"); err != nil {
		return err
	}
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	if !status.ClockSynced || unset(status) {
		s.t.fault("with the time: synced %v, conditions %v", status.ClockSynced, status.Conditions)
	}
	s.t.fact("the time set: photos are of %s, and %s is over", slot.Format(time.DateOnly), health.ClockUnset)
	return s.settle(ctx)
}

// judgeUnset wants the daemon to say that it does not know the time, and to go on.
func (s *site) judgeUnset(ctx context.Context) error {
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	if status.ClockSynced || !unset(status) {
		s.t.fault("in 1970: synced %v, conditions %v, want %s", status.ClockSynced, status.Conditions, health.ClockUnset)
	}
	if last := status.Capture.LastPhoto; last == nil || last.ClockSynced || last.Taken.Year() != 1970 {
		s.t.fault("in 1970: the last photo is %+v, want one of a time that nobody vouches for", last)
	}
	_, filed := s.witness.Count()
	s.t.fact("in 1970: %d photos taken, marked; %s is told; %d filed, since no certificate is valid yet", few, health.ClockUnset, filed)
	return nil
}

// unset tells whether a status says that nobody knows the time.
func unset(s control.Status) bool {
	return slices.ContainsFunc(s.Conditions, func(c control.Condition) bool { return c.Name == health.ClockUnset })
}
