package cameratest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// steps is how many moments of a Shoot a check ends it at.
const steps = 7

func whole(t testing.TB, b *bench) {
	first := b.good(t)
	time.Sleep(time.Second)
	second := b.good(t)
	if bytes.Equal(first, second) {
		t.Error("the second picture is the first")
	}
	if b.setup.Power == KeptOn && b.On != nil && !b.On() {
		t.Error("the camera is off after Shoot, want it kept on")
	}
	if err := b.close(t); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := b.close(t); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func prepared(t testing.TB, b *bench) {
	for range 2 {
		if err := b.within(t, b.limit(), "Prepare", b.Camera.Prepare); err != nil {
			t.Errorf("Prepare: %v", err)
		}
	}
	b.good(t)
}

// bounded ends Shoot and Prepare at moments of it.
func bounded(t testing.TB, b *bench, f Fault) {
	whole := 2 * b.busy(t)
	b.Break(f)
	for i := range steps {
		d := whole * time.Duration(i+1) / (steps + 1)
		var s sheet
		err := b.within(t, d, "Shoot", func(ctx context.Context) error {
			_, err := b.Camera.Shoot(ctx, &s)
			return err
		})
		// A rung of the ladder makes a Shoot longer or a broken camera's error comes
		// first: only that it is an error is sure, and that of a healthy camera whose.
		if err == nil && f != Healthy {
			t.Errorf("Shoot of a camera that %v, with %v: no error", f, d)
		}
		if err != nil && f == Healthy && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shoot with %v: %v, want context.DeadlineExceeded", d, err)
		}
	}
	// A camera that truncates may well be prepared.
	_ = b.within(t, whole/2, "Prepare", b.Camera.Prepare)
	b.Break(Healthy)
	b.recovers(t)
}

func ended(t testing.TB, b *bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s sheet
	start := time.Now()
	if _, err := b.Camera.Shoot(ctx, &s); !errors.Is(err, context.Canceled) || len(s.picture) > 0 {
		t.Errorf("Shoot after its context's end: %v and %d bytes, want context.Canceled and none", err, len(s.picture))
	}
	if err := b.Camera.Prepare(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Prepare after its context's end: %v, want context.Canceled", err)
	}
	if d := time.Since(start); d > Grace {
		t.Errorf("both took %v, want %v at most", d, Grace)
	}
	b.rests(t, "a call with an ended context")
	b.good(t)
}

func sink(t testing.TB, b *bench) {
	full := errors.New("no space left on device")
	offs := func() int {
		if b.Offs == nil {
			return 0
		}
		return b.Offs()
	}
	b.good(t)
	before := offs()
	const times = 3
	for range times {
		s := sheet{err: full}
		if _, err := b.Camera.Shoot(t.Context(), &s); !errors.Is(err, full) {
			t.Errorf("Shoot: %v, want the writer's error in its chain", err)
		}
		b.rests(t, "a Shoot whose writer failed")
	}
	b.good(t)
	want := 0
	if b.setup.Power == OffBetween {
		want = times + 1
	}
	if got := offs() - before; got != want {
		t.Errorf("the power went off %d times, want %d: the writer's fault is not the camera's", got, want)
	}
}

func turns(t testing.TB, b *bench) {
	at := b.busy(t)
	done := make(chan error, 1)
	go func() {
		var s sheet
		_, err := b.Camera.Shoot(t.Context(), &s)
		done <- err
	}()
	time.Sleep(at)
	ctx, cancel := context.WithTimeout(t.Context(), at/10)
	defer cancel()
	var s sheet
	start := time.Now()
	if _, err := b.Camera.Shoot(ctx, &s); !errors.Is(err, context.DeadlineExceeded) || len(s.picture) > 0 {
		t.Errorf("a second Shoot at the same time: %v and %d bytes, want context.DeadlineExceeded and none", err, len(s.picture))
	}
	if d := time.Since(start); d > at/10+Grace {
		t.Errorf("a second Shoot at the same time returned after %v, want %v", d, at/10)
	}
	if err := <-done; err != nil {
		t.Errorf("Shoot, while another wanted to: %v", err)
	}
	b.good(t)
}
