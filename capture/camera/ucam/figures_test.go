package ucam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
)

// The promised bounds of a VGA picture's time at 115200 baud, in times of what the
// line needs for its bytes at ten bits each. Simulated time makes them exact: they
// are the same on every machine.
const (
	reachGood   = 1.15
	reachFaults = 1.5
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
		{"ucam-vga", ucamsim.Faults{}, 10, reachGood},
		{"ucam-vga-1pc-lost", ucamsim.Faults{DropInPackage: 0.01}, 25, reachFaults},
		{"ucam-vga-1pc-damaged", ucamsim.Faults{Corrupt: 0.01}, 25, reachFaults},
		{"ucam-vga-1pc-all", ucamsim.Faults{DropInPackage: 0.01, DoubleInPackage: 0.01, Corrupt: 0.01, WrongPackage: 0.01}, 25, reachFaults},
	} {
		s := setup{
			cfg:     func(c *ucam.Config) { c.Resolution = "640x480" },
			power:   keepOn,
			options: ucamsim.Options{Picture: skeleton(48_000), Slice: 100 * time.Millisecond},
		}
		run(t, s, func(t *testing.T, r *rig) {
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
