package gphoto_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// A cutRunner loses the power at a run, or what the run tells.
type cutRunner struct {
	*gphotosim.Runner
	// cut is "before" or "after" a run that sets the clock, by the power or "after, by a
	// shot"; "before the listing"; or "left behind" in it. Else it is nowhere.
	cut string
}

func (c *cutRunner) Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error) {
	sets := slices.ContainsFunc(s.Argv, func(a string) bool { return strings.HasPrefix(a, "datetime=") })
	lists := slices.Contains(s.Argv, "--list-files")
	if sets && c.cut == "before" || lists && c.cut == "before the listing" {
		return subprocess.Exit{}, errPower
	}
	if lists && c.cut == "left behind" {
		return subprocess.Exit{Code: -1}, context.DeadlineExceeded
	}
	e, err := c.Runner.Run(ctx, s)
	if sets && strings.HasPrefix(c.cut, "after") {
		err = errPower
	}
	return e, err
}

// clockRig is a camera that is only fetched from, of whose pictures it is known when they
// were taken.
type clockRig struct {
	t     *testing.T
	body  *gphotosim.Body
	run   *cutRunner
	clock *sim.Clock
	zone  *time.Location
	cfg   gphoto.Config
	dir   string
	cam   *gphoto.Camera
	taken map[string]time.Time // by the pictures' names
}

func newClockRig(t *testing.T, o gphotosim.Options, ahead time.Duration) *clockRig {
	t.Helper()
	r := &clockRig{t: t, body: gphotosim.NewBody(o), clock: sim.NewClock(), zone: time.UTC, cfg: gphoto.Default(), dir: t.TempDir(), taken: map[string]time.Time{}}
	r.run = &cutRunner{Runner: &gphotosim.Runner{Body: r.body}}
	r.body.SetAhead(ahead)
	r.start()
	return r
}

// start makes the driver as a new process does; the one before is gone, as the power was.
func (r *clockRig) start() {
	r.t.Helper()
	r.run.cut = ""
	none, err := camera.OpenPower(camera.DefaultPower(), sim.New())
	if err != nil {
		r.t.Fatal(err)
	}
	r.cam = gphoto.New(r.cfg, gphoto.Options{Power: none, Clock: r.clock, Zone: r.zone, Dir: r.dir, Log: zerolog.Nop(), Runner: r.run})
}

// press takes so many pictures, a time apart, and tells when.
func (r *clockRig) press(n int, every time.Duration) (taken []time.Time) {
	for range n {
		time.Sleep(every)
		f := r.body.Press()[0]
		dir, file := filepath.Split(f.Path)
		r.taken[filepath.Base(dir)+"/"+strings.TrimSuffix(file, ".JPG")] = time.Now()
		taken = append(taken, time.Now())
	}
	return taken
}

// list lists the card, which must tell of so many pictures when they were taken.
func (r *clockRig) list(want int) capture.Listing {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Minute)
	defer cancel()
	l, err := r.cam.List(ctx)
	r.want(l, err, want)
	return l
}

// want wants a List to tell of so many pictures when they were taken.
func (r *clockRig) want(l capture.Listing, err error, want int) {
	r.t.Helper()
	if err != nil || len(l.Pictures) != want {
		r.t.Errorf("List: %d pictures, %v; want %d", len(l.Pictures), err, want)
	}
	for _, p := range l.Pictures {
		taken, ok := r.taken[p.Name]
		taken = taken.Add(time.Until(r.clock.Now())) // by our clock as it is
		if got := p.At.Add(-l.Ahead); !ok || got.Sub(taken).Abs() > 3*time.Second {
			r.t.Errorf("%s was exposed at %v by a clock that was %v ahead, so at %v; want %v", p.Name, p.At, l.Ahead, got, taken)
		}
	}
}

// fetch fetches so many files.
func (r *clockRig) fetch(l capture.Listing, files int) {
	r.t.Helper()
	enough := errors.New("enough")
	for _, p := range l.Pictures {
		err := r.cam.Fetch(r.t.Context(), p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
			if files--; files < 0 {
				return photo.Meta{}, enough
			}
			_, err := fill(io.Discard)
			return photo.Meta{ID: photo.ID("of " + p.Name), Slot: r.taken[p.Name], Taken: r.taken[p.Name], Trigger: photo.Manual}, err
		})
		if err != nil && !errors.Is(err, enough) {
			r.t.Errorf("Fetch: %v", err)
		}
		if files < 0 {
			return
		}
	}
}

// Wherever the power goes while a List sets the clock, and whatever pictures stay on the card
// for later, each is told the time at which it was taken.
func TestAPictureKeepsItsTimeInWhateverOrderTheClockIsSet(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, -26 * 365 * 24 * time.Hour} {
		for _, files := range []int{1, 2} { // of a picture
			for _, cut := range []string{"nowhere", "before the listing", "before", "after", "after, by a shot"} {
				for _, every := range []time.Duration{10 * time.Second, time.Hour} {
					for _, fetched := range []int{0, 3} { // files by each fetch: with RAW files the second of these stays
						if files == 2 && every == time.Hour {
							continue // what stays of a picture hangs on no interval
						}
						t.Run(fmt.Sprintf("ahead=%v/files=%d/cut=%s/every=%v/fetched=%d", ahead, files, cut, every, fetched), func(t *testing.T) {
							t.Parallel()
							synctest.Test(t, func(t *testing.T) { testOrder(t, ahead, files, cut, every, fetched) })
						})
					}
				}
			}
		}
	}
}

func testOrder(t *testing.T, ahead time.Duration, files int, cut string, every time.Duration, fetched int) {
	r := newClockRig(t, gphotosim.Options{RAW: files == 2}, ahead)
	left := 0 // files
	fetch := func() {
		t.Helper()
		l := r.list((left + files - 1) / files)
		r.fetch(l, fetched)
		left -= min(fetched, left)
	}
	r.press(4, every)
	left += 4 * files
	time.Sleep(10 * time.Second)
	switch r.run.cut = cut; cut {
	case "nowhere":
		fetch()
	case "before the listing":
		if _, err := r.cam.List(t.Context()); !errors.Is(err, errPower) {
			t.Errorf("List: %v, want that the power went", err)
		}
		r.start()
	case "after, by a shot":
		r.list(4)
		r.run.cut = ""
	default:
		r.list(4)
		r.start()
	}
	for range 2 {
		r.press(2, every)
		left += 2 * files
		fetch()
	}
	r.start()
	r.press(1, every)
	left += files
	fetch()
	if got := r.body.Ahead(); got.Abs() > 2*time.Second {
		t.Errorf("in the end the clock is %v ahead, want that it was set", got)
	}
	if err := r.cam.Close(); err != nil {
		t.Error(err)
	}
}

// Where it cannot be written down which pictures are of the clock of before, the clock stays.
func TestTheClockStaysWhereItsSettingCannotBeWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, gphotosim.Options{}, time.Hour)
		full := filepath.Join(r.dir, "gphoto.clock.part") // where a file is to be written
		if err := os.Mkdir(full, 0o700); err != nil {
			t.Fatal(err)
		}
		r.press(2, time.Hour)
		r.list(2)
		if _, set := r.body.Asked(); set != 0 {
			t.Errorf("set %d times, want never", set)
		}
		if err := os.Remove(full); err != nil {
			t.Fatal(err)
		}
		r.press(1, 2*time.Hour)
		r.list(3)
		r.press(1, 2*time.Hour)
		r.list(4)
		if _, set := r.body.Asked(); set != 1 {
			t.Errorf("set %d times, want once", set)
		}
		if err := r.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What is written down of a setting and is damaged is set aside, and costs no listing.
func TestADamagedFileOfTheSettingIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, gphotosim.Options{}, 0)
		name := filepath.Join(r.dir, "gphoto.clock")
		if err := os.WriteFile(name, []byte(`{"format":1,"at":`), 0o600); err != nil {
			t.Fatal(err)
		}
		r.press(1, time.Hour)
		r.list(1)
		if _, err := os.Stat(name + ".damaged"); err != nil {
			t.Errorf("%v, want the file set aside", err)
		}
		if err := r.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
