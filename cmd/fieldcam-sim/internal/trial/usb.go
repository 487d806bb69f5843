package trial

import (
	"context"
	"errors"
	"strings"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

// largePicture takes some four seconds over the line: there is time to pull a plug.
const largePicture = "640x480"

// usb pulls the camera's USB serial adapter out in the middle of a picture, and plugs
// it in again once the daemon has told of it.
func usb(ctx context.Context, t *take) (err error) {
	s, err := openSite(ctx, t, true, &vc0706sim.Options{Name: device, Resolution: largePicture, Now: eye.EverLater()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	camera := strings.Replace(serialCamera(emulated.USBPort), smallPicture, largePicture, 1)
	if err := s.boot(ctx, emulated.Options{USB: s.camera.Path()}, strings.ReplaceAll(regular, `every = "10s"`, `every = "20s"`)+camera); err != nil {
		return err
	}
	if err := s.start(ctx, ""); err != nil {
		return err
	}
	if err := s.photos(ctx, 1); err != nil {
		return err
	}
	_, before := s.camera.Camera().Picture()
	err = s.until(ctx, photoTime, "the camera takes no picture", func() (bool, error) {
		_, now := s.camera.Camera().Picture()
		return now > before, nil
	})
	if err != nil {
		return err
	}
	taken, _ := s.witness.Count()
	from := s.journal.now()
	if err := s.machine.Monitor().Unplug(ctx); err != nil {
		return err
	}
	if now, _ := s.witness.Count(); now != taken {
		t.fault("the picture was over before the adapter was out")
	}
	line, next, err := s.await(ctx, from, "photos are missed", string(photo.CameraFault))
	if err != nil {
		return err
	}
	t.fact("unplugged in mid-picture: the slot's cause is %s: %s", photo.CameraFault, errorOf(line))
	if err := s.machine.Monitor().Plug(ctx); err != nil {
		return err
	}
	if _, _, err := s.await(ctx, next, "photo taken"); err != nil {
		return err
	}
	t.fact("plugged in again: photos are taken again")
	if err := s.judgeLedger(ctx, 2*interval); err != nil {
		return err
	}
	return s.settle(ctx, 0)
}
