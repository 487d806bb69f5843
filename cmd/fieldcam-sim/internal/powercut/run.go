package powercut

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/template"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/cloud"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

const (
	// diskBytes is small, since each state is a copy of it, and has room for all
	// photos of a run above the least that the queue keeps free.
	diskBytes = 64 << 20
	// photoTime bounds the wait for one photo more, on a machine that does other
	// work besides, and for the first one, which comes after the boot.
	photoTime = 4 * time.Minute
	// stateDir is the daemon's, on the guest's disk and in its image.
	stateDir = "/state"
	// look is how often something is looked for that must come.
	look = 10 * time.Millisecond
	// resolution keeps a picture at some 6 KB: many photos a minute.
	resolution = "160x120"
)

// guestScript runs the daemon in the guest.
//
//go:embed guest.sh
var guestScript string

// guestConfig is the daemon's configuration.
var guestConfig = template.Must(template.New("config").Parse(`device = "{{.Device}}"

[identity]
ca_file = "/guest/ca.pem"
username = {{printf "%q" .Account.Username}}
password = {{printf "%q" .Account.Password}}

[upload]
url = "https://{{.Host}}:{{.Upload}}/files/"
idle_timeout = "10s"

[mqtt]
url = "tls://{{.Host}}:{{.Broker}}"

[[session]]
name = "photos"
kind = "capture"
every = "5s"

[[session]]
name = "uploads"
kind = "upload"
every = "5s"

[retry]
retry_min = "100ms"
retry_max = "2s"
photo_retry_min = "100ms"
photo_retry_max = "2s"

[queue]
keep_free_mb = 16
stop_free_mb = 16

[camera.vc0706]
port = "{{.Port}}"
resolution = "{{.Resolution}}"
reply_timeout = "2s"
`))

// rig is what surrounds the emulated controller: hub, camera, witness. The caller
// closes it.
type rig struct {
	o       Options
	dir     string
	config  string
	hub     *cloud.Hub
	camera  *eye.Eye[*vc0706sim.Camera]
	witness *witness.Witness
	follow  sync.WaitGroup
	stop    context.CancelFunc
	err     error // of follow; valid when that is done
}

func openRig(ctx context.Context, o Options, dir string) (_ *rig, err error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	r := &rig{o: o, dir: dir, config: filepath.Join(dir, "fieldcam.toml")}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.hub, err = cloud.Open(ctx, cloud.Options{
		Program: filepath.Join(o.Bin, "fieldcam-hub"), Dir: dir, Device: device, Host: emulated.HostAddress,
	}); err != nil {
		return nil, err
	}
	if r.camera, err = eye.Open(vc0706sim.New(vc0706sim.Options{Name: device, Resolution: resolution, Now: eye.EverLater()}), ""); err != nil {
		return nil, err
	}
	if err := writeConfig(r.config, r.hub); err != nil {
		return nil, err
	}
	r.witness = witness.New(r.written, func() []byte {
		jpeg, _ := r.camera.Camera().Picture()
		return jpeg
	})
	ctx, r.stop = context.WithCancel(ctx)
	r.follow.Go(func() { r.err = cloud.Follow(ctx, r.hub.Process().Log(), r.witness.Hear) })
	return r, nil
}

// log is the file with the writes to the disk.
func (r *rig) log() string { return filepath.Join(r.dir, "disk.log") }

// written is the log's length.
func (r *rig) written() (int64, bool) {
	info, err := os.Stat(r.log())
	if err != nil {
		return 0, false // the run's end says that it is missing
	}
	return info.Size(), true
}

func (r *rig) close() error {
	var errs []error
	if r.stop != nil {
		r.stop()
		r.follow.Wait()
		errs = append(errs, r.err)
	}
	if r.hub != nil {
		errs = append(errs, r.hub.Close())
	}
	if r.camera != nil {
		errs = append(errs, r.camera.Close())
	}
	return errors.Join(errs...)
}

// run boots a guest with the daemon, and cuts its power once done says yes; more
// tells of progress, without which it does not wait for ever.
func (r *rig) run(ctx context.Context, eo emulated.Options, more func() int, done func() bool) error {
	eo.Files, eo.Serial, eo.Console = r.o.Files, r.camera.Path(), r.witness.Hear
	eo.Guest = map[string]string{"fieldcam": r.o.Guest, "fieldcam.toml": r.config, "ca.pem": r.hub.Account().CAFile}
	m, err := emulated.Start(ctx, eo)
	if err != nil {
		return err
	}
	defer m.Cut()
	tick := time.NewTicker(look)
	defer tick.Stop()
	last, came := 0, time.Now()
	for !done() {
		r.witness.Look()
		if n := more(); n > last {
			last, came = n, time.Now()
		}
		if time.Since(came) > photoTime {
			return fmt.Errorf("nothing new for %v: see %s", photoTime, filepath.Join(eo.Dir, emulated.ConsoleLog))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.Ended():
			return fmt.Errorf("the guest ended on its own: see %s: %w", filepath.Join(eo.Dir, emulated.ConsoleLog), m.Wait())
		case <-tick.C:
		}
	}
	return nil
}

// recording is a run of the daemon: its disk before, the log of what it wrote,
// and what this machine saw of it.
type recording struct {
	base string
	log  emulated.Log
	seen witness.Seen
}

// record runs the daemon until n photos were accepted, and cuts its power.
// About halfway the daemon is killed and started again, so that the log has a
// recovery in it; and for a quarter of the photos the hub is away, so that there
// is a backlog.
func (r *rig) record(ctx context.Context, mount string, n int) (rec recording, err error) {
	rec.base = filepath.Join(r.dir, "before.img")
	disk, log := filepath.Join(r.dir, "disk.img"), r.log()
	if err := emulated.MakeDisk(ctx, rec.base, diskBytes); err != nil {
		return rec, err
	}
	if err := copyImage(rec.base, disk); err != nil {
		return rec, err
	}
	accepted := func() int { n, _ := r.witness.Count(); return n }
	var hubErr error
	err = r.run(ctx, emulated.Options{
		Dir: r.dir, Disk: disk, Log: log, Mount: mount,
		Run: strings.NewReplacer("@STATE@", "/data"+stateDir, "@KILL@", fmt.Sprint(n/4)).Replace(guestScript),
	}, accepted, func() bool {
		switch got := accepted(); {
		case got >= n:
			return true
		case got >= n*3/4:
			hubErr = r.hub.Process().Start() // nothing where it runs
		case got >= n/2:
			r.hub.Process().Kill()
		}
		return hubErr != nil
	})
	if err = errors.Join(err, hubErr); err != nil {
		return rec, err
	}
	rec.seen = r.witness.Result()
	if rec.seen.Hub, err = r.hub.Photos(); err != nil {
		return rec, err
	}
	rec.log, err = readLog(log)
	return rec, err
}

func writeConfig(path string, hub *cloud.Hub) error {
	var b strings.Builder
	err := guestConfig.Execute(&b, map[string]any{
		"Device": device, "Account": hub.Account(), "Host": emulated.HostAddress,
		"Upload": hub.Upload(), "Broker": hub.Broker(), "Port": emulated.SerialPort, "Resolution": resolution,
	})
	if err != nil {
		return fmt.Errorf("fill in the configuration: %w", err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

func copyImage(from, to string) error {
	image, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy disk: %w", err)
	}
	return writeSparse(to, image)
}

func readLog(path string) (emulated.Log, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read log of writes: %w", err)
	}
	return emulated.ReadLog(b)
}
