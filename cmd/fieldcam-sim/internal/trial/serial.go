package trial

import (
	"context"
	"errors"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

// smallCamera is a serial camera of small pictures, no two of which are the same.
func smallCamera() *vc0706sim.Options {
	return &vc0706sim.Options{Name: device, Resolution: smallPicture, Now: eye.EverLater()}
}

// few is how many photos show that a thing works, and photoTime how long one may
// take on a machine that does other work besides.
const (
	few       = 3
	photoTime = 2 * time.Minute
)

// photos waits for n more photos.
func (s *site) photos(ctx context.Context, n int) error {
	before, _ := s.witness.Count()
	return s.until(ctx, time.Duration(n)*photoTime, "no photos", func() (bool, error) {
		s.witness.Look()
		select {
		case <-s.machine.Ended():
			return false, errEnded
		default:
		}
		now, _ := s.witness.Count()
		return now >= before+n, nil
	})
}

// badLine gives the faults of a line at its worst: one part of a picture in a hundred
// loses a byte or has one twice, one reply in fifty has garbage before it.
func badLine() vc0706sim.Faults {
	return vc0706sim.Faults{DropInChunk: 0.005, DoubleInChunk: 0.005, Noise: 0.02}
}

// serial takes photos over the UART, from a good camera and from one on a bad line.
func serial(ctx context.Context, t *take) (err error) {
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
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	t.say("%d photos from a good camera", few)
	s.camera.Camera().SetFaults(badLine())
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	t.say("%d photos over a bad line", few)
	if err := s.judgeLedger(ctx, interval); err != nil {
		return err
	}
	return s.settle(ctx, 0)
}
