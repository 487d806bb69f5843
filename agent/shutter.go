package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/shutter"
	"fieldcam/config"
	"fieldcam/hal"
)

// boardShutter is the configured camera in Low Power Mode, on the board. Like a
// boardCamera it takes its power line when it can be.
type boardShutter struct {
	cfg config.Camera
	o   shutter.Options // without Power and Fetcher

	clock hal.Clock

	mu      sync.Mutex // guards what follows
	driver  *shutter.Camera
	fetches *gphoto.Camera // brings the pictures; nil: something else does
}

var _ capture.Deferred = (*boardShutter)(nil)

// open takes the power line, and so switches the camera off.
func (c *boardShutter) open() (*shutter.Camera, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver != nil {
		return c.driver, nil
	}
	o := c.o
	if c.cfg.Power.Line != "" {
		// Once on, the camera stays on: it may be at work on pictures whenever the daemon
		// starts anew.
		p := c.cfg.Power
		p.KeepOn = true
		power, err := camera.OpenPower(p, o.Board)
		if err != nil {
			return nil, fmt.Errorf("take the camera's power line: %w", err)
		}
		o.Power = power
	}
	if c.cfg.Shutter.Fetch == shutter.FetchGPhoto {
		fetcher, err := c.fetcher()
		if err != nil {
			return nil, errors.Join(err, closePower(o.Power))
		}
		o.Fetcher, c.fetches = fetcher, fetcher
	}
	c.driver = shutter.New(c.cfg.Shutter, o)
	return c.driver, nil
}

// fetcher is gphoto2, which brings the pictures of a camera that it does not fire. The
// camera's power is the shutter's matter.
func (c *boardShutter) fetcher() (*gphoto.Camera, error) {
	none, err := camera.OpenPower(camera.DefaultPower(), c.o.Board)
	if err != nil {
		return nil, err
	}
	return gphoto.New(c.cfg.GPhoto, gphoto.Options{Power: none, Clock: c.clock, Zone: c.o.Zone, Dir: c.o.Dir, Log: c.o.Log}), nil
}

// closePower closes the power line, where there is one.
func closePower(p *camera.Power) error {
	if p == nil {
		return nil
	}
	return p.Close()
}

func (c *boardShutter) Fire(ctx context.Context) error {
	driver, err := c.open()
	if err != nil {
		return err
	}
	return driver.Fire(ctx)
}

func (c *boardShutter) List(ctx context.Context) (capture.Listing, error) {
	driver, err := c.open()
	if err != nil {
		return capture.Listing{}, err
	}
	return driver.List(ctx)
}

func (c *boardShutter) Fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	driver, err := c.open()
	if err != nil {
		return err
	}
	return driver.Fetch(ctx, p, add)
}

// prepare takes the lines before the first slot needs them, and then waits for ctx's
// end: it is a part of the agent.
func (c *boardShutter) prepare(ctx context.Context) error {
	driver, err := c.open()
	if err == nil {
		err = driver.Prepare()
	}
	if err != nil {
		c.o.Log.Warn().Err(err).Msg("camera not prepared: the first photo will try again")
	}
	<-ctx.Done()
	return nil
}

// fetchEvery is how often pictures are fetched where no upload session does it.
const fetchEvery = time.Hour

// fetchAlone brings the pictures of a camera in Low Power Mode into the queue where
// there is no cloud, and so no upload session, until ctx ends: they may go to the
// second copy. It is a part of the agent.
func (a *Agent) fetchAlone(ctx context.Context) error {
	tick := time.NewTicker(fetchEvery)
	defer tick.Stop()
	for {
		if err := a.fetch(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn().Err(err).Msg("pictures not fetched from the camera")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Close releases the lines, where they were taken.
func (c *boardShutter) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver == nil {
		return nil
	}
	return c.driver.Close()
}
