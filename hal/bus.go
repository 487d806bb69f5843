package hal

import "io"

// MaxTransfer is the most that one direction of a Tx may carry: what Linux takes
// (drivers/i2c/i2c-dev.c).
const MaxTransfer = 8192

// Bus is an I2C bus. Its methods may be called from any goroutine; transfers do
// not mix.
type Bus interface {
	// Tx writes w to the device at the 7-bit address addr (0x08 to 0x77) and then
	// reads all of r from it, as one transfer with a repeated start. Either may be
	// empty, not both. It takes a second at the very most, also where the bus is
	// stuck; and it fails where no device answers, where one refuses a byte, and
	// after Close.
	Tx(addr uint16, w, r []byte) error
	// Close lets the bus go. A second Close does nothing.
	io.Closer
}
