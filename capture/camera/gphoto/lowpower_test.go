package gphoto_test

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/deferredtest"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/ptpsim"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/photo"
)

// lowPower is a camera that the shutter's lines fire, and whose pictures the real
// gphoto2 fetches.
type lowPower struct {
	*real
	now  atomic.Int64 // the camera's clock, in seconds since the first shot
	fire *shutter.Camera
	dir  string
}

// newLowPower makes one; each shot is 10 s after the one before by the camera's clock.
func newLowPower(t *testing.T, o ptpsim.Options, change func(*gphoto.Config, *camera.PowerConfig)) *lowPower {
	t.Helper()
	l := &lowPower{dir: t.TempDir()}
	first := time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)
	o.Now = func() time.Time { return first.Add(time.Duration(l.now.Load()) * time.Second) }
	l.real = newReal(t, o, change)
	full := l.board.AddLine("SHUTTER")
	full.Watch(func(high bool) {
		if high {
			l.body.Press()
		}
	})
	l.fire = l.reopen()
	t.Cleanup(func() { _ = l.fire.Close() })
	return l
}

// reopen is the camera as a new process finds it. The one before stays open: it has the
// lines.
func (l *lowPower) reopen() *shutter.Camera {
	p, err := camera.OpenPower(camera.DefaultPower(), l.board)
	if err != nil {
		l.tb.Fatal(err)
	}
	fetcher := gphoto.New(l.cfg, gphoto.Options{Power: p, Clock: l.clock, Zone: time.UTC, Dir: l.dir, Log: zerolog.New(&l.log)})
	cfg := shutter.Default()
	cfg.Line, cfg.Maker, cfg.Fetch = "SHUTTER", shutter.Panasonic, shutter.FetchGPhoto
	return shutter.New(cfg, shutter.Options{Board: l.board, Fetcher: fetcher, Dir: l.dir, Zone: time.UTC, Log: zerolog.New(&l.log)})
}

func TestTheShutterWithGphoto2Conforms(t *testing.T) {
	deferredtest.Run(t, func(t *testing.T, check func(testing.TB, deferredtest.Rig)) {
		l := newLowPower(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20}, nil)
		check(t, deferredtest.Rig{
			Camera: l.fire,
			Wait:   func() { l.now.Add(10) },
			Reopen: func() capture.Deferred { return l.reopen() },
		})
	})
}

// fetchAll fetches what is listed, as package capture does.
func (l *lowPower) fetchAll(t *testing.T) error {
	t.Helper()
	listing, err := l.fire.List(t.Context())
	if err != nil {
		return err
	}
	for _, p := range listing.Pictures {
		first := p.First
		err := l.fire.Fetch(t.Context(), p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
			m, err := l.add(first, fill)
			if err == nil && first.ID == "" {
				first = m
			}
			return m, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestASecondFileThatIsNotFetchedComesWithTheNextFetch(t *testing.T) {
	l := newLowPower(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20}, nil)
	if err := l.fire.Fire(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.body.SetFaults(ptpsim.Faults{KeepRAW: true})
	if err := l.fetchAll(t); err == nil {
		t.Error("a RAW file that could not be fetched: no error")
	}
	l.body.SetFaults(ptpsim.Faults{})
	l.fire = l.swap(t)
	if err := l.fetchAll(t); err != nil {
		t.Fatal(err)
	}
	if got := l.formats(); !slices.Equal(got, []string{"jpg", "cr2"}) || l.photos[1].Shot != l.photos[0].ID {
		t.Errorf("photos %v, want the JPEG and then the RAW as its other file", got)
	}
}

// swap closes the camera and opens it as a new process does.
func (l *lowPower) swap(t *testing.T) *shutter.Camera {
	t.Helper()
	if err := l.fire.Close(); err != nil {
		t.Fatal(err)
	}
	return l.reopen()
}

func TestFetchedFilesLeaveTheCamerasCardWhereWanted(t *testing.T) {
	l := newLowPower(t, ptpsim.Options{}, func(c *gphoto.Config, _ *camera.PowerConfig) { c.DeleteFetched = true })
	for range 3 {
		if err := l.fire.Fire(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.now.Add(10)
	}
	l.err = errors.New("card full")
	if err := l.fetchAll(t); !errors.Is(err, l.err) {
		t.Errorf("%v, want the store's error", err)
	}
	if n := len(l.body.Files()); n != 3 {
		t.Errorf("%d files on the camera though the store took none, want 3", n)
	}
	l.err = nil
	for range 2 { // the second looks at what the first brought
		if err := l.fetchAll(t); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.body.Files()); n != 0 || len(l.photos) != 3 {
		t.Errorf("%d photos and %d files on the camera, want 3 and 0", len(l.photos), n)
	}
}
