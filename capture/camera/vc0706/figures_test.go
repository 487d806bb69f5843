package vc0706_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
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
		{"vc0706-vga", vc0706sim.Faults{}, 20, 4096, serialtest.ReachGood},
		{"vc0706-vga-1pc-lost", vc0706sim.Faults{DropInChunk: 0.01}, 50, 4096, serialtest.ReachFaults},
		{"vc0706-vga-1pc-doubled", vc0706sim.Faults{DoubleInChunk: 0.01}, 50, 4096, serialtest.ReachFaults},
		{"vc0706-vga-1pc-motion", vc0706sim.Faults{MotionInChunk: 0.01}, 50, 4096, serialtest.ReachFaults},
		{"vc0706-vga-1pc-all", vc0706sim.Faults{DropInChunk: 0.01, DoubleInChunk: 0.01, MotionInChunk: 0.01, MotionShort: true,
			ShortReply: 0.01, Noise: 0.01}, 50, 4096, serialtest.ReachFaults},
		{"vc0706-vga-1pc-small-chunks", vc0706sim.Faults{DropInChunk: 0.01}, 20, 512, serialtest.ReachFaults},
	} {
		s := setup{
			cfg:     func(cfg *vc0706.Config) { cfg.Resolution, cfg.Chunk = "640x480", c.chunk },
			power:   serialtest.KeepOn,
			options: vc0706sim.Options{Picture: skeleton(48_000), Faults: c.f, Slice: 100 * time.Millisecond},
		}
		run(t, s, func(t *testing.T, r *rig) {
			r.sim.SetFaults(vc0706sim.Faults{})
			r.good(t) // finds it and sets it up
			r.sim.SetFaults(c.f)
			serialtest.FigureOf(t, c.name, c.shots, c.reach, func() []byte { return r.good(t) })
		})
	}
}

// The transfer alone, from the first byte that is passed on to the last.
func TestVGATransferIsNearTheLinesOwnSpeed(t *testing.T) {
	run(t, setup{cfg: func(c *vc0706.Config) { c.Resolution = "640x480" }, power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
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
		if _, err := r.Cam.Shoot(context.Background(), w); err != nil {
			t.Fatal(err)
		}
		serialtest.Figure(t, "vc0706-vga-transfer", all.Len()-begun, last.Sub(first), serialtest.ReachGood)
	})
}
