package vc0706sim

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"fieldcam/capture/camera/scenesim"
	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
)

// padTo is what the frame's length is a multiple of, as cameras report it.
const padTo = 8

// control stops, steps and resumes.
func (c *Camera) control(how byte) vc0706.Status {
	s := &c.s
	if c.opts.VimicroResume && (how == vc0706.Step || how == vc0706.Resume) {
		how = vc0706.Step + vc0706.Resume - how
	}
	switch how {
	case vc0706.StopCurrent, vc0706.StopNext:
		if s.frozen != nil {
			return vc0706.StatusOK // still the old picture
		}
		if s.frame == nil || !time.Now().Before(s.freshAt) {
			s.frame = c.expose()
		}
		s.frozen = s.frame
		s.sent = 0
	case vc0706.Step:
		if s.frozen != nil {
			s.frame = c.expose()
			s.frozen = s.frame
			s.sent = 0
		}
	case vc0706.Resume:
		if s.frozen != nil {
			s.frozen = nil
			s.freshAt = time.Now().Add(frameTime)
		}
	default:
		return vc0706.StatusWrongFormat
	}
	return vc0706.StatusOK
}

// expose takes a picture, and returns it as it is read: with padding, or cut.
func (c *Camera) expose() []byte {
	_, shots := c.Picture()
	f := c.Faults()
	jpeg := c.picture(shots + 1)
	if f.FillEnd {
		// FF FF FF FF D9, as in Jiahe's dump [J].
		jpeg = append(append([]byte(nil), jpeg[:len(jpeg)-2]...), 0xFF, 0xFF, 0xFF, 0xFF, 0xD9)
	}
	c.engine.Took(jpeg)
	if f.Truncate {
		return jpeg[:len(jpeg)/2/padTo*padTo]
	}
	// Between 1 and 8 bytes: there is padding always.
	padding := make([]byte, padTo-len(jpeg)%padTo)
	if f.FillEnd {
		for i := range padding {
			padding[i] = 0xFF
		}
	}
	return append(append([]byte(nil), jpeg...), padding...)
}

// picture is what the camera sees.
func (c *Camera) picture(shot int) []byte {
	now := c.opts.Now()
	if c.opts.Picture != nil {
		return c.opts.Picture(now, shot-1)
	}
	width, height := c.size()
	s := scenesim.Scene{Name: c.opts.Name, Now: now, Began: c.opts.Began, Shot: shot, Width: width, Height: height}
	return s.JPEG(quality(c.s.compression))
}

// readFrame sends a part of the stopped frame.
func (c *Camera) readFrame(ctx context.Context, line serialsim.Line, f frame) error {
	s := &c.s
	address := binary.BigEndian.Uint32(f.data[2:])
	length := binary.BigEndian.Uint32(f.data[6:])
	delay := time.Duration(binary.BigEndian.Uint16(f.data[10:])) * 10 * time.Microsecond
	if f.data[0] > vc0706.NextFrame || f.data[1] != vc0706.TransferUART || s.frozen == nil ||
		address%8 != 0 || length == 0 || c.opts.Strict && length%4 != 0 || uint64(address)+uint64(length) > uint64(len(s.frozen)+padTo) {
		return c.reply(ctx, line, f.cmd, vc0706.StatusWrongFormat)
	}
	if err := c.reply(ctx, line, f.cmd, vc0706.StatusOK); err != nil {
		return err
	}
	if !c.engine.Until(ctx, time.Now().Add(delay)) {
		return nil
	}
	part := make([]byte, length) // what lies behind the frame reads as 00
	if int(address) < len(s.frozen) {
		copy(part, s.frozen[address:])
	}
	faults := c.Faults()
	if rest := faults.HangAfter - s.sent; faults.HangAfter > 0 && rest < len(part) {
		err := c.send(ctx, line, part[:max(rest, 0)])
		s.phase = hung
		return err
	}
	s.sent += len(part)
	part = faults.chunk(c.engine.Rand, s.number, part)
	return c.send(ctx, line, append(part, replyFrame(s.number, f.cmd, vc0706.StatusOK)...))
}

// sizeOf is the resolution that a sensor has under a value; empty for none.
func sizeOf(sensor vc0706.Sensor, value byte) string {
	for size, v := range sensor.Resolutions() {
		if v == value {
			return size
		}
	}
	return ""
}

// size is the picture's, in pixels.
func (c *Camera) size() (width, height int) {
	value := c.s.resolution
	if c.opts.Sensor == vc0706.Sensor2MP {
		value = c.s.downsize
	}
	if n, err := fmt.Sscanf(sizeOf(c.opts.Sensor, value), "%dx%d", &width, &height); n != 2 || err != nil {
		return 1600, 1200 // a Sensor2MP that was not told anything
	}
	return width, height
}

// quality is the encoder's quality for a compression ratio: larger ratios make
// smaller files.
func quality(compression byte) int {
	const best, worst = 95, 10
	return best - int(compression)*(best-worst)/255
}
