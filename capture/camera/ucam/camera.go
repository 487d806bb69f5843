package ucam

import (
	"context"
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

// Options are what a Camera works with. Board and Power are required.
type Options struct {
	Board hal.Board
	// Power is the camera's line. The Camera takes it over: Close closes it.
	Power *camera.Power
	Log   zerolog.Logger
}

// Camera is one camera on one serial port. Its methods may be called from any
// goroutine; one Shoot at a time does something, the others wait.
type Camera struct {
	cfg Config
	o   Options

	keeper *camera.Keeper // what it calls may use what follows

	silent   bool // the last talk ended in silence
	lastBaud int  // where the camera was seen last
	slow     bool // it was said that the camera does not take cfg.Baud
	plain    bool // it was said that the camera does not know all that a cfg.Model does
	seen     bool // it was said that the camera was found
}

// New makes the driver of a camera; it touches neither port nor power before
// Shoot or Prepare.
func New(cfg Config, o Options) *Camera {
	c := &Camera{cfg: cfg, o: o, keeper: camera.NewKeeper("the camera at "+cfg.Port, o.Power, o.Log)}
	c.lastBaud = c.firstBaud()
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
	return c.keeper.Shoot(ctx, func(ctx context.Context) (photo.Exposure, error) {
		err := c.withCamera(ctx, func(conn *conn) error { return conn.picture(ctx, w) })
		return photo.Exposure{Camera: c.cfg.Model.name(), Format: Format, Attempts: 1}, err
	}, c.blame)
}

// Prepare finds the camera and sets it up. It leaves the power as Shoot does; its
// errors do not count for the ladder.
func (c *Camera) Prepare(ctx context.Context) error {
	return c.keeper.Prepare(ctx, func(ctx context.Context) error {
		return c.withCamera(ctx, func(*conn) error { return nil })
	})
}

// blame is what an error of Shoot tells of the camera.
func (c *Camera) blame(_ context.Context, err error) camera.Blame {
	return camera.BlameFor(err, c.silent)
}

// withCamera gives the camera power, opens its port, finds it and sets it up,
// and calls do with it.
func (c *Camera) withCamera(ctx context.Context, do func(*conn) error) error {
	c.silent = false
	fresh, err := c.keeper.Start(ctx)
	if err != nil {
		return err
	}
	if fresh {
		c.lastBaud = c.firstBaud()
	}
	first := c.lastBaud
	port, err := c.o.Board.OpenPort(c.cfg.Port, first)
	if err != nil {
		return err
	}
	conn := &conn{Conn: serial.New(port, first), address: byte(c.cfg.Address), timeout: c.cfg.ReplyTimeout, size: c.cfg.Package}
	release := conn.Watch(ctx)
	defer func() {
		release()
		c.silent = conn.Silence() >= c.cfg.ReplyTimeout
		if cerr := port.Close(); cerr != nil {
			c.o.Log.Warn().Err(cerr).Msg("close camera port")
		}
	}()
	if err := c.ready(ctx, conn, fresh, first); err != nil {
		return err
	}
	return do(conn)
}

// firstBaud is the rate to look at first for a camera that has just started.
func (c *Camera) firstBaud() int {
	if slices.Contains(AutoBauds(), c.cfg.Baud) {
		return c.cfg.Baud // which it then takes by itself
	}
	return AutoBauds()[0]
}
