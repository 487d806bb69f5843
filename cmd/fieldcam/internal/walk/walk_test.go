package walk_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answers is a technician who says these, one by one, and then nothing more.
func answers(all ...bool) func(context.Context, string) (bool, error) {
	return func(context.Context, string) (bool, error) {
		if len(all) == 0 {
			return false, errors.New("nobody answers")
		}
		var yes bool
		yes, all = all[0], all[1:]
		return yes, nil
	}
}

func line(activeLow bool) walk.Line {
	return walk.Line{Name: "heater", Line: hal.Line{Name: "HEATER", ActiveLow: activeLow, Hold: true}, Text: "the heater heats"}
}

func TestAnOutputIsOnForAMomentAndOnlyWhereThatIsAgreed(t *testing.T) {
	for _, c := range []struct {
		name    string
		asked   bool
		answers []bool
		outcome string
		fired   bool
		ends    bool
	}{
		{"nobody is asked", false, nil, walk.Done, true, false},
		{"agreed and seen", true, []bool{true, true}, walk.Good, true, false},
		{"agreed and not seen", true, []bool{true, false}, walk.Bad, true, false},
		{"refused", true, []bool{false}, walk.Skipped, false, false},
		{"nobody answers", true, nil, "", false, true},
		{"nobody answers afterwards", true, []bool{true}, walk.Done, true, true},
	} {
		for _, activeLow := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := sim.New()
					b.SetHolding(true)
					l := b.AddLine("HEATER")
					l.SetRest(activeLow)
					w := walk.Walk{Board: b, Say: func(string) {}}
					if c.asked {
						w.Ask = answers(c.answers...)
					}
					r, err := w.Output(t.Context(), line(activeLow))
					if r.Outcome != c.outcome || (err != nil) != c.ends {
						t.Errorf("%+v, %v, want %s", r, err, c.outcome)
					}
					h := l.History()
					on := slices.ContainsFunc(h, func(e sim.Change) bool { return e.High != activeLow })
					if on != c.fired || l.High() != activeLow {
						t.Errorf("history %v, want on %v, and off at the end", h, c.fired)
					}
					if c.fired && h[2].At.Sub(h[1].At) != walk.OnTime {
						t.Errorf("on from %v to %v, want for %v", h[1].At, h[2].At, walk.OnTime)
					}
				})
			})
		}
	}
}

func TestCtrlCSwitchesOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		l := b.AddLine("HEATER")
		ctx, cancel := context.WithTimeout(t.Context(), walk.OnTime/2)
		defer cancel()
		r, err := walk.Walk{Board: b}.Output(ctx, line(false))
		if !errors.Is(err, context.DeadlineExceeded) || r.Outcome != walk.Failed {
			t.Errorf("%+v, %v, want the walk's end", r, err)
		}
		if got := l.Levels(); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("the line went through %v, want on and off", got)
		}
		if _, err := b.OpenOutput(hal.Line{Name: "HEATER"}, false); err != nil {
			t.Errorf("the line was not given back: %v", err)
		}
	})
}

func TestALineOfAnothersIsLeftAlone(t *testing.T) {
	b := sim.New()
	l := b.AddLine("HEATER")
	o, err := b.OpenOutput(hal.Line{Name: "HEATER"}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, name := range []string{"HEATER", "GPIO99"} {
		r, err := walk.Walk{Board: b}.Output(t.Context(), walk.Line{Name: name, Line: hal.Line{Name: name}})
		if err != nil || r.Outcome != walk.Failed || r.Detail == "" {
			t.Errorf("%s: %+v, %v, want that it failed", name, r, err)
		}
		r, err = walk.Walk{Board: b}.Input(t.Context(), walk.Line{Name: name, Line: hal.Line{Name: name}})
		if err != nil || r.Outcome != walk.Failed || r.Detail == "" {
			t.Errorf("%s as an input: %+v, %v, want that it failed", name, r, err)
		}
	}
	if !l.High() {
		t.Error("a line of another's was switched")
	}
}

func TestAnInputIsGoodOnceItChanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		ask      func(context.Context, string) (bool, error)
		pressed  bool
		outcome  string
		detail   string
		at, want time.Duration
	}{
		{"nobody is asked", nil, false, walk.Done, "is off", 0, 0},
		{"pressed", answers(true), true, walk.Good, "went on", time.Second, time.Second + 20*time.Millisecond},
		{"not pressed", answers(true), false, walk.Bad, "did not change in 20s", 0, walk.InputTime},
		{"refused", answers(false), false, walk.Skipped, "is off", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := sim.New()
				l := b.AddLine("BUTTON")
				l.Drive(true)
				if c.pressed {
					time.AfterFunc(c.at, func() { l.Drive(false) })
				}
				start := time.Now()
				r, err := walk.Walk{Board: b, Ask: c.ask, Say: func(string) {}}.Input(t.Context(),
					walk.Line{Name: "button", Line: hal.Line{Name: "BUTTON", ActiveLow: true}, Text: "the button is pressed"})
				if err != nil || r.Outcome != c.outcome || r.Detail != c.detail {
					t.Errorf("%+v, %v, want %s, %s", r, err, c.outcome, c.detail)
				}
				if d := time.Since(start); d != c.want {
					t.Errorf("it took %v, want %v", d, c.want)
				}
			})
		})
	}
}

func TestPortsAndBusesAreOpenedAndGivenBack(t *testing.T) {
	b := sim.New()
	b.AddPort("/dev/ttyS1")
	b.AddBus("/dev/i2c-1")
	w := walk.Walk{Board: b}
	for range 2 {
		if r := w.Port("/dev/ttyS1"); r.Outcome != walk.Done {
			t.Errorf("%+v", r)
		}
		if r := w.Bus("/dev/i2c-1"); r.Outcome != walk.Done {
			t.Errorf("%+v", r)
		}
	}
	if r := w.Port("/dev/ttyS9"); r.Outcome != walk.Failed {
		t.Errorf("a port that is not there: %+v", r)
	}
	if r := w.Bus("/dev/i2c-9"); r.Outcome != walk.Failed {
		t.Errorf("a bus that is not there: %+v", r)
	}
}
