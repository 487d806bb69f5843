package vc0706_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

// The promised bounds of a VGA picture's time at 115200 baud, in times of what the
// line needs for its bytes at ten bits each. Simulated time makes them exact: they
// are the same on every machine.
const (
	reachGood   = 1.15
	reachFaults = 1.5
)

// TestVGAPictureTakesLittleMoreThanTheLineNeeds measures whole Shoots, from the
// search for the camera to the resume behind the last byte: the transfer alone is
// part of it. scripts/bench-camera prints the lines that begin with "figure".
func TestVGAPictureTakesLittleMoreThanTheLineNeeds(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     vc0706sim.Faults
		shots int
		chunk int
		reach float64
	}{
		{"vc0706-vga", vc0706sim.Faults{}, 20, 4096, reachGood},
		{"vc0706-vga-1pc-lost", vc0706sim.Faults{DropInChunk: 0.01}, 50, 4096, reachFaults},
		{"vc0706-vga-1pc-doubled", vc0706sim.Faults{DoubleInChunk: 0.01}, 50, 4096, reachFaults},
		{"vc0706-vga-1pc-motion", vc0706sim.Faults{MotionInChunk: 0.01}, 50, 4096, reachFaults},
		{"vc0706-vga-1pc-all", vc0706sim.Faults{DropInChunk: 0.01, DoubleInChunk: 0.01, MotionInChunk: 0.01, MotionShort: true,
			ShortReply: 0.01, Noise: 0.01}, 50, 4096, reachFaults},
		{"vc0706-vga-1pc-small-chunks", vc0706sim.Faults{DropInChunk: 0.01}, 20, 512, reachFaults},
	} {
		s := setup{
			cfg:     func(cfg *vc0706.Config) { cfg.Resolution, cfg.Chunk = "640x480", c.chunk },
			power:   keepOn,
			options: vc0706sim.Options{Picture: skeleton(48_000), Faults: c.f, Slice: 100 * time.Millisecond},
		}
		run(t, s, func(t *testing.T, r *rig) {
			r.sim.SetFaults(vc0706sim.Faults{})
			r.good(t) // finds it and sets it up
			r.sim.SetFaults(c.f)
			var took time.Duration
			sent := 0
			for range c.shots {
				start := time.Now()
				sent += len(r.good(t)) // the camera's very bytes
				took += time.Since(start)
			}
			line := time.Duration(sent) * 10 * time.Second / 115200
			x := float64(took) / float64(line)
			if x > c.reach {
				t.Errorf("%s: %d pictures took %v, want at most %v times the line's %v", c.name, c.shots, took, c.reach, line)
			}
			t.Logf("figure %s %.3f x-line reach %.2f %s", c.name, x, c.reach, cameratest.Verdict(x <= c.reach))
		})
	}
}

// The transfer alone, from the first byte that is passed on to the last.
func TestVGATransferIsNearTheLinesOwnSpeed(t *testing.T) {
	run(t, setup{cfg: func(c *vc0706.Config) { c.Resolution = "640x480" }, power: keepOn}, func(t *testing.T, r *rig) {
		r.good(t)
		var first, last time.Time
		var all bytes.Buffer
		begun := 0
		w := writer(func(p []byte) (int, error) {
			last = time.Now()
			if first.IsZero() {
				first, begun = last, len(p)
			}
			return all.Write(p)
		})
		if _, err := r.cam.Shoot(context.Background(), w); err != nil {
			t.Fatal(err)
		}
		line := time.Duration(all.Len()-begun) * 10 * time.Second / 115200
		x := float64(last.Sub(first)) / float64(line)
		if x > reachGood {
			t.Errorf("%d bytes took %v, want at most %v times %v", all.Len(), last.Sub(first), reachGood, line)
		}
		t.Logf("figure vc0706-vga-transfer %.3f x-line reach %.2f %s", x, reachGood, cameratest.Verdict(x <= reachGood))
	})
}
