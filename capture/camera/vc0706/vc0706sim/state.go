package vc0706sim

import (
	"time"

	"fieldcam/capture/camera/vc0706"
)

// phase is what a camera is up to.
type phase int

const (
	off     phase = iota
	booting       // it has power and hears nothing yet
	ready
	hung // it has power and hears nothing any more
)

// stored is what survives without power.
type stored struct {
	resolution  byte
	compression byte
	divisor     uint16
}

// defaultCompression is what cameras come with (hexadecimal 36) [A][P].
const defaultCompression = 0x36

func newStored(baud int) stored {
	d := vc0706.Divisors(baud)
	if len(d) == 0 {
		d = vc0706.Divisors(defaultBaud)
	}
	return stored{compression: defaultCompression, divisor: d[0]}
}

// state is the camera's inside. It belongs to Serve, which runs once at a time.
type state struct {
	stored stored

	phase  phase
	bootAt time.Time // when booting ends
	parser parser
	heard  time.Time // when bytes came last
	held   []byte    // the end of a short reply, for the next

	// What is forgotten without power:
	baud        int
	number      byte
	resolution  byte
	compression byte
	report      bool // motion events over the UART
	motion      bool // motion detection
	saving      bool // power save
	tv          bool
	downsize    byte

	frozen  []byte    // the stopped frame as it is read, with padding; nil while running
	frame   []byte    // the frame before
	freshAt time.Time // when there is a frame newer than that
	sent    int       // bytes of frozen that were sent
}

// restart is power on, or a reset: what is volatile is forgotten, and the camera
// starts if it has power.
func (s *state) restart(powered bool, number byte) {
	*s = state{stored: s.stored,
		number: number, baud: baudOf(s.stored.divisor), resolution: s.stored.resolution,
		compression: s.stored.compression, motion: true, tv: true}
	if powered {
		s.phase = booting
		s.bootAt = time.Now().Add(bootTime)
	}
}

// baudOf is the rate of a divisor, or 0.
func baudOf(divisor uint16) int {
	for _, baud := range []int{9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600} {
		for _, d := range vc0706.Divisors(baud) {
			if d == divisor {
				return baud
			}
		}
	}
	return 0
}
