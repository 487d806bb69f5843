package vc0706sim

import "fieldcam/capture/camera/vc0706"

// frame is one command as it came over the line.
type frame struct {
	number byte
	cmd    vc0706.Command
	data   []byte
}

// parser takes commands out of what arrives. Bytes that begin none are dropped.
type parser struct {
	buf []byte
}

// frameHead is what stands before a command's data: mark, number, command, count.
const frameHead = 4

// feed adds p, and returns the commands that are whole now. It keeps at most
// one frame's worth of bytes.
func (r *parser) feed(p []byte) []frame {
	var whole []frame
	for _, b := range p {
		if len(r.buf) == 0 && b != vc0706.CommandMark {
			continue
		}
		r.buf = append(r.buf, b)
		if len(r.buf) < frameHead {
			continue
		}
		count := int(r.buf[3])
		cmd := vc0706.Command(r.buf[2])
		if cmd == vc0706.CmdVersion {
			// Adafruit's library announces a byte that it never sends, and real
			// cameras answer it.
			count = 0
		}
		if count > vc0706.MaxData {
			r.resync()
			continue
		}
		if len(r.buf) == frameHead+count {
			whole = append(whole, frame{number: r.buf[1], cmd: cmd, data: append([]byte(nil), r.buf[frameHead:]...)})
			r.buf = r.buf[:0]
		}
	}
	return whole
}

// resync drops the first mark and what follows it up to the next.
func (r *parser) resync() {
	for i := 1; i < len(r.buf); i++ {
		if r.buf[i] == vc0706.CommandMark {
			r.buf = append(r.buf[:0], r.buf[i:]...)
			return
		}
	}
	r.reset()
}

// pending tells whether a command has begun.
func (r *parser) pending() bool { return len(r.buf) > 0 }

func (r *parser) reset() { r.buf = r.buf[:0] }
