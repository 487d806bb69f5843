package agent

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/photo"
	"fieldcam/config"
	"fieldcam/hal"
)

// boardCamera is the configured camera on the board. Its power line is taken
// when it can be: a line that is missing or held by another fails the slots,
// with that cause, until it is there, but never keeps the daemon from running.
type boardCamera struct {
	cfg   config.Camera
	board hal.Board
	log   zerolog.Logger

	mu     sync.Mutex // guards driver
	driver *vc0706.Camera
}

// open takes the power line, and so switches the camera off.
func (c *boardCamera) open() (*vc0706.Camera, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver != nil {
		return c.driver, nil
	}
	power, err := camera.OpenPower(c.cfg.Power, c.board)
	if err != nil {
		return nil, fmt.Errorf("take the camera's power line: %w", err)
	}
	c.driver = vc0706.New(c.cfg.VC0706, c.board, power, c.log)
	return c.driver, nil
}

func (c *boardCamera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	driver, err := c.open()
	if err != nil {
		return photo.Exposure{}, err
	}
	return driver.Shoot(ctx, w)
}

// prepareTime bounds the preparation of a camera at the start.
const prepareTime = 30 * time.Second

// prepare finds the camera and sets it up before the first slot needs it, and
// then waits for ctx's end: it is a part of the agent.
func (c *boardCamera) prepare(ctx context.Context) error {
	driver, err := c.open()
	if err == nil {
		bound, cancel := context.WithTimeout(ctx, prepareTime)
		err = driver.Prepare(bound)
		cancel()
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn().Err(err).Msg("camera not prepared: the first photo will try again")
	}
	<-ctx.Done()
	return nil
}

// Close switches the camera off, where it can.
func (c *boardCamera) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver == nil {
		return nil
	}
	return c.driver.Close()
}
