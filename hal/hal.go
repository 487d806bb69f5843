// Package hal states what the rest of fieldcam may expect of a controller
// board: output and input lines, serial ports, I2C buses, a wall clock, and what
// measures power and climate, as logical levels, plain bytes and plain units.
// Polarity, chips, offsets and termios stay in hal/linux; hal/sim is the same
// board without hardware. One conformance suite (hal/haltest) holds both to these
// contracts.
//
// Out of scope: what a line or a port is for. Cameras know that.
package hal

import (
	"context"
	"errors"
	"io"
	"time"
)

// Line names one GPIO line and its polarity.
type Line struct {
	// Name is one of
	//   - the kernel's line name ("GPIO17", "CAMERA_POWER"),
	//   - a chip label and an offset ("pinctrl-bcm2711:17"),
	//   - the absolute path of an attribute file that takes "1" and "0"
	//     ("/sys/class/leds/camera/brightness", a userspace regulator's state);
	//     an output only.
	// A chip number is refused: the kernel gives them out anew at each boot.
	Name string
	// ActiveLow lines are electrically low when logically on.
	ActiveLow bool
	// Hold has an output keep its level when this process ends, however it ends,
	// until the next one takes the line again; where the board can (Board.CanHold).
	// What outlives a process must be safe for ever: a camera's power, no heater.
	Hold bool
}

// ErrNoLine is what opening a line fails with where the board knows none of that name,
// beside what else there is to say.
var ErrNoLine = errors.New("no such line on this board")

// Board opens the lines and ports of one controller. Its methods may be called
// from any goroutine.
type Board interface {
	// OpenOutput takes the line as an output that is logically on or off from
	// its first moment: the level is set in the same call that makes it an
	// output, so that no other level is ever driven. It fails where the line is
	// unknown (ErrNoLine) or held by another.
	OpenOutput(line Line, on bool) (Output, error)

	// ResumeOutput takes the line as an output at the level that it has, and tells
	// which: that at which an earlier process left it held, or the chip kept it. It
	// makes no edge. A line that is no output now becomes one that is off.
	ResumeOutput(line Line) (o Output, on bool, err error)

	// CanHold tells whether a line with Hold outlives this process. Where it is
	// false, Hold means nothing, and a line's level after Close is up to the chip.
	CanHold() bool

	// OpenInput takes the line as an input and notes its edges from then on. It
	// fails where the line is unknown (ErrNoLine) or held by another, or where the
	// board cannot do what c asks for.
	OpenInput(line Line, c InputConfig) (Input, error)

	// OpenPort opens a serial port (by device path) for this process alone, raw,
	// 8N1, without flow control, at baud bits per second. It fails where the
	// port does not exist, is held by another, or cannot do that rate.
	OpenPort(name string, baud int) (Port, error)

	// OpenBus opens an I2C bus by device path ("/dev/i2c-1"). Many may have it
	// open; the devices on it are told apart by their addresses.
	OpenBus(name string) (Bus, error)
}

// Output is one output line, held until it is closed. Its methods may be called
// from any goroutine.
type Output interface {
	// Set drives the line to its logical level: true is on.
	Set(on bool) error
	// Close lets the line go without changing its level first; what the line
	// then does is up to the chip (see docs/hardware.md). A line that is held stays
	// as it is. A second Close does nothing.
	io.Closer
}

// Port is one open serial port. One goroutine may read while another writes;
// Close may be called at any time and ends both.
type Port interface {
	// Read returns at least one byte, or an error; os.ErrDeadlineExceeded once
	// the read deadline has passed.
	io.Reader
	// Write hands over all of p or returns an error; os.ErrDeadlineExceeded once
	// the write deadline has passed, with the count handed over until then.
	io.Writer
	// SetDeadline bounds reads and writes from now on, also one that is under
	// way. The zero time means no bound.
	SetDeadline(t time.Time) error
	// SetBaud changes the rate once everything written so far has left.
	SetBaud(baud int) error
	// Discard drops the bytes that have arrived and were not read.
	Discard() error
	// Close lets the port go and ends a Read or Write that waits, with an error.
	// A second Close does nothing.
	io.Closer
}

// Clock tells the wall time. Package time measures durations; a Clock says what
// date it is, and can be wrong.
type Clock interface {
	// Now is the wall time in UTC, without a monotonic reading: the difference
	// of two Nows shows a step of the clock.
	Now() time.Time
	// Synced tells whether the time comes from a source that knows it (NTP, a
	// valid RTC), so that it may be believed.
	Synced() bool
}

// WatchSteps tells of the steps of a Clock: it calls changed once it watches, and from
// then on once for each time that the clock was set, by NTP or a person, within a second
// of it; the Clock shows the new time by then, so that a look at it tells by how much, and
// which way. What a clock gains or loses as it is slewed is no step; steps that come
// together may be told as one. changed must not wait. WatchSteps returns nil once ctx has
// ended, soon, and an error where the clock can be watched no longer.
type WatchSteps func(ctx context.Context, changed func()) error
