package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/ucam"
	"fieldcam/hal/linux"
)

func TestBadCameraFlagsAreRefused(t *testing.T) {
	for want, o := range map[string]cameraFlags{
		`--kind "leica"`:  {kind: "leica"},
		`--sensor "ccd"`:  {kind: "vc0706", sensor: "ccd"},
		`model: ucam9`:    {kind: "ucam", model: "ucam9"},
		`address: 9`:      {kind: "ucam", model: "ov528", number: 9},
		`"drop_in_chunk"`: {kind: "ucam", model: "ucam3", faults: `{"drop_in_chunk": 1}`},
		`"doze"`:          {kind: "vc0706", sensor: "vga", faults: `{"doze": 1}`},
	} {
		if err := serveCamera(t.Context(), io.Discard, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", o, err, want)
		}
	}
}

// The whole way in real time: driver, termios, the kernel's terminal, simulator. On
// a busy machine the simulator may be too late for an answer: another Shoot follows
// then, as in the field.
func TestAUCAMIsServedOnARealTerminal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- serveCamera(ctx, w, cameraFlags{kind: "ucam", model: "ov528", number: 2, seed: 1, faults: `{"corrupt": 0.1}`})
		w.Close()
	}()
	path, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("the camera tells no path: %v, %v", err, <-served)
	}
	cfg := ucam.Default()
	cfg.Port, cfg.Model, cfg.Address, cfg.Resolution = strings.TrimSpace(path), ucam.ModelOV528, 2, "160x128"
	board := linux.New()
	power, err := camera.OpenPower(camera.DefaultPower(), board)
	if err != nil {
		t.Fatal(err)
	}
	cam := ucam.New(cfg, ucam.Options{Board: board, Power: power, Log: zerolog.Nop()})
	bound, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	var b bytes.Buffer
	for {
		_, err := cam.Shoot(bound, &b)
		if err == nil {
			break
		}
		if bound.Err() != nil {
			t.Fatal(err)
		}
		t.Logf("another Shoot after: %v", err)
		b.Reset()
	}
	if p := b.Bytes(); !bytes.HasPrefix(p, []byte{0xFF, 0xD8}) || !bytes.HasSuffix(p, []byte{0xFF, 0xD9}) {
		t.Errorf("%d bytes that are no JPEG", len(p))
	}
	if err := cam.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}
