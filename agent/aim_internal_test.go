package agent

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/visca"
	"fieldcam/capture/camera/visca/viscasim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// pair is a camera of several files for each shot, which needs power for each of them.
type pair struct{ power *camera.Power }

func (p pair) Shoot(ctx context.Context, _ io.Writer) (photo.Exposure, error) {
	_, err := p.power.On(ctx)
	return photo.Exposure{}, err
}

func (p pair) Others(ctx context.Context, _ photo.Meta, _ capture.AddOther) error {
	_, err := p.power.On(ctx)
	return err
}

func (p pair) Prepare(context.Context) error { return nil }

func (p pair) Close() error { return p.power.Close() }

func TestFilesOfEarlierPhotosMoveNoHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		b.AddLine("POWER")
		s := viscasim.New(viscasim.Options{Boot: time.Second, Move: time.Second})
		end := b.AddPort("/dev/ttyS2")
		ctx, off := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, end) }()
		defer func() {
			off()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		power, err := camera.OpenPower(camera.PowerConfig{Line: "POWER", KeepOn: true}, b)
		if err != nil {
			t.Fatal(err)
		}
		cfg := visca.Default()
		cfg.Port, cfg.Settle = "/dev/ttyS2", 0
		cfg.Views = []visca.SessionView{{Session: "gate", View: visca.View{Preset: 5}}, {Session: "tower", View: visca.View{Preset: 2}}}
		var aimed []error
		c := &boardCamera{driver: pair{power}, control: visca.New(cfg, b), s: surroundings{aimed: func(err error) { aimed = append(aimed, err) }}}
		power.Then(c.aim)
		defer c.Close()
		c.Aim("gate")
		others := func() {
			if err := c.Others(t.Context(), photo.Meta{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		others() // gives the camera its power
		if got := s.State(); len(aimed) != 0 || got.Moves != 0 || got.Preset != -1 {
			t.Errorf("files of an earlier photo: aimed %v, at %+v, want nothing moved", aimed, got)
		}
		for i, session := range []string{"gate", "tower"} {
			c.Aim(session)
			if _, err := c.Shoot(t.Context(), io.Discard); err != nil {
				t.Fatal(err)
			}
			want := []int{4, 1}[i] // from 0
			if got := s.State(); len(aimed) != i+1 || aimed[i] != nil || got.Preset != want {
				t.Errorf("a photo of %s: aimed %v, at %+v, want preset %d", session, aimed, got, want)
			}
			moves := s.State().Moves
			others()
			if got := s.State(); got.Moves != moves {
				t.Errorf("files after it: %d commands to the head, want none", got.Moves-moves)
			}
		}
	})
}
