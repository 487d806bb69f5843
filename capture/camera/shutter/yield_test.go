package shutter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
)

// closing is a Fetcher whose looks last, and which takes as long to end one for a shot as
// that lets it, as a gphoto2 does that has to be killed.
type closing struct{}

func (closing) List(ctx context.Context) (capture.Listing, error) {
	<-ctx.Done()
	var yield *camera.YieldError
	if errors.As(context.Cause(ctx), &yield) {
		time.Sleep(yield.Within)
	}
	return capture.Listing{}, ctx.Err()
}

func (closing) Fetch(context.Context, capture.Picture, capture.AddFile) error {
	return capture.ErrNotListed
}

func (closing) Close() error { return nil }

// firesAfterAYield fires a camera that is being looked at, with so much time for the shot.
func (r *rig) firesAfterAYield(t *testing.T, has time.Duration) error {
	t.Helper()
	if err := r.camera.Close(); err != nil {
		t.Fatal(err)
	}
	r.cfg.Fetch, r.cfg.Path = shutter.FetchGPhoto, ""
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Fetcher: closing{}, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
	look, stop := context.WithCancel(t.Context())
	looked := make(chan error, 1)
	go func() {
		_, err := r.camera.List(look)
		looked <- err
	}()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), has)
	defer cancel()
	err := r.camera.Fire(ctx)
	stop()
	if err := <-looked; !errors.Is(err, context.Canceled) {
		t.Errorf("List: %v, want that it was stopped", err)
	}
	return err
}

func TestABulbExposureIsWholeAfterATransferThatEndsSlowly(t *testing.T) {
	const bulb = 10 * time.Second
	for _, has := range []time.Duration{bulb + 3*time.Second, bulb + 4*time.Second, time.Minute} {
		inBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
			c.Bulb, c.Limits.Shortest, o.Bulb = bulb, bulb+5*time.Second, true
		}, func(t *testing.T, r *rig) {
			if err := r.firesAfterAYield(t, has); err != nil {
				t.Errorf("with %v: %v", has, err)
			}
			if lasted := r.sim.Lasted(); len(lasted) != 1 || lasted[0] < bulb {
				t.Errorf("with %v: exposures of %v, want one of %v", has, lasted, bulb)
			}
		})
	}
}

// A shot keeps enough of a short slot to wake the camera.
func TestATransferThatEndsSlowlyLeavesAShotItsTime(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		if err := r.firesAfterAYield(t, 3*time.Second); err != nil || r.sim.Count().Exposed != 1 {
			t.Errorf("%v, %d exposures; want one", err, r.sim.Count().Exposed)
		}
	})
}

func TestABulbExposureNeedsTheTimeThatATransferTakesToEnd(t *testing.T) {
	const bulb = 10 * time.Second
	for _, c := range []struct {
		fetch string
		more  time.Duration
		ok    bool
	}{{shutter.FetchCard, 1999 * time.Millisecond, false}, {shutter.FetchCard, 2 * time.Second, true}, {shutter.FetchGPhoto, 4999 * time.Millisecond, false}, {shutter.FetchGPhoto, 5 * time.Second, true}} {
		cfg := shutter.Default()
		cfg.Line, cfg.Path, cfg.Fetch, cfg.Bulb, cfg.Limits.Shortest = fullLine, "/media/camera", c.fetch, bulb, bulb+c.more
		if err := cfg.Validate(); (err == nil) != c.ok {
			t.Errorf("fetch %q, a shot each %v with an exposure of %v: %v, want it accepted: %v", c.fetch, cfg.Limits.Shortest, bulb, err, c.ok)
		}
	}
}
