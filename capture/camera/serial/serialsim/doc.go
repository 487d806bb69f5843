// Package serialsim is what simulated cameras on a serial line share: the line as
// they see it, a pseudo-terminal that any driver opens as a serial port, what a
// UART hears of another at a rate that is not its own, and the engine that moves a
// camera over its line, with its power and its faults. What is said, each camera's own
// simulator knows.
package serialsim

import "io"

// Line is the camera's end of a serial line: a Pty, or the far end of a port of
// hal/sim.
type Line interface {
	// Read waits for at least one byte.
	io.Reader
	io.Writer
	// Close ends a Read or Write that waits.
	io.Closer
	// Baud is the rate at which the other side sends and listens now; 0: it is
	// at none.
	Baud() int
}
