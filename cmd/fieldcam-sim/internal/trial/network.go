package trial

import (
	"context"
	"errors"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// network pulls the network's cable out: photos go on and wait, and leave once it is
// back.
func network(ctx context.Context, t *take) (err error) {
	s, err := openSite(ctx, t, true, smallCamera())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.boot(ctx, emulated.Options{Serial: s.camera.Path()}, regular+serialCamera(emulated.SerialPort)); err != nil {
		return err
	}
	if err := s.start(ctx, ""); err != nil {
		return err
	}
	err = s.until(ctx, photoTime, "nothing reaches the hub", func() (bool, error) {
		s.witness.Look()
		_, filed := s.witness.Count()
		return filed > 0, nil
	})
	if err != nil {
		return err
	}
	if err := s.machine.Monitor().Network(ctx, false); err != nil {
		return err
	}
	_, before := s.witness.Count()
	if err := s.photos(ctx, few+1); err != nil {
		return err
	}
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	// One may have left just before the cable was out.
	if _, now := s.witness.Count(); now > before+1 {
		t.fault("%d photos were filed without a network", now-before)
	}
	if status.Queue.Waiting < few {
		t.fault("%d photos wait, want %d at least", status.Queue.Waiting, few)
	}
	t.fact("without a network: %d photos wait on the card", status.Queue.Waiting)
	if err := s.machine.Monitor().Network(ctx, true); err != nil {
		return err
	}
	if err := s.judgeLedger(ctx, interval); err != nil {
		return err
	}
	return s.settle(ctx, 0)
}
