package haltest

import (
	"context"
	"errors"
	"testing"
	"time"
)

// suite runs checks by their names. For each it calls run, which makes a fresh rig and
// passes it on.
func suite[Rig any](t *testing.T, run func(t *testing.T, check func(testing.TB, Rig)), checks map[string]func(testing.TB, Rig)) {
	t.Helper()
	for name, check := range checks {
		t.Run(name, func(t *testing.T) { run(t, check) })
	}
}

// begin calls f in a goroutine that ends with it.
func begin[Result any](f func() Result) <-chan Result {
	ended := make(chan Result, 1)
	go func() { ended <- f() }()
	return ended
}

// await is what the call of begin gives, or a failed test.
func await[Result any](t testing.TB, what string, ended <-chan Result) Result {
	t.Helper()
	select {
	case r := <-ended:
		return r
	case <-time.After(limit):
		t.Fatalf("%s still waits after %v", what, limit)
		panic("not reached")
	}
}

// readingEnds checks that a reading ends with its context.
func readingEnds[Value any](t testing.TB, read func(context.Context) (Value, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if v, err := read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a reading with an ended context: %+v, %v, want context.Canceled", v, err)
	}
}

// readingBreaks checks that a broken meter's reading is an error, and a mended one's is
// not; breaks has each reading fail, until nil, and is nil where that can't be done.
func readingBreaks[Value any](t testing.TB, breaks func(error), read func(context.Context) (Value, error)) {
	t.Helper()
	if breaks == nil {
		return
	}
	breaks(errors.New("input/output error"))
	if v, err := read(context.Background()); err == nil {
		t.Errorf("a broken meter says %+v, want an error", v)
	}
	breaks(nil)
	if _, err := read(context.Background()); err != nil {
		t.Errorf("a mended meter: %v", err)
	}
}
