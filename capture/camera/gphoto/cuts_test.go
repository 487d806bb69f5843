package gphoto_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
	"fieldcam/queue"
)

var errPower = errors.New("no power")

// pole is a controller with a camera on USB, whose power goes at a point.
type pole struct {
	tb    testing.TB
	dir   string
	body  *gphotosim.Body
	clock *sim.Clock
	cfg   gphoto.Config
	check *picture.Checker // nil: no picture is a bad one

	queue *queue.Queue

	mu   sync.Mutex
	from time.Time // points before it by the clock do not count
	left int       // points until the power goes
	at   string    // where it went; empty while it is there
}

const poleEvery = 10 * time.Minute

func newPole(t *testing.T, cut int, o gphotosim.Options, change func(*gphoto.Config)) *pole {
	t.Helper()
	p := &pole{tb: t, dir: t.TempDir(), clock: sim.NewClock(), cfg: gphoto.Default(), left: cut}
	if change != nil {
		change(&p.cfg)
	}
	o.Step = p.point
	p.body = gphotosim.NewBody(o)
	p.clock.Set(time.Date(2026, 11, 21, 7, 5, 0, 0, time.UTC))
	p.from = p.clock.Now().Add(poleEvery)
	if err := os.Mkdir(p.camera(), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// camera is the directory of the driver's files.
func (p *pole) camera() string { return filepath.Join(p.dir, "camera") }

// gone tells whether the power has gone.
func (p *pole) gone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at != ""
}

// point is one at which the power may go: then nothing becomes durable any more.
func (p *pole) point(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at != "" || p.clock.Now().Before(p.from) {
		return
	}
	if p.left--; p.left == 0 {
		p.at = what
		if err := os.Rename(p.camera(), p.camera()+".kept"); err != nil {
			p.tb.Error(err)
		}
	}
}

// poleStore is the queue with points.
type poleStore struct {
	*queue.Queue
	p *pole
}

func (s poleStore) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	s.p.point("the store begins")
	if s.p.gone() {
		return photo.Meta{}, errPower
	}
	m, err := s.Queue.Add(shot, func(w io.Writer) (photo.Exposure, error) {
		e, err := fill(w)
		s.p.point("the store has the bytes")
		if s.p.gone() {
			return e, errPower
		}
		return e, err
	})
	if err == nil {
		s.p.point("the store has " + m.Format)
	}
	if err == nil && s.p.gone() {
		err = errPower
	}
	return m, err
}

func (s poleStore) Miss(m ...photo.Miss) error {
	if s.p.gone() {
		return errPower
	}
	return s.Queue.Miss(m...)
}

// run is a start of the daemon, which runs until the clock shows a time.
func (p *pole) run(until time.Time) {
	p.tb.Helper()
	ctx := context.Background()
	q, err := queue.Open(ctx, queue.Options{Dir: filepath.Join(p.dir, "queue"), Device: "pole-7", Config: queue.Default(), Log: zerolog.Nop()})
	if err != nil {
		p.tb.Fatal(err)
	}
	none, err := camera.OpenPower(camera.DefaultPower(), sim.New())
	if err != nil {
		p.tb.Fatal(err)
	}
	cam := gphoto.New(p.cfg, gphoto.Options{
		Power: none, Clock: p.clock, Zone: time.UTC, Dir: p.camera(), Log: zerolog.Nop(), Runner: &gphotosim.Runner{Body: p.body}, Find: q.Find,
	})
	if err := cam.Prepare(ctx); err != nil {
		p.tb.Fatal(err)
	}
	session := schedule.NewSession()
	session.Name, session.Kind, session.Every = "yard", schedule.Capture, poleEvery
	plan, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{session}})
	if err != nil {
		p.tb.Fatal(err)
	}
	p.queue = q
	service := capture.New(capture.Default(), capture.Options{Camera: cam, Store: poleStore{q, p}, Schedule: plan, Clock: p.clock, Checks: p.check, Log: zerolog.Nop()})
	run, stop := context.WithTimeout(ctx, until.Sub(p.clock.Now()))
	defer stop()
	if err := service.Run(run); err != nil {
		p.tb.Error(err)
	}
	if err := cam.Close(); err != nil && !p.gone() {
		p.tb.Error(err)
	}
}

// restore gives the power back, so long later by a clock that went on.
func (p *pole) restore(now time.Time) {
	p.tb.Helper()
	if err := p.queue.Close(); err != nil {
		p.tb.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.left = "", 0
	if err := os.RemoveAll(p.camera()); err != nil {
		p.tb.Fatal(err)
	}
	if err := os.Rename(p.camera()+".kept", p.camera()); err != nil {
		p.tb.Fatal(err)
	}
	p.clock.Set(now)
}

// sums are the SHA-256 of a camera's files, by their path: two cameras of a test make the
// same.
type sums map[string]string

func (s sums) of(f gphotosim.File) string {
	if s[f.Path] == "" {
		sum := sha256.Sum256(f.Bytes())
		s[f.Path] = hex.EncodeToString(sum[:])
	}
	return s[f.Path]
}

// once checks that each file that the camera exposed is a photo once, RAW files of their
// JPEG's shot, and returns the photos by their sums.
func (p *pole) once(known sums, exposed []gphotosim.File) map[string]photo.Meta {
	p.tb.Helper()
	items, err := p.queue.List(queue.Filter{})
	if err != nil {
		p.tb.Fatal(err)
	}
	all := map[string]photo.Meta{}
	for _, i := range items {
		if _, twice := all[i.SHA256]; twice {
			p.tb.Errorf("%s of slot %v is there twice", i.ID, i.Slot)
		}
		all[i.SHA256] = i.Meta
	}
	for _, f := range exposed {
		m, ok := all[known.of(f)]
		if !ok {
			p.tb.Errorf("%s is no photo", f.Path)
			continue
		}
		if name, raw := strings.CutSuffix(f.Path, ".CR2"); raw {
			if of := all[known[name+".JPG"]]; m.Shot != of.ID || !m.Slot.Equal(of.Slot) {
				p.tb.Errorf("%s is of %q, want %q", f.Path, m.Shot, of.ID)
			}
		}
	}
	if len(all) != len(exposed) {
		p.tb.Errorf("%d photos of %d files", len(all), len(exposed))
	}
	return all
}

// Wherever the power goes between the exposure and the last record, each file of the shot
// is a photo once after the next one, of its own slot: whether the controller comes back in
// time to take the slot again or not.
func TestWhereverThePowerGoesEachFileOfTheShotIsAPhotoOnce(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		blind int // so many slots go by before the camera's card can be looked at
	}{"at once": {8 * time.Second, 0}, "later": {5 * time.Minute, 0}, "with a card that cannot be listed": {5 * time.Minute, 16}} {
		for kind, raw := range map[string]bool{"JPEG": false, "RAW beside JPEG": true} {
			if c.blind > 0 && !raw {
				continue // the other kind has all its points
			}
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				cuts, known := 0, sums{}
				for cut := 1; ; cut++ {
					over := false
					synctest.Test(t, func(t *testing.T) {
						p := newPole(t, cut, gphotosim.Options{RAW: raw}, nil)
						slot := p.clock.Now().Add(5*time.Minute + poleEvery) // the second one
						p.run(slot.Add(time.Minute))
						if over = !p.gone(); over {
							if err := p.queue.Close(); err != nil {
								t.Error(err)
							}
							return
						}
						at := p.at
						p.restore(slot.Add(c.after))
						p.body.SetFaults(gphotosim.Faults{NoList: c.blind > 0})
						end := slot.Add(time.Duration(c.blind)*poleEvery + time.Minute)
						p.run(end)
						if err := p.queue.Close(); err != nil {
							t.Error(err)
						}
						p.body.SetFaults(gphotosim.Faults{})
						p.run(end.Add(poleEvery))
						all := p.once(known, p.body.Files())
						taken := false
						for _, m := range all {
							taken = taken || m.Slot.Equal(slot)
						}
						if !taken && at != "the store begins" {
							t.Errorf("the shot's own slot has no photo")
						}
						if err := p.queue.Close(); err != nil {
							t.Error(err)
						}
						if t.Failed() {
							t.Fatalf("the power went at %d: %s", cut, at)
						}
					})
					if over || t.Failed() {
						break
					}
					cuts++
				}
				if least := map[bool]int{false: 5, true: 9}[raw]; cuts < least && !t.Failed() {
					t.Errorf("%d points, want %d at least", cuts, least)
				}
			})
		}
	}
}
