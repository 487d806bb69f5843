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

	"fieldcam/capture/camera/ucam/ucamsim"
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
	bootTime  = 8 * time.Minute
	replyTime = 5 * time.Minute
	// look is how often something is looked for that must come.
	look = 20 * time.Millisecond
)

// site is an emulated controller and what surrounds it. Who has it opened closes it.
type site struct {
	o       Options
	dir     string
	t       *take                       // the scenario that is played
	hub     *cloud.Hub                  // nil: there is no cloud
	camera  *eye.Eye[*vc0706sim.Camera] // nil: there is no serial camera of that make
	other   *eye.Eye[*ucamsim.Camera]   // nil: nor of the other
	disk    string
	journal *journal
	witness *witness.Witness
	machine *emulated.Machine // the last one; nil before the first boot
	boots   int
	lives   int           // of the daemon, which its journal should tell of
	started time.Duration // by the guest's uptime, when the daemon was started last
	cuts    int           // how often the board lost its power
	began   time.Time     // slots before this one are of a time that nobody knew

	followers sync.WaitGroup
	stop      context.CancelFunc
	err       error // of follow; valid when the followers are done
	also      []func() error
}

// makeCard makes a new card.
func (s *site) makeCard(ctx context.Context) error {
	s.disk = filepath.Join(s.dir, "disk.img")
	s.witness = witness.New(func() (int64, bool) { return 0, true }, s.picture)
	return emulated.MakeDisk(ctx, s.disk, diskBytes)
}

// picture is what a camera took last.
func (s *site) picture() []byte {
	if s.other != nil {
		if jpeg, shots := s.other.Camera().Picture(); shots > 0 {
			return jpeg // the first one has been put aside
		}
	}
	if s.camera == nil {
		return nil
	}
	jpeg, _ := s.camera.Camera().Picture()
	return jpeg
}

// makeCloud starts the hub.
func (s *site) makeCloud(ctx context.Context) (err error) {
	s.hub, err = cloud.Open(ctx, cloud.Options{
		Program: filepath.Join(s.o.Bin, "fieldcam-hub"), Dir: s.dir, Device: device, Host: emulated.HostAddress,
	})
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(context.WithoutCancel(ctx)) // longer than a scenario
	s.stop = stop
	s.followers.Go(func() { s.err = cloud.Follow(following, s.hub.Process().Log(), s.witness.Hear) })
	return nil
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
	if s.other != nil {
		err = errors.Join(err, s.other.Close())
	}
	for _, also := range s.also {
		err = errors.Join(err, also())
	}
	return err
}

// running tells whether the controller is on.
func (s *site) running() bool {
	if s.machine == nil {
		return false
	}
	select {
	case <-s.machine.Ended():
		return false
	default:
		return true
	}
}

// boot switches the controller on with a configuration, the rest of which is given,
// and with o's devices; the guest has o's files besides its own.
func (s *site) boot(ctx context.Context, o emulated.Options, rest string) error {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	s.boots++
	o.Files, o.Disk, o.Control = s.o.Files, s.disk, true
	o.Dir = filepath.Join(s.dir, fmt.Sprintf("boot-%d", s.boots))
	if err := os.Mkdir(o.Dir, 0o755); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	config := filepath.Join(o.Dir, "fieldcam.toml")
	if err := writeConfig(config, s.hub, rest); err != nil {
		return err
	}
	files := map[string]string{"fieldcam": s.o.Guest, "guest": s.o.Helper, "fieldcam.toml": config}
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
	if _, _, err := s.await(ctx, from, "warden: life", "is ready"); err != nil {
		return err
	}
	s.lives++
	var err error
	s.started, err = s.uptime(ctx)
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
