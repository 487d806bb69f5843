package shutter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/hal/sim"
)

const contactLine = "HOTSHOE"

// confirmed makes a rig whose camera's contact is on an input.
func confirmed(change func(*shutter.Config, *shuttersim.Options)) func(*shutter.Config, *shuttersim.Options) {
	return func(c *shutter.Config, o *shuttersim.Options) {
		c.Confirm.Line = contactLine
		if change != nil {
			change(c, o)
		}
	}
}

// inContactBubble is inBubble with the contact's line.
func inContactBubble(t *testing.T, change func(*shutter.Config, *shuttersim.Options), f func(t *testing.T, r *rig, contact *sim.Line)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var contact *sim.Line
		r := newRigOn(t, func(b *sim.Board) { contact = b.AddLine(contactLine) }, func(c *shutter.Config, o *shuttersim.Options) {
			o.Contact = contact
			confirmed(change)(c, o)
		})
		f(t, r, contact)
	})
}

func TestAShotThatTheContactConfirmsIsTaken(t *testing.T) {
	for _, late := range []time.Duration{0, 400 * time.Millisecond, 900 * time.Millisecond} {
		inContactBubble(t, func(_ *shutter.Config, o *shuttersim.Options) { o.Late = late }, func(t *testing.T, r *rig, _ *sim.Line) {
			for range 5 {
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Errorf("focus found after %v: %v", late, err)
				}
				time.Sleep(5 * time.Second)
			}
			if n := r.sim.Count().Exposed; n != 5 {
				t.Errorf("focus found after %v: %d of 5 shots exposed", late, n)
			}
			r.released(t)
		})
	}
}

func TestAShotWithoutConfirmationHasFailed(t *testing.T) {
	inContactBubble(t, func(_ *shutter.Config, o *shuttersim.Options) { o.Late = 5 * time.Second }, func(t *testing.T, r *rig, _ *sim.Line) {
		begun := time.Now()
		err := r.camera.Fire(t.Context())
		if err == nil || !strings.Contains(err.Error(), "did not expose") {
			t.Errorf("Fire: %v, want an error that says so", err)
		}
		if d := time.Since(begun); d > 3*time.Second {
			t.Errorf("it took %v, want little more than the bound of 1s", d)
		}
		r.released(t)
	})
}

func TestACameraThatNeverExposesIsPowerCycled(t *testing.T) {
	inContactBubble(t, func(_ *shutter.Config, o *shuttersim.Options) { o.Late = time.Hour }, func(t *testing.T, r *rig, _ *sim.Line) {
		power := r.board.AddLine("POWER")
		r.camera = r.withPower(t, "POWER")
		for range 3 {
			if err := r.camera.Fire(t.Context()); err == nil {
				t.Error("no error")
			}
			time.Sleep(5 * time.Second)
		}
		if got := power.Levels(); len(got) != 3 { // on, off, on
			t.Errorf("the power went through %v, want one cycle before the third shot", got)
		}
	})
}

func TestAContactThatIsStuckCostsNoPhoto(t *testing.T) {
	inContactBubble(t, nil, func(t *testing.T, r *rig, contact *sim.Line) {
		contact.Drive(false)
		if err := r.camera.Fire(t.Context()); err != nil {
			t.Errorf("Fire: %v, want the shot to count: the contact tells nothing", err)
		}
	})
}

func TestABulbExposureLastsAsConfigured(t *testing.T) {
	const bulb = 8 * time.Second
	for _, endPress := range []bool{false, true} {
		for name, late := range map[string]time.Duration{"at once": 0, "late": 500 * time.Millisecond} {
			inContactBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
				c.Bulb, c.BulbEndPress, c.Limits.Shortest = bulb, endPress, time.Minute
				o.Bulb, o.BulbEndPress, o.Late = true, endPress, late
			}, func(t *testing.T, r *rig, _ *sim.Line) {
				for range 2 {
					if err := r.camera.Fire(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Second)
				}
				lasted := r.sim.Lasted()
				if len(lasted) != 2 {
					t.Fatalf("%s, end press %v: %d exposures ended, want 2", name, endPress, len(lasted))
				}
				for _, d := range lasted {
					if d < bulb || d > bulb+100*time.Millisecond {
						t.Errorf("%s, end press %v: it lasted %v, want %v", name, endPress, d, bulb)
					}
				}
				r.released(t)
			})
		}
	}
}

func TestAStopEndsABulbExposure(t *testing.T) {
	inContactBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
		c.Bulb, c.Limits.Shortest, o.Bulb = time.Minute, 2*time.Minute, true
	}, func(t *testing.T, r *rig, _ *sim.Line) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		_ = r.camera.Fire(ctx) // the picture is there, shorter than wanted
		if d := time.Since(begun); d > 5500*time.Millisecond {
			t.Errorf("it took %v, want its context's 5s", d)
		}
		r.released(t)
	})
}

// released fails the test where a line is still pressed.
func (r *rig) released(t *testing.T) {
	t.Helper()
	if r.full.High() || r.half.High() {
		t.Errorf("full press %v, half-press %v after the shot; want both released", r.full.High(), r.half.High())
	}
}

// withPower is the camera with a power line, in the place of the one before.
func (r *rig) withPower(t *testing.T, line string) *shutter.Camera {
	t.Helper()
	p := camera.DefaultPower()
	p.Line = line
	return r.withPowerOf(t, p)
}

// withPowerOf is the camera with a power line that is configured so.
func (r *rig) withPowerOf(t *testing.T, p camera.PowerConfig) *shutter.Camera {
	t.Helper()
	if err := r.camera.Close(); err != nil {
		t.Fatal(err)
	}
	power, err := camera.OpenPower(p, r.board)
	if err != nil {
		t.Fatal(err)
	}
	return shutter.New(r.cfg, shutter.Options{Board: r.board, Power: power, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
}

// slow is a Fetcher whose transfers take time, and see what the lines do meanwhile.
type slow struct {
	r       *rig
	takes   time.Duration
	ended   int // transfers that were ended
	whole   int
	pressed bool // a line was, during a transfer
}

func (s *slow) List(context.Context) (capture.Listing, error) {
	return capture.Listing{Pictures: []capture.Picture{{Name: "100CANON/IMG_0001", At: time.Now()}}}, nil
}

func (s *slow) Fetch(ctx context.Context, _ capture.Picture, _ capture.AddFile) error {
	t := time.NewTimer(s.takes)
	defer t.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		s.pressed = s.pressed || s.r.full.High() || s.r.half.High()
		select {
		case <-t.C:
			s.whole++
			return nil
		case <-tick.C:
		case <-ctx.Done():
			s.ended++
			return ctx.Err()
		}
	}
}

func (s *slow) Close() error { return nil }

// withFetcher is the camera with something that transfers its pictures.
func (r *rig) withFetcher(t *testing.T, takes time.Duration) *slow {
	t.Helper()
	s := &slow{r: r, takes: takes}
	if err := r.camera.Close(); err != nil {
		t.Fatal(err)
	}
	r.cfg.Fetch, r.cfg.Path = shutter.FetchGPhoto, ""
	if err := r.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r.camera = shutter.New(r.cfg, shutter.Options{Board: r.board, Fetcher: s, Dir: r.dir, Zone: r.zone, Log: zerolog.Nop()})
	return s
}

func TestAShotGoesBeforeATransferAndNeverBesideOne(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		ended int
		late  time.Duration
	}{
		"a short transfer is waited for": {takes: 700 * time.Millisecond, ended: 0, late: 700 * time.Millisecond},
		"a long one is ended":            {takes: 5 * time.Second, ended: 1, late: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, r *rig) {
				s := r.withFetcher(t, c.takes)
				l, err := r.camera.List(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() { done <- r.camera.Fetch(t.Context(), l.Pictures[0], nil) }()
				synctest.Wait()
				begun := time.Now()
				if err := r.camera.Fire(t.Context()); err != nil {
					t.Error(err)
				}
				const shot = 2 * time.Second // with its waking
				if d := time.Since(begun); d > c.late+shot {
					t.Errorf("the shot took %v, want %v at most", d, c.late+shot)
				}
				if err := <-done; err != nil {
					t.Errorf("Fetch: %v, want it to go on after the shot", err)
				}
				if s.ended != c.ended || s.whole != 1 || s.pressed {
					t.Errorf("%d transfers ended and %d whole, a line pressed meanwhile: %v; want %d, 1, false", s.ended, s.whole, s.pressed, c.ended)
				}
				if n := r.sim.Count().Exposed; n != 1 {
					t.Errorf("%d exposures, want 1", n)
				}
			})
		})
	}
}

func TestAStoppedTransferIsNotBegunAgain(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, r *rig) {
		s := r.withFetcher(t, time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.camera.Fetch(ctx, capture.Picture{}, nil); !errors.Is(err, context.DeadlineExceeded) || s.ended != 1 {
			t.Errorf("%v after %d ended transfers, want context.DeadlineExceeded and 1", err, s.ended)
		}
	})
}
