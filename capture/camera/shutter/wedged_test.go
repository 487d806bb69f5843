package shutter_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// wedged is a Fetcher of a camera that may be wedged on USB.
type wedged struct {
	mu       sync.Mutex // guards what follows
	list     error      // of List; nil: it works
	fetch    error      // of Fetch before it has a file; nil: it works
	looks    time.Duration
	takes    time.Duration
	ends     time.Duration // how long it takes to end one
	forShots error         // what one that is ended says; nil: its context's error
}

func (w *wedged) List(ctx context.Context) (capture.Listing, error) {
	w.mu.Lock()
	err, looks := w.list, w.looks
	w.mu.Unlock()
	if err == nil {
		err = w.works(ctx, looks)
	}
	return capture.Listing{Pictures: []capture.Picture{{Name: "100CANON/IMG_0001", At: time.Now()}, {Name: "100CANON/IMG_0002", At: time.Now()}}}, err
}

func (w *wedged) Fetch(ctx context.Context, _ capture.Picture, add capture.AddFile) error {
	w.mu.Lock()
	err, takes := w.fetch, w.takes
	w.mu.Unlock()
	if err == nil {
		err = w.works(ctx, takes)
	}
	if err != nil {
		return err
	}
	_, err = add(func(io.Writer) (photo.Exposure, error) { return photo.Exposure{}, nil })
	return err
}

// works takes a time.
func (w *wedged) works(ctx context.Context, takes time.Duration) error {
	t := time.NewTimer(takes)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	ends, forShots := w.ends, w.forShots
	w.mu.Unlock()
	time.Sleep(ends)
	return cmp.Or(forShots, ctx.Err())
}

func (w *wedged) Close() error { return nil }

// set changes what is wrong.
func (w *wedged) set(change func(*wedged)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

// withWedged is a camera with a relay, whose pictures come by USB.
func withWedged(t *testing.T, f func(t *testing.T, r *rig, w *wedged, power *sim.Line)) {
	t.Helper()
	inBubble(t, nil, func(t *testing.T, r *rig) {
		w := &wedged{}
		if err := r.camera.Close(); err != nil {
			t.Fatal(err)
		}
		r.cfg.Fetch, r.cfg.Path = shutter.FetchGPhoto, ""
		line := r.board.AddLine(camPower)
		power, err := camera.OpenPower(camera.PowerConfig{Line: camPower, WarmUp: 4 * time.Second, OffTime: 2 * time.Second, KeepOn: true}, r.board)
		if err != nil {
			t.Fatal(err)
		}
		r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Power: power, Fetcher: w, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
		if _, err := r.camera.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, r, w, line)
	})
}

var (
	errUSB      = errors.New("could not claim the USB device")
	errEndless  = errors.New("ended too often")
	errUnheeded = fmt.Errorf("gphoto2: %w: %w", subprocess.ErrUnheeded, context.Canceled)
)

// during fires while do is under way, with the shot's ctx, and returns do's error.
func (r *rig) during(t *testing.T, ctx context.Context, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	synctest.Wait()
	if err := r.camera.Fire(ctx); err != nil {
		t.Error(err)
	}
	return <-done
}
