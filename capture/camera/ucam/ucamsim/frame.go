package ucamsim

import (
	"context"
	"fmt"
	"time"

	"fieldcam/capture/camera/scenesim"
	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// quality is the encoder's: a VGA picture has some tens of KB, as the real one's.
const quality = 77

// snapshot takes a picture.
func (c *Camera) snapshot() {
	s := &c.s
	_, shots := c.Picture()
	f := c.Faults()
	jpeg := c.picture(shots + 1)
	c.engine.Took(jpeg)
	if time.Since(s.wokeAt) < exposeTime {
		c.mu.Lock()
		c.early++
		c.mu.Unlock()
	}
	if f.Truncate {
		jpeg = jpeg[:len(jpeg)/2]
	}
	s.frozen, s.sending, s.sent = jpeg, false, 0
	s.readyAt = time.Now().Add(jpegTime + time.Duration(f.NotReady)*time.Millisecond)
}

// picture is what the camera sees.
func (c *Camera) picture(shot int) []byte {
	now := c.opts.Now()
	if c.opts.Picture != nil {
		return c.opts.Picture(now, shot-1)
	}
	var width, height int
	if n, err := fmt.Sscanf(sizeOf(c.s.size), "%dx%d", &width, &height); n != 2 || err != nil {
		width, height = 640, 480
	}
	return scenesim.Scene{Name: c.opts.Name, Now: now, Began: c.opts.Began, Shot: shot, Width: width, Height: height}.JPEG(quality)
}

// sizeOf is the resolution of a value; empty for none.
func sizeOf(value byte) string {
	for size, v := range ucam.Resolutions() {
		if v == value {
			return size
		}
	}
	return ""
}

// get announces the snapshot.
func (c *Camera) get(ctx context.Context, line serialsim.Line, f ucam.Frame) error {
	s := &c.s
	switch {
	case f[2] != ucam.PictureShot:
		return c.refuse(ctx, line, ucam.CodeFormat)
	case s.frozen == nil:
		return c.refuse(ctx, line, ucam.CodeUnexpected)
	case time.Now().Before(s.readyAt):
		return c.refuse(ctx, line, ucam.CodeNotReady)
	}
	s.sending = true
	n := len(s.frozen)
	return c.reply(ctx, line, c.ack(ucam.CmdGet), ucam.NewFrame(c.opts.Address, ucam.CmdData, ucam.PictureShot, byte(n), byte(n>>8), byte(n>>16)))
}

// sendPackage sends a part of the snapshot.
func (c *Camera) sendPackage(ctx context.Context, line serialsim.Line, id int) error {
	s := &c.s
	faults := c.Faults()
	if id == ucam.LastPackage {
		s.sending = false
		return nil
	}
	if !s.sending {
		return c.refuse(ctx, line, ucam.CodeUnexpected)
	}
	if c.chance(faults.Doze) {
		s.sleep()
		return nil
	}
	if id > 0 && c.chance(faults.WrongPackage) {
		id--
	}
	payload := s.pack - ucam.PackageHead - ucam.PackageTail
	if id*payload >= len(s.frozen) {
		return c.refuse(ctx, line, ucam.CodePackage)
	}
	data := s.frozen[id*payload : min((id+1)*payload, len(s.frozen))]
	p := Package(id+c.opts.FirstPackage, data)
	if rest := faults.HangAfter - s.sent; faults.HangAfter > 0 && rest < len(data) {
		err := c.engine.Send(ctx, line, p[:max(rest, 0)])
		s.phase = hung
		return err
	}
	s.sent += len(data)
	return c.engine.Send(ctx, line, faults.pack(c.engine.Rand, p))
}

// Package is a package as it stands on the line: number, size, data and sum.
func Package(number int, data []byte) []byte {
	p := []byte{byte(number), byte(number >> 8), byte(len(data)), byte(len(data) >> 8)}
	p = append(p, data...)
	var sum byte
	for _, b := range p {
		sum += b
	}
	return append(p, sum, 0)
}
