package trial

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/cloud"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

const (
	// diskBytes is the card's: room for all photos of a scenario above the least
	// that the queue keeps free.
	diskBytes = 64 << 20
	// bootTime bounds a boot with the daemon's start, and replyTime one command in
	// the guest, on a machine that does other work besides.
	bootTime  = 5 * time.Minute
	replyTime = 3 * time.Minute
	// look is how often something is looked for that must come.
	look = 20 * time.Millisecond
)

// site is an emulated controller and what surrounds it. The scenario closes it.
type site struct {
	t       *take
	hub     *cloud.Hub                  // nil: there is no cloud
	camera  *eye.Eye[*vc0706sim.Camera] // nil: there is no serial camera
	disk    string
	journal *journal
	witness *witness.Witness
	machine *emulated.Machine // the last one; nil before the first boot
	boots   int

	followers sync.WaitGroup
	stop      context.CancelFunc
	err       error // of follow; valid when the followers are done
}

// openSite makes a new card, and the cloud and the camera where they are wanted.
func openSite(ctx context.Context, t *take, withHub bool, camera *vc0706sim.Options) (_ *site, err error) {
	s := &site{t: t, disk: filepath.Join(t.dir, "disk.img"), journal: newJournal(), stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := emulated.MakeDisk(ctx, s.disk, diskBytes); err != nil {
		return nil, err
	}
	if camera != nil {
		if s.camera, err = eye.Open(vc0706sim.New(*camera), ""); err != nil {
			return nil, err
		}
	}
	s.witness = witness.New(func() (int64, bool) { return 0, true }, func() []byte {
		if s.camera == nil {
			return nil
		}
		jpeg, _ := s.camera.Camera().Picture()
		return jpeg
	})
	if !withHub {
		return s, nil
	}
	s.hub, err = cloud.Open(ctx, cloud.Options{
		Program: filepath.Join(t.o.Bin, "fieldcam-hub"), Dir: t.dir, Device: device, Host: emulated.HostAddress,
	})
	if err != nil {
		return nil, err
	}
	following, stop := context.WithCancel(ctx)
	s.stop = stop
	s.followers.Go(func() { s.err = cloud.Follow(following, s.hub.Process().Log(), s.witness.Hear) })
	return s, nil
}

// close ends all of it.
func (s *site) close() error {
	if s.machine != nil {
		s.machine.Cut()
	}
	s.stop()
	s.followers.Wait()
	err := s.err
	if s.hub != nil {
		err = errors.Join(err, s.hub.Close())
	}
	if s.camera != nil {
		err = errors.Join(err, s.camera.Close())
	}
	return err
}

// boot switches the controller on with a configuration, the rest of which is given,
// and with o's devices; the guest has o's files besides its own.
func (s *site) boot(ctx context.Context, o emulated.Options, rest string) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	s.boots++
	o.Files, o.Disk, o.Control = s.t.o.Files, s.disk, true
	o.Dir = filepath.Join(s.t.dir, fmt.Sprintf("boot-%d", s.boots))
	if err := os.Mkdir(o.Dir, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	config := filepath.Join(o.Dir, "fieldcam.toml")
	if err := writeConfig(config, s.hub, rest); err != nil {
		return err
	}
	files := map[string]string{"fieldcam": s.t.o.Guest, "guest": s.t.o.Helper, "fieldcam.toml": config}
	if s.hub != nil {
		files["ca.pem"] = s.hub.Account().CAFile
	}
	maps.Copy(files, o.Guest)
	o.Guest = files
	o.Console = func(line string) {
		s.witness.Hear(line)
		s.journal.hear(line)
	}
	if o.Lines == nil {
		o.Lines = lines()
	}
	var err error
	if s.machine, err = emulated.Start(ctx, o); err != nil {
		return err
	}
	_, err = s.machine.Shell().Run(ctx, "true") // the boot's end
	return err
}

// program is the daemon's command line in the guest.
const program = "./fieldcam --config /guest/fieldcam.toml --state /data/state"

// start starts the daemon under the warden, with flags for that, and waits until it
// is ready.
func (s *site) start(ctx context.Context, flags string) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	from := s.journal.now()
	if _, err := s.run(ctx, "./guest warden "+flags+" -- "+program+" run --log json >/dev/console 2>&1 &"); err != nil {
		return err
	}
	_, _, err := s.await(ctx, from, "warden: life", "is ready")
	return err
}

// await waits for a line of the guest's; see journal.await.
func (s *site) await(ctx context.Context, from int, texts ...string) (string, int, error) {
	return s.journal.await(ctx, s.machine.Ended(), from, texts...)
}

// run runs a command in the guest.
func (s *site) run(ctx context.Context, script string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	return s.machine.Shell().Run(ctx, script)
}

// until waits until something is so, with why for who waits in vain.
func (s *site) until(ctx context.Context, limit time.Duration, why string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		ok, err := so()
		if err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", why, ctx.Err())
		}
	}
}
