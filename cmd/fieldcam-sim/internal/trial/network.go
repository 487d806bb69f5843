package trial

import (
	"context"
	"time"
)

// network pulls the network's cable out: photos go on and wait, and leave once it is
// back.
func network(ctx context.Context, s *site) error {
	if err := s.up(ctx, time.Time{}); err != nil {
		return err
	}
	_, before := s.witness.Count()
	err := s.until(ctx, photoTime, "nothing reaches the hub", func() (bool, error) {
		s.witness.Look()
		_, filed := s.witness.Count()
		return filed > before, nil
	})
	if err != nil {
		return err
	}
	if err := s.machine.Monitor().Network(ctx, false); err != nil {
		return err
	}
	// What was on its way is told of by the time of the next photo.
	if err := s.photos(ctx, 1); err != nil {
		return err
	}
	s.witness.Look()
	_, before = s.witness.Count()
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	s.witness.Look()
	if _, now := s.witness.Count(); now > before {
		s.t.fault("%d photos were filed without a network", now-before)
	}
	if status.Queue.Waiting < few {
		s.t.fault("%d photos wait, want %d at least", status.Queue.Waiting, few)
	}
	s.t.fact("without a network: %d photos wait on the card", status.Queue.Waiting)
	if err := s.machine.Monitor().Network(ctx, true); err != nil {
		return err
	}
	if err := s.judgeLedger(ctx, interval); err != nil {
		return err
	}
	return s.settle(ctx)
}
