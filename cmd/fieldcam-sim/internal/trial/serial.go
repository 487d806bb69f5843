package trial

import (
	"context"
	"fmt"
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
	few       = 2
	photoTime = 4 * time.Minute
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

// openUART has a hub, and a camera at the UART.
func openUART(ctx context.Context, s *site) (err error) {
	if err := s.makeCard(ctx); err != nil {
		return err
	}
	if s.camera, err = eye.Open(vc0706sim.New(*smallCamera()), ""); err != nil {
		return err
	}
	return s.makeCloud(ctx)
}

// up switches the controller with the camera at its UART on, and starts the daemon
// under both watchdogs, unless it is on.
func (s *site) up(ctx context.Context, rtc time.Time) error {
	if s.running() {
		return nil
	}
	o := emulated.Options{Serial: s.camera.Path(), Watchdog: true, RTC: rtc}
	if err := s.boot(ctx, o, regular+serialCamera(emulated.SerialPort)); err != nil {
		return err
	}
	return s.start(ctx, fmt.Sprintf("-watchdog %s -timeout %v -silence %v", emulated.Watchdog, biteTime, silenceTime))
}

// serial takes photos over the UART, from a good camera and from one on a bad line.
func serial(ctx context.Context, s *site) error {
	if err := s.up(ctx, time.Time{}); err != nil {
		return err
	}
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	s.t.say("%d photos from a good camera", few)
	s.camera.Camera().SetFaults(badLine())
	defer s.camera.Camera().SetFaults(vc0706sim.Faults{})
	if err := s.photos(ctx, few); err != nil {
		return err
	}
	s.t.say("%d photos over a bad line", few)
	if err := s.judgeLedger(ctx, interval); err != nil {
		return err
	}
	return s.settle(ctx)
}
