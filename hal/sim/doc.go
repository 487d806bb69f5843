// Package sim is a controller board without hardware: output lines that
// remember every level, inputs that the world drives, serial ports that take the
// time that a real line takes, I2C buses, and a clock that can be wrong.
//
// It holds to the contracts of package hal, as hal/haltest checks. It starts no
// goroutine and does no real I/O: every wait is a channel or a timer, so that it
// runs inside testing/synctest, where a Board must be made in the bubble that
// uses it.
//
// A port moves bytes at the driver's rate, ten bits per byte, in both
// directions. It does not know the far end's own rate: a far end compares it
// with End.Baud, and garbles what it hears and says where they differ.
//
// Out of scope: what is at the far end. Camera simulators are packages of their
// own.
package sim
