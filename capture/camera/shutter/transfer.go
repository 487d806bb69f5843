package shutter

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
)

// heedTime is how long a Fetcher's program must have had to end for a shot before it is held
// against the camera that it did not: our own choice. Shots each 5 s leave it so long.
const heedTime = time.Second

// look looks at the card, by the Fetcher where there is one.
func (c *Camera) look(ctx context.Context) (l capture.Listing, err error) {
	if c.o.Fetcher == nil {
		return c.card.look(ctx)
	}
	err = c.transfer(ctx, func(part context.Context) (outcome, error) {
		l, err = c.o.Fetcher.List(part)
		switch {
		case err == nil:
			return well, nil
		case blamed(part, err), endless(part, err):
			return failed, err
		}
		return unknown, err
	})
	return l, err
}

// bring fetches a picture by the Fetcher.
func (c *Camera) bring(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	return c.transfer(ctx, func(part context.Context) (outcome, error) {
		refused := false
		err := c.o.Fetcher.Fetch(part, p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
			m, err := add(fill)
			refused = err != nil // gphoto has the file whole before it calls add
			if err == nil && p.First.ID == "" {
				p.First = m // a shot may end the transfer before the next file
			}
			return m, err
		})
		switch {
		case err == nil, refused:
			return well, err
		case blamed(part, err):
			return failed, err
		}
		return unknown, err
	})
}

// outcome is what a look or a transfer tells of the camera.
type outcome int

const (
	unknown outcome = iota // nothing: it was ended, or failed by another's fault
	well
	failed
)

// blamed tells whether the camera is at fault for err of a look or a transfer with ctx. It is
// not for what a shot or the end of the caller's time has ended, unless that took more than
// an interrupt; nor for a program that cannot be started, a picture that was not listed, or
// what this machine's own files say.
func blamed(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		yield := yields(ctx)
		return yield != nil && yield.Within >= heedTime && errors.Is(err, subprocess.ErrUnheeded)
	}
	for _, other := range []error{context.DeadlineExceeded, subprocess.ErrNotStarted, capture.ErrNotListed} {
		if errors.Is(err, other) {
			return false
		}
	}
	return !errors.As(err, new(syscall.Errno))
}

// endless tells whether shots have ended a look so often that it has no end, which is what
// another error than its context's says. A camera that hangs may do that. A file that has no
// end is too large for the pauses between the shots: its card was looked at before.
func endless(ctx context.Context, err error) bool {
	return yields(ctx) != nil && !errors.Is(err, context.Canceled)
}

// yields is why ctx has ended, where that is a shot; else nil.
func yields(ctx context.Context) *camera.YieldError {
	var yield *camera.YieldError
	if !errors.As(context.Cause(ctx), &yield) {
		return nil
	}
	select {
	case <-yield.Stop:
		return nil
	default:
	}
	return yield
}

// transfer does something with the Fetcher between the shots, and holds its outcome against
// a camera that has a power line.
func (c *Camera) transfer(ctx context.Context, do func(context.Context) (outcome, error)) error {
	return c.gate.transfer(ctx, func(part context.Context) error {
		o, err := do(part)
		if !c.switched() || o == unknown {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.verdict.transferred(o == failed) {
			c.o.Log.Warn().Err(err).Msg("the camera's pictures cannot be fetched: its power is cycled")
		}
		return err
	})
}
