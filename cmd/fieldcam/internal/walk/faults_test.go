package walk_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// watched is a board whose outputs refuse once to be set to a level, and whose inputs may
// lose edges; it notes what is opened as an input.
type watched struct {
	hal.Board
	refuse *bool // nil: they refuse nothing
	loses  bool
	inputs []string
}

func (b *watched) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	o, err := b.Board.OpenOutput(line, on)
	return &reluctant{o, b}, err
}

func (b *watched) OpenInput(line hal.Line, c hal.InputConfig) (hal.Input, error) {
	b.inputs = append(b.inputs, line.Name)
	i, err := b.Board.OpenInput(line, c)
	return &lossy{i, b.loses}, err
}

type reluctant struct {
	hal.Output
	board *watched
}

func (o *reluctant) Set(on bool) error {
	if r := o.board.refuse; r != nil && *r == on {
		o.board.refuse = nil
		return errors.New("input/output error")
	}
	return o.Output.Set(on)
}

type lossy struct {
	hal.Input
	loses bool
}

func (i *lossy) Wait(ctx context.Context) (hal.Edge, error) {
	if i.loses {
		return hal.Edge{}, hal.ErrEdgesLost
	}
	return i.Input.Wait(ctx)
}

func TestALineThatIsNotSwitchedBackIsSwitchedBackAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &watched{Board: sim.New(), refuse: new(bool)}
		l := b.Board.(*sim.Board).AddLine("HEATER")
		r, err := walk.Walk{Board: b}.Output(t.Context(), line(false))
		if err != nil || r.Outcome != walk.Done || l.High() || b.refuse != nil {
			t.Errorf("%+v, %v: the line is on %v, refused %v; want it off after it refused once", r, err, l.High(), b.refuse == nil)
		}
	})
}

// A line that is driven is not let float to see where it is.
func TestTheLevelOfADrivenLineIsNotReadAsAnInputs(t *testing.T) {
	for _, undriven := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := &watched{Board: sim.New()}
			b.Board.(*sim.Board).AddLine("MODEM_POWER")
			r, err := walk.Walk{Board: b, Confirm: words("cut modem_power")}.Output(t.Context(), power(undriven))
			if err != nil || r.Outcome != walk.Done || slices.Contains(b.inputs, "MODEM_POWER") != undriven {
				t.Errorf("undriven %v: %+v, %v, read as inputs %v", undriven, r, err, b.inputs)
			}
		})
	}
}

// The session ended while the technician was asked: what was agreed is not begun.
func TestWhatIsAgreedAsTheSessionEndsIsNotBegun(t *testing.T) {
	for name, use := range map[string]func(context.Context, walk.Walk) (walk.Result, error){
		"output": func(ctx context.Context, w walk.Walk) (walk.Result, error) { return w.Output(ctx, power(false)) },
		"key": func(ctx context.Context, w walk.Walk) (walk.Result, error) {
			return w.Key(ctx, walk.Key{Line: power(false), Status: &walk.Line{Line: hal.Line{Name: "MODEM_STATUS"}}})
		},
		"key without status": func(ctx context.Context, w walk.Walk) (walk.Result, error) {
			return w.Key(ctx, walk.Key{Line: power(false)})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			l := b.AddLine("MODEM_POWER")
			b.AddLine("MODEM_STATUS")
			ctx, cancel := context.WithCancel(t.Context())
			w := walk.Walk{Board: b, Confirm: func(context.Context, string, string) (bool, error) {
				cancel()
				return true, nil
			}}
			r, err := use(ctx, w)
			if !errors.Is(err, context.Canceled) || r.Outcome != walk.Failed || slices.Contains(l.Levels(), true) {
				t.Errorf("%s: %+v, %v, history %v; want nothing switched", name, r, err, l.History())
			}
		})
	}
}

func TestAnInputThatChangesIsGoodWhicheverWay(t *testing.T) {
	for _, c := range []struct {
		name    string
		loses   bool
		ends    time.Duration // when the session does; 0: it does not
		outcome string
		detail  string
	}{
		{"released", false, 0, walk.Good, "went off"},
		{"edges are lost", true, 0, walk.Good, "went on"},
		{"the session ends", false, time.Second / 2, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &watched{Board: sim.New(), loses: c.loses}
				l := b.Board.(*sim.Board).AddLine("BUTTON")
				l.Drive(true)
				ctx := t.Context()
				if c.ends > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.ends)
					defer cancel()
				}
				time.AfterFunc(time.Second, func() { l.Drive(false) })
				button := walk.Line{Name: "button", Line: hal.Line{Name: "BUTTON"}, Text: "the button is pressed"}
				r, err := walk.Walk{Board: b, Ask: answers(true), Say: func(string) {}}.Input(ctx, button)
				if r.Outcome != c.outcome || r.Detail != c.detail || (err != nil) != (c.ends > 0) {
					t.Errorf("%+v, %v, want %s, %s", r, err, c.outcome, c.detail)
				}
				if _, err := b.Board.OpenOutput(button.Line, false); err != nil {
					t.Errorf("the line was not given back: %v", err)
				}
				time.Sleep(time.Second)
			})
		})
	}
}
