package gphoto_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/ptpsim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const powerLine = "CAMERA_POWER"

// store takes photos in.
type store struct {
	tb     testing.TB
	photos []photo.Meta
	bytes  map[photo.ID][]byte
	err    error // of each photo
}

// add makes a photo of what fill writes; of is the shot's first one, with an empty ID
// where this is the first.
func (s *store) add(of photo.Meta, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	if s.err != nil {
		return photo.Meta{}, s.err
	}
	var b bytes.Buffer
	e, err := fill(&b)
	if err != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	at := time.Date(2026, 11, 21, 7, 3, len(s.photos), 0, time.UTC)
	m := photo.Meta{
		ID: photo.NewID(at, uint64(len(s.photos)+1)), Slot: at, Trigger: photo.Scheduled, Taken: at,
		Size: int64(b.Len()), SHA256: hex.EncodeToString(sum[:]), Exposure: e,
	}
	if of.ID != "" {
		m.Slot, m.Shot = of.Slot, of.ID
	}
	s.photos = append(s.photos, m)
	s.bytes[m.ID] = b.Bytes()
	return m, nil
}

// formats are those of the photos, as "jpg cr2".
func (s *store) formats() (all []string) {
	for _, m := range s.photos {
		all = append(all, m.Format)
	}
	return all
}

// real is a driver with the real gphoto2, and a camera on the network of this machine.
type real struct {
	*store
	cfg   gphoto.Config
	body  *ptpsim.Camera
	cam   *gphoto.Camera
	clock *sim.Clock
	board *sim.Board
	line  *sim.Line // nil where the camera cannot be switched
	dir   string
	log   safeBuffer
	zone  *time.Location
	power camera.PowerConfig
}

// safeBuffer takes a log.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newReal makes one; change, where not nil, changes the configuration and the simulated
// camera before. Its time is real: the program is.
func newReal(t *testing.T, o ptpsim.Options, change func(*gphoto.Config, *camera.PowerConfig)) *real {
	t.Helper()
	t.Parallel()
	body, err := ptpsim.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- body.Run(ctx) }()
	r := &real{
		store: &store{tb: t, bytes: map[photo.ID][]byte{}}, body: body, cfg: gphoto.Default(), clock: sim.NewClock(),
		board: sim.New(), dir: t.TempDir(), zone: time.FixedZone("", -7*3600), power: camera.DefaultPower(),
	}
	r.cfg.Port = body.Port()
	if change != nil {
		change(&r.cfg, &r.power)
	}
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if r.power.Line != "" {
		r.line = r.board.AddLine(r.power.Line)
		body.Power(false)
		r.line.Watch(body.Power)
	}
	r.cam = r.open(t)
	t.Cleanup(func() {
		if err := r.cam.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(r.log.String())
		}
	})
	return r
}

// open makes the driver as a new process does; the one before is closed.
func (r *real) open(t *testing.T) *gphoto.Camera {
	t.Helper()
	if r.cam != nil {
		if err := r.cam.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p, err := camera.OpenPower(r.power, r.board)
	if err != nil {
		t.Fatal(err)
	}
	return gphoto.New(r.cfg, gphoto.Options{Power: p, Clock: r.clock, Zone: r.zone, Dir: r.dir, Log: zerolog.New(&r.log)})
}

// patience bounds what a test waits for a healthy camera on a busy machine.
const patience = time.Minute

// shoot takes a shot with all its files, as package capture does.
func (r *real) shoot(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	first, err := r.add(photo.Meta{}, func(w io.Writer) (photo.Exposure, error) { return r.cam.Shoot(ctx, w) })
	if err != nil {
		return err
	}
	return r.cam.Others(ctx, first, r.add)
}

// mustShoot takes one that must succeed.
func (r *real) mustShoot(t *testing.T) {
	t.Helper()
	if err := r.shoot(t); err != nil {
		t.Fatal(err)
	}
}
