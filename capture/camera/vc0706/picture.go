package vc0706

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/serial"
)

const (
	// freshFrame is the time from resume until a new frame can be stopped: a
	// reply came 93 ms after it, 100 ms was too little, 150 enough [M].
	freshFrame = 200 * time.Millisecond
	// minChunk is the least that chunks shrink to on a line that loses bytes.
	minChunk = 128
	// growAfter is how many good chunks in a row make them grow again.
	growAfter = 8
	// chunkTries is how often one address is asked for.
	chunkTries = 8
	// maxBadChunks bounds a whole picture.
	maxBadChunks = 200
	// byteGap is the longest silence inside a chunk: 10 to 200 ms in the sources.
	byteGap = 250 * time.Millisecond
	// delayUnit is that of the camera's pause between reply and data (all sources).
	delayUnit = 10 * time.Microsecond
	// maxPicture refuses a length that cannot be: the largest sensor's pictures are
	// far smaller, and a length has no checksum.
	maxPicture = 8 << 20
	// align is what addresses must be a multiple of [P][S].
	align = 8
)

// picture takes a picture and streams it to w.
func (c *conn) picture(ctx context.Context, w io.Writer) error {
	if err := c.resume(ctx); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if err := serial.Pause(ctx, freshFrame); err != nil {
		return err
	}
	if _, err := c.command(ctx, CmdFrameControl, StopCurrent); err != nil {
		return fmt.Errorf("stop the frame: %w", err)
	}
	length, err := c.length(ctx)
	if err != nil {
		return err
	}
	return jpegstream.Copy(w, length, func(j *jpegstream.Writer) error { return c.transfer(ctx, length, j) })
}

// resume lets the camera go on to new frames. Vimicro's own text has another
// number for it, which is tried where the camera refuses the usual one: without
// a resume the next picture would be the old one.
func (c *conn) resume(ctx context.Context) error {
	_, err := c.command(ctx, CmdFrameControl, Resume)
	var status *StatusError
	if errors.As(err, &status) {
		_, err = c.command(ctx, CmdFrameControl, Step)
	}
	return err
}

func (c *conn) length(ctx context.Context) (int, error) {
	data, err := c.command(ctx, CmdFrameLength, CurrentFrame)
	if err != nil {
		return 0, fmt.Errorf("ask for the picture's length: %w", err)
	}
	if len(data) != 4 {
		return 0, fmt.Errorf("ask for the picture's length: want 4 bytes, got % X", data)
	}
	n := binary.BigEndian.Uint32(data)
	if n == 0 || n > maxPicture {
		return 0, fmt.Errorf("ask for the picture's length: want 1 to %d, got %d", maxPicture, n)
	}
	return int(n), nil
}

// transfer reads the stopped frame into j, up to the JPEG's end. A damaged
// chunk is asked for again; chunks shrink on a bad line and grow on a good one.
func (c *conn) transfer(ctx context.Context, length int, j *jpegstream.Writer) error {
	buf := make([]byte, c.part)
	size, good, bad := c.part, 0, 0
	gap := quietGap
	for address, tries := 0, 0; address < length && !j.Ended(); {
		n := min(size, length-address)
		ask := n
		if tries > 0 {
			// Some cameras may refuse the odd rest of a picture.
			ask = (n + align - 1) / align * align
		}
		err := c.chunk(ctx, address, buf[:ask])
		if err == nil {
			if tries > 0 {
				// The answer to an earlier try may be the one that came, and the
				// answer to this one would pass for the next chunk.
				err = c.Quiet(ctx, gap)
			}
			if err == nil {
				_, err = j.Write(buf[:n])
			}
			if err != nil {
				return err
			}
			address += n
			tries, gap = 0, quietGap
			if good++; good >= growAfter && size < c.part {
				size, good = min(size*2, c.part), 0
			}
			continue
		}
		if !damaged(err) {
			return err
		}
		tries++
		bad++
		if tries >= chunkTries || bad >= maxBadChunks {
			return fmt.Errorf("read picture at byte %d of %d, %d tries, %d bad chunks in all: %w", address, length, tries, bad, err)
		}
		size, good = max(size/2/align*align, min(minChunk, c.part)), 0
		var silent *serial.SilenceError
		if errors.As(err, &silent) {
			// It may answer yet: be as patient as with a reply.
			gap = c.timeout
		}
		if err := c.Quiet(ctx, gap); err != nil {
			return err
		}
	}
	return nil
}

// damaged tells whether err is worth a second try at the same address.
func damaged(err error) bool {
	var chunk *chunkError
	var silent *serial.SilenceError
	var status *StatusError
	return errors.As(err, &chunk) || errors.As(err, &silent) || errors.As(err, &status)
}

// chunk reads p at address of the stopped frame. The reply stands before the
// data and once more behind it: where the second is not in its place, bytes
// were lost, doubled or pushed in.
func (c *conn) chunk(ctx context.Context, address int, p []byte) error {
	data, err := c.once(ctx, c.timeout, CmdReadFrame, readFrame(address, len(p), c.delay)...)
	if err != nil {
		return err
	}
	if len(data) > 0 {
		return &chunkError{fmt.Sprintf("want an opening reply without data, got % X", data)}
	}
	// Generous, as the gap between bytes is what ends a hung transfer: a quarter
	// of the slowest rate, 9600 baud.
	until := time.Now().Add(c.timeout + time.Duration(len(p))*4*time.Millisecond)
	gap := min(c.timeout, byteGap) + c.delay
	n, err := c.ReadFull(ctx, p, gap, until)
	if err != nil {
		if err = c.silence(CmdReadFrame, gap, err); damaged(err) {
			err = &chunkError{fmt.Sprintf("want %d bytes, got %d and then nothing for %v", len(p), n, gap)}
		}
		return err
	}
	var tail [5]byte
	n, err = c.ReadFull(ctx, tail[:], gap, until)
	if err != nil {
		if err = c.silence(CmdReadFrame, gap, err); damaged(err) {
			err = &chunkError{fmt.Sprintf("want the closing reply behind %d bytes, got % X and then nothing for %v", len(p), tail[:n], gap)}
		}
		return err
	}
	if want := [5]byte{ReplyMark, c.number, byte(CmdReadFrame)}; tail != want {
		return &chunkError{fmt.Sprintf("want the closing reply % X behind %d bytes, got % X", want, len(p), tail)}
	}
	return nil
}

// readFrame is the data of CmdReadFrame.
func readFrame(address, length int, delay time.Duration) []byte {
	d := []byte{CurrentFrame, TransferUART}
	d = binary.BigEndian.AppendUint32(d, uint32(address))
	d = binary.BigEndian.AppendUint32(d, uint32(length))
	return binary.BigEndian.AppendUint16(d, uint16(delay/delayUnit))
}
