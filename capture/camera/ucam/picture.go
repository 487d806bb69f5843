package ucam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/serial"
)

const (
	// shutterTime is the camera's own from the snapshot to the picture [H].
	shutterTime = 200 * time.Millisecond
	// readyTries is how often the picture is asked for, readyPause apart, while the
	// camera says that it is not ready.
	readyTries = 30
	readyPause = 100 * time.Millisecond
	// packageTries is how often one package is asked for; Seeed retries 100 times [L].
	packageTries = 20
	// silentTries is how often in a row nothing at all may come: the camera hangs or
	// sleeps then, and the next Shoot wakes it.
	silentTries = 6
	// maxBadPackages bounds a whole picture.
	maxBadPackages = 200
	// byteGap is the longest silence inside a package.
	byteGap = 250 * time.Millisecond
	// maxPicture refuses a length that cannot be: the length has no checksum, and
	// the camera's pictures are VGA.
	maxPicture = 1 << 20
)

// picture takes a picture and streams it to w.
func (c *conn) picture(ctx context.Context, w io.Writer) error {
	if err := c.command(ctx, CmdSnapshot, SnapshotJPEG); err != nil {
		return err
	}
	if err := serial.Pause(ctx, shutterTime); err != nil {
		return err
	}
	length, err := c.length(ctx)
	if err != nil {
		return err
	}
	return jpegstream.Copy(w, length, func(j *jpegstream.Writer) error { return c.transfer(ctx, length, j) })
}

// length asks for the snapshot, and returns how many bytes it has.
func (c *conn) length(ctx context.Context) (n int, err error) {
	for range readyTries {
		if err = c.command(ctx, CmdGet, PictureShot); err != nil {
			var nak *NAKError
			if !errors.As(err, &nak) || nak.Code != CodeNotReady {
				return 0, err
			}
		} else if n, err = c.data(ctx); err == nil || !again(err) {
			return n, err
		}
		if err := serial.Pause(ctx, readyPause); err != nil {
			return 0, err
		}
	}
	return 0, err
}

// data waits for the DATA that follows the ACK of GET PICTURE.
func (c *conn) data(ctx context.Context) (int, error) {
	start := time.Now()
	f, err := c.await(ctx, start.Add(c.timeout), func(f Frame) bool { return f.Command() == CmdData && f[2] == PictureShot })
	if err != nil {
		return 0, c.explain(CmdGet, time.Since(start), err)
	}
	n := int(f[3]) | int(f[4])<<8 | int(f[5])<<16
	if n == 0 || n > maxPicture {
		return 0, &packageError{fmt.Sprintf("picture: want a length of 1 to %d, got %d", maxPicture, n)}
	}
	return n, nil
}

// transfer reads the picture into j, package by package, up to the JPEG's end.
func (c *conn) transfer(ctx context.Context, length int, j *jpegstream.Writer) error {
	buf := make([]byte, c.size)
	payload := c.size - PackageHead - PackageTail
	base, bad := unknownBase, 0
	for id, tries, silent := 0, 0, 0; id*payload < length && !j.Ended(); {
		n := min(payload, length-id*payload)
		first, err := c.pack(ctx, id, base, buf[:PackageHead+n+PackageTail])
		if err == nil {
			if _, err := j.Write(buf[PackageHead : PackageHead+n]); err != nil {
				return err
			}
			id++
			base, tries, silent = first, 0, 0
			continue
		}
		if !again(err) {
			return err
		}
		tries++
		bad++
		var silence *serial.SilenceError
		if silent++; !errors.As(err, &silence) {
			silent = 0
		}
		if tries >= packageTries || silent >= silentTries || bad >= maxBadPackages {
			return fmt.Errorf("read picture at byte %d of %d, %d tries, %d bad packages in all: %w", id*payload, length, tries, bad, err)
		}
		if err := c.Quiet(ctx, quietGap); err != nil {
			return err
		}
	}
	return c.send(ctx, CmdAck, 0, 0, LastPackage&0xFF, LastPackage>>8)
}

// unknownBase is where a camera begins to count its packages before one has come.
// The data sheets have 0000 in the package that was asked for as 0000 [D]; two
// drivers take what is in it for the number to ask for next, so that it must have
// been 0001 [H][S].
const unknownBase = -1

// pack asks for package id and reads it into p, which it fills. It returns base, or
// what it is if it was unknown.
func (c *conn) pack(ctx context.Context, id, base int, p []byte) (int, error) {
	if err := c.Discard(); err != nil {
		return base, err
	}
	if err := c.send(ctx, CmdAck, 0, 0, byte(id), byte(id>>8)); err != nil {
		return base, err
	}
	until := time.Now().Add(c.timeout + byteGap + time.Duration(len(p))*2*time.Millisecond)
	gap := c.timeout // until it begins
	for n := 0; n < len(p); gap = byteGap {
		// The head first, then the rest: a NAK is shorter than a package.
		want := p[n:]
		if n == 0 {
			want = p[:FrameBytes]
		}
		k, err := c.ReadFull(ctx, want, gap, until)
		n += k
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && n == 0:
			return base, silence(CmdAck, gap, nil)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return base, &packageError{fmt.Sprintf("package %d: want %d bytes, got %d and then nothing for %v", id, len(p), n, gap)}
		case err != nil:
			return base, err
		case n == FrameBytes && len(p) > n:
			if f := Frame(p[:FrameBytes]); f[0] == Mark && f.Command() == CmdNAK && f.Address() == c.address && f[2] == 0 && f[5] == 0 {
				return base, &NAKError{Command: CmdAck, Code: Code(f[4])}
			}
		}
	}
	return checkPackage(p, id, base)
}

// checkPackage checks a whole package; base as for pack.
func checkPackage(p []byte, id, base int) (int, error) {
	number, size := int(p[0])|int(p[1])<<8, int(p[2])|int(p[3])<<8
	first := number - id
	if data := len(p) - PackageHead - PackageTail; size != data {
		return base, &packageError{fmt.Sprintf("package %d: want %d bytes of data, got %d", id, data, size)}
	}
	if base == unknownBase && first != 0 && first != 1 || base != unknownBase && first != base {
		return base, &packageError{fmt.Sprintf("package %d: got package %d", id, number)}
	}
	var sum byte
	for _, b := range p[:len(p)-PackageTail] {
		sum += b
	}
	if got := p[len(p)-PackageTail:]; got[0] != sum || got[1] != 0 {
		return base, &packageError{fmt.Sprintf("package %d: want the sum %02X 00, got % X", id, sum, got)}
	}
	return first, nil
}
