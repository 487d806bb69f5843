package walk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// words is a technician who types this where the danger is told.
func words(typed string) func(context.Context, string, string) (bool, error) {
	return func(_ context.Context, danger, want string) (bool, error) {
		if !strings.Contains(danger, "the network") {
			return false, errors.New("the danger is not told")
		}
		return typed == want, nil
	}
}

func power(undriven bool) walk.Line {
	return walk.Line{Name: "modem_power", Line: hal.Line{Name: "MODEM_POWER"}, Text: "the modem has power", Stays: true, Undriven: undriven, Cuts: "the network"}
}

func TestALineThatStaysIsLeftAsItWasFound(t *testing.T) {
	for _, c := range []struct {
		name     string
		typed    string
		outcome  string
		switched bool
		ends     time.Duration // when the connection ends; 0: it does not
	}{
		{"typed", "cut modem_power", walk.Done, true, 0},
		{"typed, and cut", "cut modem_power", walk.Failed, true, walk.OnTime / 2},
		{"yes", "y", walk.Skipped, false, 0},
		{"Enter", "", walk.Skipped, false, 0},
	} {
		for _, on := range []bool{false, true} {
			for _, undriven := range []bool{false, true} {
				t.Run(c.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						b := sim.New()
						l := b.AddLine("MODEM_POWER")
						if undriven {
							l.SetRest(on)
						} else if o, err := b.OpenOutput(hal.Line{Name: "MODEM_POWER"}, on); err != nil {
							t.Fatal(err)
						} else {
							o.Close()
						}
						ctx := t.Context()
						if c.ends > 0 {
							var cancel context.CancelFunc
							ctx, cancel = context.WithTimeout(ctx, c.ends)
							defer cancel()
						}
						before, start := len(l.History()), time.Now()
						r, err := walk.Walk{Board: b, Confirm: words(c.typed)}.Output(ctx, power(undriven))
						if r.Outcome != c.outcome || (err != nil) != (c.ends > 0) {
							t.Errorf("%+v, %v, want %s", r, err, c.outcome)
						}
						if l.High() != on {
							t.Errorf("it was on %v, and is %v", on, l.High())
						}
						away := slices.ContainsFunc(l.History()[before:], func(e sim.Change) bool { return e.High != on })
						if away != c.switched {
							t.Errorf("history %v, want that it was switched %v", l.History()[before:], c.switched)
						}
						if d := time.Since(start); c.switched && c.ends == 0 && d != walk.OnTime {
							t.Errorf("it took %v, want %v", d, walk.OnTime)
						}
					})
				})
			}
		}
	}
}

func TestALineThatMayCutTheConnectionIsLeftAloneWhereNobodyCanConfirm(t *testing.T) {
	b := sim.New()
	l := b.AddLine("MODEM_POWER")
	l.Drive(true)
	for _, ask := range []func(context.Context, string) (bool, error){nil, answers(true, true)} {
		r, err := walk.Walk{Board: b, Ask: ask}.Output(t.Context(), power(true))
		if err != nil || r.Outcome != walk.Skipped || !l.High() || len(l.History()) != 0 {
			t.Errorf("%+v, %v, history %v, want that it was skipped", r, err, l.History())
		}
	}
}

// modem is a modem with a key that toggles it after a press that is long enough; from its
// death on it hears nothing.
type modem struct {
	key, status *sim.Line
	dead        bool
	once        bool // it hears one press, and then none
}

// press is how long the modem's key must be pressed, and late how long STATUS takes.
const (
	press = 600 * time.Millisecond
	late  = 5 * time.Second
)

func newModem(b *sim.Board, on bool) *modem {
	m := &modem{key: b.AddLine("MODEM_KEY"), status: b.AddLine("MODEM_STATUS")}
	m.status.Drive(on)
	var since time.Time
	m.key.Watch(func(high bool) {
		if high {
			since = time.Now()
		} else if !m.dead && !since.IsZero() && time.Since(since) >= press {
			on, m.dead = !on, m.once
			to := on
			time.AfterFunc(late, func() { m.status.Drive(to) })
		}
	})
	return m
}

func TestTheModemIsAsItWasFoundAfterItsKeyWasTried(t *testing.T) {
	for _, c := range []struct {
		name    string
		typed   string
		dead    bool
		cut     time.Duration // when the technician's connection ends; 0: it does not
		outcome string
		presses int
	}{
		{"heard", "cut modem_key", false, 0, walk.Good, 2},
		{"cut while it is pressed", "cut modem_key", false, press / 2, walk.Good, 2},
		{"cut by its going off", "cut modem_key", false, press + late, walk.Good, 2},
		{"dead", "cut modem_key", true, 0, walk.Bad, 1},
		{"refused", "yes", false, 0, walk.Skipped, 0},
	} {
		for _, on := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := sim.New()
					m := newModem(b, on)
					m.dead = c.dead
					ctx := t.Context()
					if c.cut > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, c.cut)
						defer cancel()
					}
					r, err := walk.Walk{Board: b, Confirm: words(c.typed)}.Key(ctx, walk.Key{
						Line:    walk.Line{Name: "modem_key", Line: hal.Line{Name: "MODEM_KEY"}, Cuts: "the network"},
						Status:  &walk.Line{Name: "modem_status", Line: hal.Line{Name: "MODEM_STATUS"}},
						OnPulse: 700 * time.Millisecond, OffPulse: 800 * time.Millisecond, OnWait: 15 * time.Second, OffWait: 15 * time.Second,
					})
					if r.Outcome != c.outcome || (err != nil) != (c.cut > 0) {
						t.Errorf("%+v, %v, want %s", r, err, c.outcome)
					}
					time.Sleep(late)
					synctest.Wait()
					if m.status.High() != on || m.key.High() {
						t.Errorf("the modem was on %v, and is %v; its key is pressed %v", on, m.status.High(), m.key.High())
					}
					n := 0
					for _, e := range m.key.History() {
						if e.High {
							n++
						}
					}
					if n != c.presses {
						t.Errorf("the key was pressed %d times, want %d", n, c.presses)
					}
				})
			})
		}
	}
}
