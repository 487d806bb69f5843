package haltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"fieldcam/hal"
)

// InputRig is a board with one line that nobody holds, and that is electrically
// low.
type InputRig struct {
	Board hal.Board
	// Line is the line's name.
	Line string
	// Unknown is a name that the board does not know.
	Unknown string
	// Drive sets the line's electrical level from outside, and returns once the
	// board can see it.
	Drive func(high bool)
}

const (
	// bouncing is longer than a busy machine takes for a few calls of Drive, and a
	// debounce of that is well above them.
	bouncing = 500 * time.Millisecond
	// quiet is how long nothing must come where nothing is due.
	quiet = 100 * time.Millisecond
)

// Inputs checks the board's inputs. For each check it calls run, which makes a
// fresh rig and passes it on.
func Inputs(t *testing.T, run func(t *testing.T, check func(testing.TB, InputRig))) {
	suite(t, run, map[string]func(testing.TB, InputRig){
		"LevelIsLogical":            inputLevel,
		"EdgesComeOneByOneInOrder":  edgesInOrder,
		"EdgesBeforeTheOpenAreNone": edgesBefore,
		"WaitEndsWithItsContext":    waitEnds,
		"EdgeEndsAWaitUnderWay":     edgeEndsWait,
		"BouncesAreSwallowed":       bounces,
		"LostEdgesAreTold":          lostEdges,
		"CloseEndsAWait":            closeEndsWait,
		"HeldByOneUserAtATime":      inputHeldByOne,
		"UnknownLineIsAnError":      unknownInput,
		"BadConfigIsAnError":        badInput,
	})
}

func inputLevel(t testing.TB, r InputRig) {
	for _, activeLow := range []bool{false, true} {
		i := openInput(t, r, hal.Line{Name: r.Line, ActiveLow: activeLow}, hal.InputConfig{})
		for _, high := range []bool{true, false} {
			r.Drive(high)
			if on, err := i.On(); err != nil || on != (high != activeLow) {
				t.Errorf("active low %v, electrically high %v: On is %v, %v, want %v", activeLow, high, on, err, high != activeLow)
			}
		}
		closeInput(t, i)
	}
}

func edgesInOrder(t testing.TB, r InputRig) {
	for _, activeLow := range []bool{false, true} {
		i := openInput(t, r, hal.Line{Name: r.Line, ActiveLow: activeLow}, hal.InputConfig{})
		start := time.Now()
		for n := range hal.EdgeBuffer {
			r.Drive(n%2 == 0)
		}
		last := start
		for n := range hal.EdgeBuffer {
			e := waitEdge(t, i)
			if want := (n%2 == 0) != activeLow; e.On != want {
				t.Errorf("active low %v, edge %d: on %v, want %v", activeLow, n, e.On, want)
			}
			if e.At.Before(last) || e.At.After(time.Now()) {
				t.Errorf("edge %d is %v after the start, the one before it %v", n, e.At.Sub(start), last.Sub(start))
			}
			last = e.At
		}
		expectNone(t, i)
		closeInput(t, i)
	}
}

func edgesBefore(t testing.TB, r InputRig) {
	r.Drive(true)
	r.Drive(false)
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	defer closeInput(t, i)
	expectNone(t, i)
}

func waitEnds(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	defer closeInput(t, i)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := i.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with an ended context: %v, want context.Canceled", err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if _, err := i.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait on a quiet line: %v, want context.DeadlineExceeded", err)
	}
	if d := time.Since(start); d < soon {
		t.Errorf("Wait ended after %v, before its context's %v", d, soon)
	}
	r.Drive(true)
	if e := waitEdge(t, i); !e.On {
		t.Error("after a Wait that its context ended, the next edge is off, want on")
	}
}

func edgeEndsWait(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	defer closeInput(t, i)
	ended := startWait(i)
	time.Sleep(soon)
	r.Drive(true)
	if w := await(t, "Wait", ended); w.err != nil || !w.edge.On {
		t.Errorf("Wait: %+v, %v, want an edge to on", w.edge, w.err)
	}
}

func bounces(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{Debounce: bouncing})
	defer closeInput(t, i)
	for _, high := range []bool{true, false, true, false, true} {
		r.Drive(high)
	}
	if on, err := i.On(); on || err != nil {
		t.Errorf("while it bounces: On is %v, %v, want false", on, err)
	}
	if e := waitEdge(t, i); !e.On {
		t.Error("after the bounces: an edge to off, want on")
	}
	if on, err := i.On(); !on || err != nil {
		t.Errorf("after the bounces: On is %v, %v, want true", on, err)
	}
	r.Drive(false) // a spike
	r.Drive(true)
	time.Sleep(bouncing)
	expectNone(t, i)
}

func lostEdges(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	defer closeInput(t, i)
	// The kernel rounds its buffer up to a power of two.
	for n := range 4*hal.EdgeBuffer + 1 {
		r.Drive(n%2 == 0)
	}
	if _, err := i.Wait(context.Background()); !errors.Is(err, hal.ErrEdgesLost) {
		t.Fatalf("Wait after too many edges: %v, want ErrEdgesLost", err)
	}
	var last hal.Edge
	for n := range hal.EdgeBuffer {
		e := waitEdge(t, i)
		if n > 0 && e.On == last.On {
			t.Errorf("kept edge %d is the same as the one before it: %+v", n, e)
		}
		last = e
	}
	if on, err := i.On(); !on || err != nil {
		t.Errorf("On is %v, %v, want true", on, err)
	}
}

func closeEndsWait(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	ended := startWait(i)
	time.Sleep(soon)
	closeInput(t, i)
	if w := await(t, "Wait", ended); w.err == nil {
		t.Errorf("Wait of a closed input gave %+v, want an error", w.edge)
	}
	closeInput(t, i)
	if _, err := i.On(); err == nil {
		t.Error("On after Close succeeded, want an error")
	}
}

func inputHeldByOne(t testing.TB, r InputRig) {
	i := openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{})
	if second, err := r.Board.OpenInput(hal.Line{Name: r.Line}, hal.InputConfig{}); err == nil {
		second.Close()
		t.Error("a line that is held was opened again, want an error")
	}
	if o, err := r.Board.OpenOutput(hal.Line{Name: r.Line}, true); err == nil {
		o.Close()
		t.Error("an input that is held was opened as an output, want an error")
	}
	r.Drive(true)
	if e := waitEdge(t, i); !e.On {
		t.Error("after the refused opens: an edge to off, want on")
	}
	closeInput(t, i)
	closeInput(t, openInput(t, r, hal.Line{Name: r.Line}, hal.InputConfig{}))
}

func unknownInput(t testing.TB, r InputRig) {
	for _, name := range []string{r.Unknown, ""} {
		if i, err := r.Board.OpenInput(hal.Line{Name: name}, hal.InputConfig{}); err == nil {
			i.Close()
			t.Errorf("unknown line %q was opened, want an error", name)
		} else if name != "" && !errors.Is(err, hal.ErrNoLine) {
			t.Errorf("unknown line %q: %v, want ErrNoLine", name, err)
		}
	}
}

func badInput(t testing.TB, r InputRig) {
	for _, c := range []hal.InputConfig{{Debounce: -1}, {Debounce: hal.MaxDebounce + 1}, {Bias: -1}, {Bias: hal.BiasDown + 1}} {
		if i, err := r.Board.OpenInput(hal.Line{Name: r.Line}, c); err == nil {
			i.Close()
			t.Errorf("%+v was taken, want an error", c)
		}
	}
}

func openInput(t testing.TB, r InputRig, line hal.Line, c hal.InputConfig) hal.Input {
	t.Helper()
	i, err := r.Board.OpenInput(line, c)
	if err != nil {
		t.Fatalf("OpenInput(%+v, %+v): %v", line, c, err)
	}
	return i
}

func closeInput(t testing.TB, i hal.Input) {
	t.Helper()
	if err := i.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// waitEdge is the next edge, which is due.
func waitEdge(t testing.TB, i hal.Input) hal.Edge {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	e, err := i.Wait(ctx)
	if err != nil {
		t.Fatalf("Wait: %v", err)
	}
	return e
}

// expectNone checks that no edge is there, and none comes.
func expectNone(t testing.TB, i hal.Input) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), quiet)
	defer cancel()
	if e, err := i.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait: %+v, %v, want no edge", e, err)
	}
}

// waited is how a Wait ended.
type waited struct {
	edge hal.Edge
	err  error
}

// startWait waits for an edge in a goroutine that ends with the Wait.
func startWait(i hal.Input) <-chan waited {
	return begin(func() waited {
		e, err := i.Wait(context.Background())
		return waited{e, err}
	})
}
