package cameratest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// bench is a rig and what a check saw of it.
type bench struct {
	Rig
	setup  Setup
	closed bool
}

// sheet takes a picture and notes how it came. It has Write alone, so that no
// io.Copy goes past it.
type sheet struct {
	picture []byte
	largest int
	err     error // of each Write
}

func (s *sheet) Write(p []byte) (int, error) {
	s.largest = max(s.largest, len(p))
	if s.err != nil {
		return 0, s.err
	}
	s.picture = append(s.picture, p...)
	return len(p), nil
}

// shoot takes a picture that must end by itself.
func (b *bench) shoot(t testing.TB) (*sheet, photo.Exposure, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), b.limit())
	defer cancel()
	var s sheet
	e, err := b.Camera.Shoot(ctx, &s)
	if ctx.Err() != nil {
		t.Errorf("Shoot had no bound of its own: it took %v (%v)", b.limit(), err)
	}
	if s.largest > MaxPart {
		t.Errorf("a part of the picture has %d bytes, want %d at most", s.largest, MaxPart)
	}
	b.rests(t, fmt.Sprintf("Shoot (%v)", err))
	return &s, e, err
}

// good takes a picture that must be the one that the camera took.
func (b *bench) good(t testing.TB) []byte {
	t.Helper()
	s, e, err := b.shoot(t)
	if err != nil {
		t.Fatalf("Shoot: %v", err)
	}
	p := s.picture
	if err := check(p, e); err != nil {
		t.Fatalf("Shoot: %v", err)
	}
	if b.Picture != nil && !bytes.Equal(p, b.Picture()) {
		t.Errorf("Shoot gave %d bytes that are not the camera's %d", len(p), len(b.Picture()))
	}
	return p
}

// check says what is wrong with a picture.
func check(p []byte, e photo.Exposure) error {
	if e.Format == "" {
		return fmt.Errorf("exposure %+v has no format", e)
	}
	if e.Format != "jpg" {
		return nil
	}
	if !bytes.HasPrefix(p, []byte{0xFF, 0xD8}) || !bytes.HasSuffix(p, []byte{0xFF, 0xD9}) {
		return fmt.Errorf("%d bytes that are no JPEG from FF D8 to FF D9", len(p))
	}
	return nil
}

// rests fails the test where the power is not as it should be after a call.
func (b *bench) rests(t testing.TB, after string) {
	t.Helper()
	if b.On == nil {
		return
	}
	switch on := b.On(); {
	case on && b.closed:
		t.Errorf("the camera has power after Close and %s", after)
	case on && b.setup.Power == OffBetween:
		t.Errorf("the camera has power after %s, want it off between photos", after)
	}
}

// close closes the camera, which must be off then.
func (b *bench) close(t testing.TB) error {
	t.Helper()
	start := time.Now()
	err := b.Camera.Close()
	if d := time.Since(start); d > CloseWait {
		t.Errorf("Close took %v, want %v at most", d, CloseWait)
	}
	b.closed = true
	b.rests(t, "it")
	return err
}

// within runs do with a context that ends after d, and fails the test where do
// returns later than Grace after that.
func (b *bench) within(t testing.TB, d time.Duration, what string, do func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	start := time.Now()
	err := do(ctx)
	if took := time.Since(start); took > d+Grace {
		t.Errorf("%s with %v returned after %v, want %v after its end at most (%v)", what, d, took, Grace, err)
	}
	b.rests(t, fmt.Sprintf("%s with %v (%v)", what, d, err))
	return err
}

// busy is a time after the start of a Shoot at which the camera is at work, for a
// camera that has taken a picture.
func (b *bench) busy(t testing.TB) time.Duration {
	t.Helper()
	b.good(t)
	start := time.Now()
	b.good(t)
	if b.Busy > 0 {
		return b.Busy
	}
	return time.Since(start) / 2
}
