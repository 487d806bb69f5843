package shutter

import (
	"context"
	"errors"
	"io"

	"fieldcam/capture"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
)

// look looks at the card, by the Fetcher where there is one.
func (c *Camera) look(ctx context.Context) (l capture.Listing, err error) {
	if c.o.Fetcher == nil {
		return c.card.look(ctx)
	}
	err = c.transfer(ctx, func(ctx context.Context) (camera bool, err error) {
		l, err = c.o.Fetcher.List(ctx)
		return err != nil, err
	})
	return l, err
}

// bring fetches a picture by the Fetcher.
func (c *Camera) bring(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	return c.transfer(ctx, func(ctx context.Context) (camera bool, err error) {
		refused := false
		err = c.o.Fetcher.Fetch(ctx, p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
			m, err := add(fill)
			refused = err != nil // gphoto has the file whole before it calls add
			if err == nil && p.First.ID == "" {
				p.First = m // a shot may end the transfer before the next file
			}
			return m, err
		})
		return err != nil && !refused, err
	})
}

// transfer does something with the Fetcher between the shots, and holds it against a camera
// that has a power line where it fails; camera: the camera has. What a shot or the end of
// the caller's time has ended is not held against it, nor that the Fetcher's program cannot
// be started.
func (c *Camera) transfer(ctx context.Context, do func(context.Context) (camera bool, err error)) error {
	ended, failed := false, false
	err := c.gate.transfer(ctx, func(ctx context.Context) error {
		camera, err := do(ctx)
		ended, failed = ctx.Err() != nil, camera
		return err
	})
	excused := ended || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, subprocess.ErrNotStarted)
	if c.o.Power == nil || !c.o.Power.Switched() || failed && excused {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict.transferred(failed) {
		c.o.Log.Warn().Err(err).Msg("the camera's pictures cannot be fetched: its power is cycled")
	}
	return err
}
