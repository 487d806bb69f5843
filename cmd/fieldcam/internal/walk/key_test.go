package walk_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// presses are how long each press of the line lasted.
func presses(l *sim.Line) (all []time.Duration) {
	var since time.Time
	for _, c := range l.History() {
		if c.High {
			since = c.At
		} else if !since.IsZero() {
			all = append(all, c.At.Sub(since))
		}
	}
	return all
}

func TestAKeyWithoutStatusIsPressedOnce(t *testing.T) {
	const pulse = 300 * time.Millisecond
	for _, c := range []struct {
		name    string
		pulse   time.Duration
		ask     func(context.Context, string) (bool, error)
		outcome string
		lasts   time.Duration
	}{
		{"nobody is asked", pulse, nil, walk.Done, pulse},
		{"seen", pulse, answers(true, true), walk.Good, pulse},
		{"not seen", pulse, answers(true, false), walk.Bad, pulse},
		{"its time is not known", 0, nil, walk.Done, walk.OnTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := sim.New()
				l := b.AddLine("MODEM_KEY")
				k := walk.Key{Line: walk.Line{Name: "modem_key", Line: hal.Line{Name: "MODEM_KEY"}}, OnPulse: c.pulse, OffPulse: time.Minute}
				r, err := walk.Walk{Board: b, Ask: c.ask}.Key(t.Context(), k)
				if got := presses(l); err != nil || r.Outcome != c.outcome || len(got) != 1 || got[0] != c.lasts || l.High() {
					t.Errorf("%+v, %v, presses %v; want %s after one of %v", r, err, got, c.outcome, c.lasts)
				}
			})
		})
	}
}

func TestEachPressAndWaitIsAsLongAsItsDirectionWants(t *testing.T) {
	const onPulse, offPulse, onWait, offWait = 700 * time.Millisecond, 800 * time.Millisecond, 15 * time.Second, 12 * time.Second
	for _, on := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b := sim.New()
				m := newModem(b, on)
				m.dead = dead
				start := time.Now()
				if _, err := (walk.Walk{Board: b}).Key(t.Context(), walk.Key{
					Line:    walk.Line{Name: "modem_key", Line: hal.Line{Name: "MODEM_KEY"}},
					Status:  &walk.Line{Name: "modem_status", Line: hal.Line{Name: "MODEM_STATUS"}},
					OnPulse: onPulse, OffPulse: offPulse, OnWait: onWait, OffWait: offWait,
				}); err != nil {
					t.Fatal(err)
				}
				want, wait := []time.Duration{onPulse, offPulse}, onWait
				if on {
					want, wait = []time.Duration{offPulse, onPulse}, offWait
				}
				took := time.Since(start)
				if dead {
					want = want[:1]
					if took != want[0]+wait {
						t.Errorf("on %v: gave up after %v, want a press of %v and a wait of %v", on, took, want[0], wait)
					}
				}
				got := presses(m.key)
				if len(got) != len(want) || got[0] != want[0] || !dead && got[1] != want[1] {
					t.Errorf("on %v, dead %v: presses %v, want %v", on, dead, got, want)
				}
				time.Sleep(late)
			})
		}
	}
}

func TestAModemThatDoesNotComeBackIsToldAsItIs(t *testing.T) {
	for on, want := range map[bool]string{false: "the modem is on, and off before", true: "the modem is off, and on before"} {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			newModem(b, on).once = true
			r, err := walk.Walk{Board: b}.Key(t.Context(), walk.Key{
				Line:   walk.Line{Name: "modem_key", Line: hal.Line{Name: "MODEM_KEY"}},
				Status: &walk.Line{Name: "modem_status", Line: hal.Line{Name: "MODEM_STATUS"}}, OnWait: 2 * late, OffWait: 2 * late,
			})
			if err != nil || r.Outcome != walk.Bad || !strings.HasPrefix(r.Detail, want) {
				t.Errorf("%+v, %v, want %s: %s", r, err, walk.Bad, want)
			}
		})
	}
}

// What the walk has tried is the daemon's again, and what it held is let go: its resistor
// has it.
func TestWhatWasTriedIsGivenBack(t *testing.T) {
	lines := map[string]walk.Line{}
	for _, name := range []string{"HEATER", "MODEM_KEY", "MODEM_STATUS", "PULSE"} {
		lines[name] = walk.Line{Name: name, Line: hal.Line{Name: name, Hold: true}}
	}
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		b.SetHolding(true)
		newModem(b, false)
		for _, name := range []string{"HEATER", "PULSE"} {
			b.AddLine(name).SetRest(true)
		}
		w := walk.Walk{Board: b}
		status := lines["MODEM_STATUS"]
		for _, use := range []func() (walk.Result, error){
			func() (walk.Result, error) { return w.Output(t.Context(), lines["HEATER"]) },
			func() (walk.Result, error) { return w.Key(t.Context(), walk.Key{Line: lines["PULSE"]}) },
			func() (walk.Result, error) {
				return w.Key(t.Context(), walk.Key{Line: lines["MODEM_KEY"], Status: &status, OnWait: late, OffWait: late})
			},
		} {
			if r, err := use(); err != nil || r.Outcome == walk.Failed {
				t.Errorf("%+v, %v", r, err)
			}
		}
		for _, name := range []string{"HEATER", "PULSE"} {
			if !b.AddLine(name).High() {
				t.Errorf("%s is held, want it at rest", name)
			}
		}
		for name, l := range lines {
			o, err := b.OpenOutput(l.Line, false)
			if err != nil {
				t.Errorf("%s was not given back: %v", name, err)
				continue
			}
			o.Close()
		}
	})
}
