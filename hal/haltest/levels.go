package haltest

import (
	"testing"

	"fieldcam/hal"
)

// noGlitch goes through every call that could drive a level that nobody asked for.
func noGlitch(t testing.TB, r OutputRig) {
	if r.Levels == nil || !r.Keeps {
		return
	}
	for _, activeLow := range []bool{false, true} {
		line := hal.Line{Name: r.Line, ActiveLow: activeLow}
		o := openOutput(t, r, line, activeLow) // electrically low, as it is
		closeOutput(t, o)
		before := len(r.Levels())
		o = openOutput(t, r, line, !activeLow)
		set(t, o, !activeLow)
		closeOutput(t, o)
		o = openOutput(t, r, line, !activeLow)
		closeOutput(t, o)
		o, _ = resume(t, r, line)
		set(t, o, !activeLow)
		// Also so that it has come round: of two edges at once a kernel tells one.
		if !r.High() {
			t.Errorf("active low %v: the line is low, want high", activeLow)
		}
		set(t, o, activeLow)
		set(t, o, activeLow)
		closeOutput(t, o)
		got := r.Levels()[before:]
		if len(got) != 2 || !got[0] || got[1] {
			t.Errorf("active low %v: the line went through %v, want high once and low once", activeLow, got)
		}
	}
}

func resumed(t testing.TB, r OutputRig) {
	for _, activeLow := range []bool{false, true} {
		for _, on := range []bool{true, false} {
			line := hal.Line{Name: r.Line, ActiveLow: activeLow}
			closeOutput(t, openOutput(t, r, line, on))
			o, is := resume(t, r, line)
			if r.Keeps && is != on {
				t.Errorf("active low %v: a line that was left at %v is resumed at %v", activeLow, on, is)
			}
			if r.High() != (is != activeLow) {
				t.Errorf("active low %v: resumed at %v, the line is high %v", activeLow, is, r.High())
			}
			set(t, o, !is)
			if r.High() != (!is != activeLow) {
				t.Errorf("active low %v: a resumed line after Set(%v) is high %v", activeLow, !is, r.High())
			}
			closeOutput(t, o)
		}
	}
	if o, _, err := r.Board.ResumeOutput(hal.Line{Name: r.Unknown}); err == nil {
		o.Close()
		t.Errorf("unknown line %q was resumed, want an error", r.Unknown)
	}
}

func resumedHeld(t testing.TB, r OutputRig) {
	line := hal.Line{Name: r.Line}
	o, _ := resume(t, r, line)
	if second, err := r.Board.OpenOutput(line, true); err == nil {
		second.Close()
		t.Error("a resumed line was opened again, want an error")
	}
	if second, _, err := r.Board.ResumeOutput(line); err == nil {
		second.Close()
		t.Error("a resumed line was resumed again, want an error")
	}
	closeOutput(t, o)
}

// heldLine opens and closes a held line, as a daemon does that starts anew.
func heldLine(t testing.TB, r OutputRig) {
	if !r.Board.CanHold() {
		return
	}
	line := hal.Line{Name: r.Line, Hold: true}
	closeOutput(t, openOutput(t, r, line, true))
	if !r.High() {
		t.Error("a held line that was closed is low, want high")
	}
	o, on := resume(t, r, line)
	if !on || !r.High() {
		t.Errorf("a held line is resumed at %v and is high %v, want on and high", on, r.High())
	}
	closeOutput(t, o)
	o = openOutput(t, r, line, true)
	closeOutput(t, o)
	if r.Levels != nil {
		if got := r.Levels(); len(got) == 0 || !got[len(got)-1] || len(got) > 2 {
			t.Errorf("the line went through %v, want high from the first opening on", got)
		}
	}
	// Held no longer.
	o = openOutput(t, r, hal.Line{Name: r.Line}, false)
	if r.High() {
		t.Error("a line that was held, opened as off, is high")
	}
	closeOutput(t, o)
}

func heldPolarity(t testing.TB, r OutputRig) {
	if !r.Board.CanHold() {
		return
	}
	closeOutput(t, openOutput(t, r, hal.Line{Name: r.Line, Hold: true}, true))
	o, on := resume(t, r, hal.Line{Name: r.Line, Hold: true, ActiveLow: true})
	if on || !r.High() {
		t.Errorf("a held line that is high, resumed as active low: on %v, high %v, want off and high", on, r.High())
	}
	set(t, o, true)
	if r.High() {
		t.Error("after Set(true) the active-low line is high")
	}
	closeOutput(t, o)
}
