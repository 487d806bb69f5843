package cameratest

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"fieldcam/capture/camera"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// Asker asks a camera for pictures, in its driver's own tests.
type Asker struct {
	Cam Camera
	// Left, where not nil, says what a Shoot has left that should not be; err is the
	// Shoot's own.
	Left func(err error) error
	// Fine, where not nil, says what is wrong with a picture that New has taken.
	Fine func(photo.Exposure) error
}

// Shoot takes a picture, or fails, by itself: none of a broken camera may come near the
// test's bound.
func (a *Asker) Shoot(t testing.TB) ([]byte, photo.Exposure, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), defaultLimit)
	defer cancel()
	var b bytes.Buffer
	e, err := a.Cam.Shoot(ctx, &b)
	if ctx.Err() != nil {
		t.Errorf("Shoot had no bound of its own: it took %v (%v)", defaultLimit, err)
	}
	if a.Left != nil {
		if left := a.Left(err); left != nil {
			t.Errorf("after Shoot (%v): %v", err, left)
		}
	}
	return b.Bytes(), e, err
}

// New takes a picture that must be a new one: last is the camera's last picture, and how
// many there were.
func (a *Asker) New(t testing.TB, last func() (jpeg []byte, shots int)) ([]byte, photo.Exposure) {
	t.Helper()
	_, before := last()
	p, e, err := a.Shoot(t)
	if err != nil {
		t.Fatalf("Shoot: %v", err)
	}
	want, shots := last()
	if shots == before {
		t.Error("the camera took no new picture")
	}
	if !bytes.Equal(p, want) {
		t.Errorf("got %d bytes that are not the camera's %d", len(p), len(want))
	}
	if e.Format != "jpg" || e.Camera == "" || e.Attempts < 1 {
		t.Errorf("exposure %+v, want a jpg of a camera with a name", e)
	}
	if a.Fine != nil {
		if err := a.Fine(e); err != nil {
			t.Errorf("exposure %+v: %v", e, err)
		}
	}
	return p, e
}

// Bad is the error of a Shoot, which must have want in its text.
func (a *Asker) Bad(t testing.TB, want string) error {
	t.Helper()
	_, _, err := a.Shoot(t)
	if err == nil {
		t.Fatal("Shoot succeeded, want an error")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want %q in it", err, want)
	}
	return err
}

// Offs is how often a camera's line took its power, since the line was made.
func Offs(line *sim.Line, c camera.PowerConfig) (n int) {
	for _, change := range line.History()[1:] {
		if change.High == c.ActiveLow {
			n++
		}
	}
	return n
}
