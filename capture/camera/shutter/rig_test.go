package shutter_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/capture"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	fullLine = "SHUTTER"
	halfLine = "FOCUS"
)

// rig is a camera on a simulated board, and what drives it.
type rig struct {
	tb         testing.TB
	board      *sim.Board
	full, half *sim.Line
	card, dir  string
	cfg        shutter.Config
	zone       *time.Location
	sim        *shuttersim.Camera
	camera     *shutter.Camera
	photos     []photo.Meta
	bytes      map[photo.ID][]byte
	addErr     error
}

// newRig makes one; change, where not nil, changes the configuration or the
// simulated camera before.
func newRig(tb testing.TB, change func(*shutter.Config, *shuttersim.Options)) *rig {
	tb.Helper()
	return newRigOn(tb, func(*sim.Board) {}, change)
}

// newRigOn is newRig with more on the board.
func newRigOn(tb testing.TB, add func(*sim.Board), change func(*shutter.Config, *shuttersim.Options)) *rig {
	tb.Helper()
	r := &rig{tb: tb, board: sim.New(), card: tb.TempDir(), dir: tb.TempDir(), zone: time.UTC, bytes: map[photo.ID][]byte{}}
	r.full, r.half = r.board.AddLine(fullLine), r.board.AddLine(halfLine)
	add(r.board)
	r.cfg = shutter.Default()
	r.cfg.Line, r.cfg.HalfLine, r.cfg.Path, r.cfg.Maker = fullLine, halfLine, r.card, shutter.Canon
	o := shuttersim.Options{Dir: r.card, NeedsHalf: true, WriteTime: time.Second}
	if change != nil {
		change(&r.cfg, &o)
	}
	if err := r.cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(r.card, "DCIM", "100FIELD"), 0o755); err != nil {
		tb.Fatal(err)
	}
	r.camera = r.open()
	if err := r.camera.Prepare(); err != nil {
		tb.Fatal(err)
	}
	r.sim = shuttersim.New(o)
	r.sim.Wire(r.full, r.half)
	tb.Cleanup(func() {
		if err := r.camera.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return r
}

// open is the camera as a new process makes it.
func (r *rig) open() *shutter.Camera {
	return shutter.New(r.cfg, shutter.Options{Board: r.board, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
}

// run lets the simulated camera write its card until the test ends.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.sim.Run(ctx) }()
	r.tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.tb.Error(err)
		}
	})
}

// put writes a file on the card.
func (r *rig) put(path string, b []byte, at time.Time) {
	r.tb.Helper()
	name := filepath.Join(r.card, "DCIM", path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.Chtimes(name, at, at); err != nil {
		r.tb.Fatal(err)
	}
}

// list is what the camera lists.
func (r *rig) list() capture.Listing {
	r.tb.Helper()
	l, err := r.camera.List(context.Background())
	if err != nil {
		r.tb.Fatal(err)
	}
	return l
}

// names are the listed pictures'.
func (r *rig) names() (names []string) {
	r.tb.Helper()
	for _, p := range r.list().Pictures {
		names = append(names, p.Name)
	}
	return names
}

// fetch fetches all that is listed.
func (r *rig) fetch() {
	r.tb.Helper()
	for _, p := range r.list().Pictures {
		if err := r.camera.Fetch(context.Background(), p, r.adder(p)); err != nil {
			r.tb.Errorf("fetch %s: %v", p.Name, err)
		}
	}
}

// adder takes the files of a picture in.
func (r *rig) adder(p capture.Picture) capture.AddFile {
	first := p.First.ID
	return func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
		if r.addErr != nil {
			return photo.Meta{}, r.addErr
		}
		w := &buffer{}
		e, err := fill(w)
		if err != nil {
			return photo.Meta{}, fmt.Errorf("add photo: %w", err)
		}
		m := photo.Meta{ID: photo.NewID(p.At, uint64(len(r.photos)+1)), Slot: p.At, Taken: p.At, Trigger: photo.Scheduled, Exposure: e, Shot: first}
		if first == "" {
			first = m.ID
		}
		r.photos = append(r.photos, m)
		r.bytes[m.ID] = w.b
		return m, nil
	}
}

type buffer struct{ b []byte }

func (b *buffer) Write(p []byte) (int, error) {
	b.b = append(b.b, p...)
	return len(p), nil
}

// picture is a JPEG of its own, exposed at a time.
func picture(serial int, at time.Time) []byte { return shuttersim.JPEG(serial, at, time.UTC, false) }

var morning = time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)

// inBubble runs a test with a rig in simulated time.
func inBubble(t *testing.T, change func(*shutter.Config, *shuttersim.Options), f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newRig(t, change)) })
}
