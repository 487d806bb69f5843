package camera_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/hal/sim"
)

// climb runs test with a ladder and a camera that is kept on, in simulated time.
func climb(t *testing.T, test func(t *testing.T, l *camera.Ladder, p *camera.Power, line *sim.Line)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		board := sim.New()
		line := board.AddLine("POWER")
		c := camera.DefaultPower()
		c.Line, c.KeepOn = "POWER", true
		p, err := camera.OpenPower(c, board)
		if err != nil {
			t.Fatal(err)
		}
		test(t, camera.NewLadder(zerolog.Nop()), p, line)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheLadderIsRetryResetCycle(t *testing.T) {
	climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, line *sim.Line) {
		for i, want := range []camera.Rung{camera.Retry, camera.Reset, camera.Cycle, camera.Cycle} {
			if got := l.Due(); got != want {
				t.Errorf("after %d failures rung %d is due, want %d", i, got, want)
			}
			before := len(line.History())
			fresh, err := l.Start(t.Context(), p)
			if cycled := len(line.History()) > before+1; err != nil || fresh != (i != 1) || cycled != (want == camera.Cycle) {
				t.Errorf("Start after %d failures: fresh %v, %v, cycled %v", i, fresh, err, cycled)
			}
			l.Failed()
			if err := l.Rest(p, false); err != nil || !p.IsOn() {
				t.Errorf("Rest of a camera that is kept on: %v, on %v", err, p.IsOn())
			}
		}
		l.Good()
		if l.Due() != camera.Retry {
			t.Errorf("after a good picture rung %d is due, want none", l.Due())
		}
	})
}

// With a photo each 5 s no Shoot has the 4.5 s that a cycle takes: it goes on in the next.
func TestACycleThatHadNoTimeIsNotBegunAnew(t *testing.T) {
	for _, bound := range []time.Duration{time.Second, 3 * time.Second} { // while off, and while warming up
		climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, line *sim.Line) {
			if _, err := l.Start(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			l.Failed()
			l.Failed()
			ctx, cancel := context.WithTimeout(t.Context(), bound)
			defer cancel()
			if _, err := l.Start(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("Start of a cycle with %v: %v, want context.DeadlineExceeded", bound, err)
			}
			l.Failed()
			if err := l.Rest(p, false); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			start := time.Now()
			fresh, err := l.Start(t.Context(), p)
			if d := time.Since(start); err != nil || !fresh || d > camera.DefaultWarmUp {
				t.Errorf("Start after a cycle of %v: fresh %v, %v after %v; want the rest of the warm-up", bound, fresh, err, d)
			}
			offs := 0
			for _, c := range line.History()[1:] {
				if !c.High {
					offs++
				}
			}
			if offs != 1 {
				t.Errorf("the power went off %d times, want 1", offs)
			}
		})
	}
}

// What a driver does behind the warm-up may be cut short, too: then the camera was not
// ready, and nothing is counted.
func TestACycleAfterWhichTheCameraWasNotReadyIsNotBegunAnew(t *testing.T) {
	climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, line *sim.Line) {
		start := func(wantFresh, wantCycle bool) {
			t.Helper()
			before := time.Now()
			fresh, err := l.Start(t.Context(), p)
			cycled := time.Since(before) >= camera.DefaultOffTime+camera.DefaultWarmUp
			if err != nil || fresh != wantFresh || cycled != wantCycle {
				t.Errorf("Start: fresh %v, cycled %v, %v; want %v, %v", fresh, cycled, err, wantFresh, wantCycle)
			}
		}
		start(true, false)
		l.Failed()
		l.Failed()
		start(true, true)
		start(true, false)
		start(true, false)
		l.Failed() // it was ready
		start(true, true)
		l.Good()
		start(false, false)
	})
}

func TestADemandStandsUntilThereWasTimeForIt(t *testing.T) {
	climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, line *sim.Line) {
		if _, err := l.Start(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		l.Good()
		l.Demand(camera.Cycle)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var unready *camera.UnreadyError
		if _, err := l.Start(ctx, p); !errors.As(err, &unready) || p.IsOn() {
			t.Errorf("Start with a second: %v, on %v; want an UnreadyError with the camera off", err, p.IsOn())
		}
		if fresh, err := l.Start(t.Context(), p); err != nil || !fresh || l.Due() != camera.Retry {
			t.Errorf("Start with time: fresh %v, %v, then rung %d is due; want a fresh camera, and no more", fresh, err, l.Due())
		}
	})
}

// A picture that takes most of the interval has no time for a reset before it.
func TestARecoveryThatTookTheTimeIsNotDoneAgain(t *testing.T) {
	climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, _ *sim.Line) {
		use := func(want camera.Rung) {
			t.Helper()
			if got := l.Due(); got != want {
				t.Errorf("rung %d is due, want %d", got, want)
			}
			if _, err := l.Start(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		use(camera.Retry)
		l.Good()
		use(camera.Retry)
		l.OutOfTime()
		use(camera.Reset)
		l.Climbed(camera.Reset, "reset")
		l.OutOfTime() // the reset took the time
		for range 3 {
			use(camera.Retry)
			l.OutOfTime() // these had all of it
		}
		use(camera.Cycle)
		l.OutOfTime()
		use(camera.Retry)
		l.Good()
		use(camera.Retry)
	})
}

func TestASilentCameraIsSwitchedOffThoughItIsKeptOn(t *testing.T) {
	climb(t, func(t *testing.T, l *camera.Ladder, p *camera.Power, _ *sim.Line) {
		if _, err := l.Start(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		l.Failed()
		if err := l.Rest(p, true); err != nil || p.IsOn() {
			t.Errorf("Rest of a silent camera: %v, on %v; want it off", err, p.IsOn())
		}
		if fresh, err := l.Start(t.Context(), p); err != nil || !fresh {
			t.Errorf("Start after that: fresh %v, %v; want a fresh camera", fresh, err)
		}
	})
}
