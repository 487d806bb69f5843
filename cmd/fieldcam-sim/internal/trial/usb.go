package trial

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

// largePicture takes some four seconds over the line: there is time to pull a plug.
const largePicture = "640x480"

// openAdapter has a hub, a camera behind the USB adapter, and one of the other make at
// the UART.
func openAdapter(ctx context.Context, s *site) (err error) {
	if err := s.makeCard(ctx); err != nil {
		return err
	}
	if s.camera, err = eye.Open(vc0706sim.New(vc0706sim.Options{Name: device, Resolution: largePicture, Now: eye.EverLater()}), ""); err != nil {
		return err
	}
	if s.other, err = eye.Open(ucamsim.New(ucamsim.Options{Name: device, Now: eye.EverLater()}), ""); err != nil {
		return err
	}
	return s.makeCloud(ctx)
}

// upWithAdapter switches the controller on and starts the daemon with the camera that a
// configuration names, unless it is on; then it gets the configuration.
func (s *site) upWithAdapter(ctx context.Context, camera string) error {
	schedule := strings.ReplaceAll(regular, `every = "5s"`, fmt.Sprintf("every = %q", adapterInterval))
	if !s.running() {
		if err := s.boot(ctx, emulated.Options{USB: s.camera.Path(), Serial: s.other.Path()}, schedule+camera); err != nil {
			return err
		}
		return s.start(ctx, "")
	}
	path := filepath.Join(s.dir, "fieldcam.toml")
	if err := writeConfig(path, s.hub, schedule+camera); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	from := s.journal.now()
	if _, err := s.run(ctx, "cat >fieldcam.toml <<'END'\n"+string(text)+"END\nkill $(pidof fieldcam)"); err != nil {
		return err
	}
	_, _, err = s.await(ctx, from, "warden: life", "is ready")
	return err
}

// adapterInterval leaves time for a large picture with a retry.
const adapterInterval = 10 * time.Second

// usb pulls the camera's USB serial adapter out in the middle of a picture, and plugs
// it in again once the daemon has told of it.
func usb(ctx context.Context, s *site) error {
	camera := strings.Replace(serialCamera(emulated.USBPort), smallPicture, largePicture, 1)
	if err := s.upWithAdapter(ctx, camera); err != nil {
		return err
	}
	if err := s.photos(ctx, 1); err != nil {
		return err
	}
	from, err := s.unplugInPicture(ctx)
	if err != nil {
		return err
	}
	line, next, err := s.await(ctx, from, "photos are missed", string(photo.CameraFault))
	if err != nil {
		return err
	}
	s.t.fact("unplugged in mid-picture: the slot's cause is %s: %s", photo.CameraFault, errorOf(line))
	if err := s.plug(ctx); err != nil {
		return err
	}
	if _, _, err := s.await(ctx, next, "photo taken"); err != nil {
		return err
	}
	s.t.fact("plugged in again: photos are taken again")
	if err := s.judgeLedger(ctx, adapterInterval); err != nil {
		return err
	}
	return s.settle(ctx)
}

// drained is how long the emulator takes to pass on what came through the adapter.
const drained = 200 * time.Millisecond

// unplug pulls the adapter out, which feeds the camera. The camera is dead first: QEMU
// 7.2 ends where bytes come in just as it takes the adapter away.
func (s *site) unplug(ctx context.Context) error {
	s.camera.Camera().SetPower(false)
	time.Sleep(drained)
	return s.machine.Monitor().Unplug(ctx)
}

// plug plugs it in again.
func (s *site) plug(ctx context.Context) error {
	err := s.machine.Monitor().Plug(ctx)
	s.camera.Camera().SetPower(true)
	return err
}

// unplugTries is how often the plug is pulled anew where the picture was over first, on
// a busy machine.
const unplugTries = 5

// unplugInPicture pulls the adapter out while a picture comes through it, and tells
// where the journal was then.
func (s *site) unplugInPicture(ctx context.Context) (from int, err error) {
	for range unplugTries {
		taken, _ := s.witness.Count()
		_, before := s.camera.Camera().Picture()
		err := s.until(ctx, photoTime, "the camera takes no picture", func() (bool, error) {
			_, now := s.camera.Camera().Picture()
			return now > before, nil
		})
		if err != nil {
			return 0, err
		}
		from = s.journal.now()
		if err := s.unplug(ctx); err != nil {
			return 0, err
		}
		if now, _ := s.witness.Count(); now == taken {
			return from, nil
		}
		s.t.say("the picture was over before the adapter was out: once more")
		if err := s.plug(ctx); err != nil {
			return 0, err
		}
		if err := s.photos(ctx, 1); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("each of %d pictures was over before the adapter was out", unplugTries)
}
