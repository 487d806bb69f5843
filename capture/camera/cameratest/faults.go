package cameratest

import (
	"context"
	"testing"
	"time"
)

// broken takes pictures of a camera with a fault, and then without.
func broken(t testing.TB, b *bench, f Fault) {
	b.good(t)
	// As often as the ladder has rungs, and once more: from there on it goes on in
	// the same way.
	for range Rungs + 2 {
		b.Break(f)
		s, e, err := b.shoot(t)
		if err == nil {
			t.Errorf("Shoot of a camera that %v: no error, %d bytes, %+v", f, len(s.picture), e)
		}
	}
	b.Break(Healthy)
	b.good(t)
	b.good(t)
}

// recovers takes pictures until one is good, as often as the ladder allows.
func (b *bench) recovers(t testing.TB) {
	t.Helper()
	var last error
	for range 1 + Rungs {
		s, e, err := b.shoot(t)
		if err == nil {
			err = check(s.picture, e)
		}
		if last = err; err == nil {
			b.good(t)
			return
		}
	}
	t.Errorf("after the fault's end %d Shoots failed, the last with: %v", 1+Rungs, last)
}

// ladder: a camera that hangs is brought back by its power line, once; one that
// is good again is left alone.
func ladder(t testing.TB, b *bench) {
	b.good(t)
	before := b.Offs()
	b.Break(Hangs)
	if _, _, err := b.shoot(t); err == nil {
		t.Error("Shoot of a camera that hangs: no error")
	}
	b.Break(Healthy)
	b.recovers(t)
	after := b.Offs()
	if after == before {
		t.Error("the camera's power was never taken away, want a power cycle")
	}
	b.good(t)
	if got := b.Offs(); got != after {
		t.Errorf("the power of a camera that is good again went off %d times, want 0", got-after)
	}
}

func closed(t testing.TB, b *bench) { closeAt(t, b, b.busy(t)) }

func closedBroken(t testing.TB, b *bench, f Fault) {
	at := b.busy(t)
	b.Break(f)
	closeAt(t, b, at)
}

// closeAt closes the camera a time after a Shoot began, which must end too.
func closeAt(t testing.TB, b *bench, at time.Duration) {
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), b.limit())
	defer cancel()
	go func() {
		var s sheet
		_, err := b.Camera.Shoot(ctx, &s)
		done <- err
	}()
	time.Sleep(at)
	// Whether the Shoot ended in time or was left behind, Close may say so.
	_ = b.close(t)
	<-done
	if ctx.Err() != nil {
		t.Errorf("Shoot did not end within %v after Close", b.limit())
	}
	b.rests(t, "the Shoot that was under way")
	if _, _, err := b.shoot(t); err == nil {
		t.Error("Shoot after Close: no error")
	}
	if err := b.Camera.Prepare(t.Context()); err == nil {
		t.Error("Prepare after Close: no error")
	}
	b.rests(t, "a Prepare after it")
}
