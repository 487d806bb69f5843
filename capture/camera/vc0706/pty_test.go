package vc0706_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/hal/linux"
)

// The whole way in real time: driver, termios, the kernel's pty, simulator. On a
// busy machine the simulator may be too late for an answer; what a Shoot promises
// then, the tests in simulated time see to. Here another one follows, as in the
// field.
func TestPicturesComeOverARealTerminal(t *testing.T) {
	pty, err := serialsim.OpenPty()
	if err != nil {
		t.Fatal(err)
	}
	dev := vc0706sim.New(vc0706sim.Options{Name: "pty", Faults: vc0706sim.Faults{DropInChunk: 0.2}})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- dev.Serve(ctx, pty) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("simulated camera: %v", err)
		}
	}()

	cfg := vc0706.Default()
	cfg.Port = pty.Path()
	cfg.Resolution = "160x120"
	for range 2 { // two drivers after each other, as when the daemon restarts
		board := linux.New()
		power, err := camera.OpenPower(camera.DefaultPower(), board)
		if err != nil {
			t.Fatal(err)
		}
		cam := vc0706.New(cfg, board, power, zerolog.Nop())
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var b bytes.Buffer
		for {
			_, err := cam.Shoot(ctx, &b)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				t.Fatal(err)
			}
			t.Logf("another Shoot after: %v", err)
			b.Reset()
		}
		if want, _ := dev.Picture(); !bytes.Equal(b.Bytes(), want) {
			t.Errorf("got %d bytes that are not the camera's %d", b.Len(), len(want))
		}
		if got := pty.Baud(); got != cfg.Baud {
			t.Errorf("the camera sees the port at %d baud, want %d", got, cfg.Baud)
		}
		if err := cam.Close(); err != nil {
			t.Error(err)
		}
	}

	// And a blocked read of the real thing ends with its context.
	dev.SetFaults(vc0706sim.Faults{Silent: true})
	board := linux.New()
	power, err := camera.OpenPower(camera.DefaultPower(), board)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ReplyTimeout = 30 * time.Second
	cam := vc0706.New(cfg, board, power, zerolog.Nop())
	short, stop := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, stop)
	if _, err := cam.Shoot(short, io.Discard); err == nil || short.Err() == nil {
		t.Errorf("Shoot of a silent camera: %v before its context ended", err)
	}
}
