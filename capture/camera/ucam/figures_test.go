package ucam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
)

// TestVGAPictureTakesLittleMoreThanTheLineNeeds measures whole Shoots of a camera that
// is awake, from the SYNC to the end of the last package. scripts/bench-camera
// prints the lines that begin with "figure".
func TestVGAPictureTakesLittleMoreThanTheLineNeeds(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     ucamsim.Faults
		shots int
		reach float64
	}{
		{"ucam-vga", ucamsim.Faults{}, 10, serialtest.ReachGood},
		{"ucam-vga-1pc-lost", ucamsim.Faults{DropInPackage: 0.01}, 25, serialtest.ReachFaults},
		{"ucam-vga-1pc-damaged", ucamsim.Faults{Corrupt: 0.01}, 25, serialtest.ReachFaults},
		{"ucam-vga-1pc-all", ucamsim.Faults{DropInPackage: 0.01, DoubleInPackage: 0.01, Corrupt: 0.01, WrongPackage: 0.01}, 25, serialtest.ReachFaults},
	} {
		s := setup{
			cfg:     func(c *ucam.Config) { c.Resolution = "640x480" },
			power:   serialtest.KeepOn,
			options: ucamsim.Options{Picture: skeleton(48_000), Slice: 100 * time.Millisecond},
		}
		run(t, s, func(t *testing.T, r *rig) {
			r.good(t) // finds it and sets it up
			r.sim.SetFaults(c.f)
			serialtest.FigureOf(t, c.name, c.shots, c.reach, func() []byte { return r.good(t) })
		})
	}
}
