package trial

import (
	"context"
	"fmt"
	"time"
)

// power cuts the power while the card is written to, switches on again with the same
// card, and so on. What the emulator was given to write is on the card; a card that
// loses its cache too is package powercut's.
func power(ctx context.Context, s *site) error {
	for n := range s.o.Cuts {
		if err := s.up(ctx, time.Time{}); err != nil {
			return err
		}
		if err := s.photos(ctx, 1); err != nil {
			return err
		}
		when, err := s.moment(ctx, n)
		if err != nil {
			return err
		}
		s.machine.Cut()
		s.cuts++
		s.t.say("cut %d: %s", n+1, when)
	}
	if err := s.up(ctx, time.Time{}); err != nil {
		return err
	}
	if err := s.photos(ctx, 2); err != nil {
		return err
	}
	if err := s.judgeLedger(ctx, interval); err != nil {
		return err
	}
	s.t.fact("%d power cuts in mid-write: the card was mounted, the daemon went on", s.o.Cuts)
	return s.settle(ctx)
}

// moment waits for the nth kind of moment at which a cut hurts, and says which.
func (s *site) moment(ctx context.Context, n int) (string, error) {
	taken, filed := s.witness.Count()
	_, shots := s.camera.Camera().Picture()
	kinds := []struct {
		name string
		come func() bool
	}{
		{"while a picture streams to the card", func() bool { _, now := s.camera.Camera().Picture(); return now > shots }},
		{"just after a photo was reported", func() bool { now, _ := s.witness.Count(); return now > taken }},
		{"just after the hub filed a photo", func() bool { _, now := s.witness.Count(); return now > filed }},
	}
	kind := kinds[n%len(kinds)]
	err := s.until(ctx, photoTime, fmt.Sprintf("no cut %s", kind.name), func() (bool, error) {
		s.witness.Look()
		return kind.come(), nil
	})
	return kind.name, err
}
