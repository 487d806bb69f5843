package vc0706

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/serial"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

// Format is the file name extension of every picture.
const Format = "jpg"

// Camera is one camera on one serial port. Its methods may be called from any
// goroutine; one Shoot at a time does something, the others wait.
type Camera struct {
	cfg    Config
	board  hal.Board
	log    zerolog.Logger
	keeper *camera.Keeper // what it calls may use what follows

	silent   bool   // the last talk ended in silence
	lastBaud int    // where the camera was seen last
	bootBaud int    // where it was seen last after a start
	resolved bool   // the resolution was stored although the camera does not tell it
	slow     bool   // it was said that the camera does not take cfg.Baud
	version  string // as last logged
}

// New makes the driver of a camera; it touches neither port nor power before
// Shoot. The Camera takes power over: Close closes it.
func New(cfg Config, board hal.Board, power *camera.Power, log zerolog.Logger) *Camera {
	c := &Camera{cfg: cfg, board: board, log: log, keeper: camera.NewKeeper("the camera at "+cfg.Port, power, log)}
	c.lastBaud = searchRates()[0]
	c.bootBaud = searchRates()[0]
	return c
}

// Close is the Keeper's.
func (c *Camera) Close() error { return c.keeper.Close() }

// Shoot takes one picture and streams it to w, as a whole JPEG. After an error,
// what w got is part of a picture at best. The camera's power is as
// camera.Power.Rest leaves it on every return, or off where it has fallen silent.
//
// Faults of w and a ctx that was cancelled are not the camera's and lead to no
// recovery; nor does one that ran out of time because of a recovery. Otherwise it does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	return c.keeper.Shoot(ctx, func(ctx context.Context) (photo.Exposure, error) { return c.shoot(ctx, w) }, c.blame)
}

// Prepare finds the camera and sets it up, which a later Shoot then need not do:
// a camera at another rate or resolution takes seconds. It leaves the power as
// Shoot does; its errors do not count for the ladder.
func (c *Camera) Prepare(ctx context.Context) error {
	return c.keeper.Prepare(ctx, func(ctx context.Context) error {
		return c.withCamera(ctx, func(*conn, found) error { return nil })
	})
}

func (c *Camera) shoot(ctx context.Context, w io.Writer) (e photo.Exposure, err error) {
	err = c.withCamera(ctx, func(conn *conn, f found) error {
		if err := conn.picture(ctx, w); err != nil {
			return err
		}
		if err := conn.resume(ctx); err != nil {
			// The next Shoot begins with it anyway.
			c.log.Debug().Err(err).Msg("camera did not resume")
		}
		e = photo.Exposure{Camera: f.version, Format: Format, Attempts: 1}
		return nil
	})
	return e, err
}

// blame is what an error of Shoot tells of the camera.
func (c *Camera) blame(_ context.Context, err error) camera.Blame {
	return camera.BlameFor(err, c.silent)
}

// withCamera gives the camera power, opens its port, finds it and sets it up,
// and calls do with it.
func (c *Camera) withCamera(ctx context.Context, do func(*conn, found) error) error {
	c.silent = false
	fresh, err := c.keeper.Start(ctx)
	if err != nil {
		return err
	}
	if fresh {
		c.lastBaud = c.bootBaud
	}
	port, err := c.board.OpenPort(c.cfg.Port, c.lastBaud)
	if err != nil {
		return err
	}
	conn := &conn{Conn: serial.New(port, c.lastBaud), number: byte(c.cfg.Number), timeout: c.cfg.ReplyTimeout, rates: c.rates(),
		part: c.cfg.Chunk, delay: c.cfg.ReadDelay}
	release := conn.Watch(ctx)
	defer func() {
		release()
		c.silent = conn.Silence() >= c.cfg.ReplyTimeout
		if cerr := port.Close(); cerr != nil {
			c.log.Warn().Err(cerr).Msg("close camera port")
		}
	}()
	f, err := c.ready(ctx, conn, fresh)
	if err != nil {
		return err
	}
	return do(conn, f)
}

// rates are those at which the camera may be. On the ladder's last rung they are all
// that there are: another configuration may have left it anywhere.
func (c *Camera) rates() []int {
	rates := searchRates()
	if !slices.Contains(rates, c.cfg.Baud) {
		rates = append(rates, c.cfg.Baud)
	}
	if c.keeper.Ladder.Due() < camera.Cycle {
		return rates
	}
	for _, baud := range c.cfg.Sensor.bauds() {
		if !slices.Contains(rates, baud) {
			rates = append(rates, baud)
		}
	}
	return rates
}

// ready finds the camera, recovers it as far as the ladder says, and sets it up.
func (c *Camera) ready(ctx context.Context, conn *conn, fresh bool) (found, error) {
	var f found
	fresh, err := c.keeper.Reach(ctx, fresh, func(booted bool) (err error) {
		if booted {
			c.lastBaud = c.bootBaud
		}
		f, err = conn.find(ctx, c.lastBaud)
		return err
	}, func() (err error) {
		c.lastBaud = c.bootBaud
		f, err = conn.reset(ctx, c.bootBaud)
		return err
	})
	if err != nil {
		return f, err
	}
	c.at(f, fresh)
	if f, err = c.setResolution(ctx, conn, f); err != nil {
		return f, err
	}
	if c.cfg.Compression > 0 {
		if err := conn.setCompression(ctx, byte(c.cfg.Compression)); err != nil {
			return f, err
		}
	}
	return c.setBaud(ctx, conn, f)
}

// at remembers where the camera is.
func (c *Camera) at(f found, fresh bool) {
	c.lastBaud = f.baud
	if fresh {
		c.bootBaud = f.baud
	}
	if f.version != c.version {
		c.version = f.version
		c.log.Info().Str("camera", f.version).Int("baud", f.baud).Msg("camera found")
	}
}

// setBaud brings the camera to the configured rate. One that does not take it is
// used as it is: a slow picture is better than none.
func (c *Camera) setBaud(ctx context.Context, conn *conn, f found) (found, error) {
	if f.baud != c.cfg.Baud {
		var err error
		if f, err = conn.switchBaud(ctx, f, c.cfg.Baud); err != nil {
			return f, fmt.Errorf("set rate %d: %w", c.cfg.Baud, err)
		}
		c.at(f, false)
	}
	if slow := f.baud != c.cfg.Baud; slow != c.slow {
		c.slow = slow
		if slow {
			c.log.Warn().Int("baud", f.baud).Int("want", c.cfg.Baud).Msg("camera does not take the rate")
		}
	}
	return f, nil
}
