package ucamsim

import "fieldcam/capture/camera/ucam"

// parser takes the commands for one address out of what arrives. Bytes that begin
// none are dropped.
type parser struct {
	buf []byte
}

// feed adds p, and returns the commands that are whole now. It keeps less than one
// frame.
func (r *parser) feed(address byte, p []byte) []ucam.Frame {
	var whole []ucam.Frame
	for _, b := range p {
		r.buf = append(r.buf, b)
		for len(r.buf) > 0 && !r.plausible(address) {
			r.buf = r.buf[1:]
		}
		if len(r.buf) == ucam.FrameBytes {
			whole = append(whole, ucam.Frame(r.buf))
			r.reset()
		}
	}
	return whole
}

// plausible tells whether what is there may begin a command.
func (r *parser) plausible(address byte) bool {
	return r.buf[0] == ucam.Mark && (len(r.buf) < 2 || r.buf[1]>>5 == address && r.buf[1]&0x1F != 0)
}

// pending tells whether a command has begun.
func (r *parser) pending() bool { return len(r.buf) > 0 }

func (r *parser) reset() { r.buf = nil }
