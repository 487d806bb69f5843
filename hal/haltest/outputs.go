// Package haltest is the conformance suite of package hal: what every Board
// must do, whatever is behind it. It runs on hal/sim in simulated time and on
// hal/linux with a pty and a file.
//
// Out of scope: time. How long bytes take is each board's own matter.
package haltest

import (
	"errors"
	"testing"

	"fieldcam/hal"
)

// OutputRig is a board with one line that nobody holds.
type OutputRig struct {
	Board hal.Board
	// Line is the line's name.
	Line string
	// Unknown is a name that the board does not know.
	Unknown string
	// High tells the line's electrical level.
	High func() bool
	// Levels lists the electrical levels that the line had since the rig was made,
	// oldest first, each once; nil where nobody watches it.
	Levels func() []bool
	// Keeps says that the chip keeps an output's level when its user lets go of it.
	Keeps bool
}

// Outputs checks the board's outputs. For each check it calls run, which makes
// a fresh rig and passes it on.
func Outputs(t *testing.T, run func(t *testing.T, check func(testing.TB, OutputRig))) {
	suite(t, run, map[string]func(testing.TB, OutputRig){
		"FirstLevelIsTheOneAskedFor": firstLevel,
		"PolarityIsTheBoards":        polarity,
		"HeldByOneUserAtATime":       heldByOne,
		"UnknownLineIsAnError":       unknownLine,
		"ClosedLineKeepsItsLevel":    closedLine,
		"NoLevelButThoseAskedFor":    noGlitch,
		"ResumedLineIsAsItWas":       resumed,
		"ResumedLineIsHeldByOneUser": resumedHeld,
		"HeldLineMakesNoEdge":        heldLine,
		"HeldLineCanChangePolarity":  heldPolarity,
	})
}

func firstLevel(t testing.TB, r OutputRig) {
	for _, on := range []bool{true, false} {
		o := openOutput(t, r, hal.Line{Name: r.Line}, on)
		if r.High() != on {
			t.Errorf("opened with %v: the line is high %v, want %v", on, r.High(), on)
		}
		closeOutput(t, o)
	}
}

func polarity(t testing.TB, r OutputRig) {
	o := openOutput(t, r, hal.Line{Name: r.Line, ActiveLow: true}, false)
	defer closeOutput(t, o)
	if !r.High() {
		t.Error("an active-low line that is off is low, want high")
	}
	for _, on := range []bool{true, true, false, true} {
		if err := o.Set(on); err != nil {
			t.Fatalf("Set(%v): %v", on, err)
		}
		if r.High() == on {
			t.Errorf("an active-low line after Set(%v) is high %v, want %v", on, r.High(), !on)
		}
	}
}

func heldByOne(t testing.TB, r OutputRig) {
	o := openOutput(t, r, hal.Line{Name: r.Line}, true)
	if second, err := r.Board.OpenOutput(hal.Line{Name: r.Line}, false); err == nil {
		second.Close()
		t.Error("a line that is held was opened again, want an error")
	}
	if !r.High() {
		t.Error("a refused open changed the line's level")
	}
	closeOutput(t, o)
	closeOutput(t, openOutput(t, r, hal.Line{Name: r.Line}, true))
}

func unknownLine(t testing.TB, r OutputRig) {
	for _, name := range []string{r.Unknown, ""} {
		if o, err := r.Board.OpenOutput(hal.Line{Name: name}, true); err == nil {
			o.Close()
			t.Errorf("unknown line %q was opened, want an error", name)
		} else if name != "" && !errors.Is(err, hal.ErrNoLine) {
			t.Errorf("unknown line %q: %v, want ErrNoLine", name, err)
		}
	}
}

func closedLine(t testing.TB, r OutputRig) {
	o := openOutput(t, r, hal.Line{Name: r.Line}, true)
	closeOutput(t, o)
	closeOutput(t, o)
	if r.Keeps && !r.High() {
		t.Error("Close changed the level, want it as it was")
	}
	was := r.High()
	if err := o.Set(!was); err == nil {
		t.Error("Set after Close succeeded, want an error")
	}
	if r.High() != was {
		t.Error("Set after Close changed the level")
	}
}

func resume(t testing.TB, r OutputRig, line hal.Line) (hal.Output, bool) {
	t.Helper()
	o, on, err := r.Board.ResumeOutput(line)
	if err != nil {
		t.Fatalf("ResumeOutput(%+v): %v", line, err)
	}
	return o, on
}

func set(t testing.TB, o hal.Output, on bool) {
	t.Helper()
	if err := o.Set(on); err != nil {
		t.Fatalf("Set(%v): %v", on, err)
	}
}

func openOutput(t testing.TB, r OutputRig, line hal.Line, on bool) hal.Output {
	t.Helper()
	o, err := r.Board.OpenOutput(line, on)
	if err != nil {
		t.Fatalf("OpenOutput(%+v, %v): %v", line, on, err)
	}
	return o
}

func closeOutput(t testing.TB, o hal.Output) {
	t.Helper()
	if err := o.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
