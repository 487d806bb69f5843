package serialtest

import (
	"testing"
	"time"

	"fieldcam/capture/camera/cameratest"
)

// The promised bounds of a VGA picture's time at 115200 baud, in times of what the
// line needs for its bytes at ten bits each. Simulated time makes them exact: they
// are the same on every machine.
const (
	ReachGood   = 1.15
	ReachFaults = 1.5

	figureBaud = 115200
)

// Figure holds the time that bytes took at 115200 baud to reach, and tells the figure:
// scripts/bench-camera prints the lines that begin so.
func Figure(t testing.TB, name string, bytes int, took time.Duration, reach float64) {
	t.Helper()
	line := time.Duration(bytes) * 10 * time.Second / figureBaud
	x := float64(took) / float64(line)
	if x > reach {
		t.Errorf("%s: %d bytes took %v, want at most %v times the line's %v", name, bytes, took, reach, line)
	}
	t.Logf("figure %s %.3f x-line reach %.2f %s", name, x, reach, cameratest.Verdict(x <= reach))
}

// FigureOf is Figure for so many whole Shoots by take, which returns the camera's very
// bytes.
func FigureOf(t testing.TB, name string, shots int, reach float64, take func() []byte) {
	t.Helper()
	start := time.Now()
	sent := 0
	for range shots {
		sent += len(take())
	}
	Figure(t, name, sent, time.Since(start), reach)
}
