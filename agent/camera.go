package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/visca"
	"fieldcam/capture/photo"
	"fieldcam/config"
	"fieldcam/hal"
)

// driver is a camera of some kind that gives each picture at once.
type driver interface {
	capture.Camera
	// Prepare finds the camera and sets it up, before the first slot needs it.
	Prepare(ctx context.Context) error
	// Close switches the camera off, where it can.
	Close() error
}

// surroundings are what a driver may need besides its own table of the
// configuration.
type surroundings struct {
	board hal.Board
	power *camera.Power // the driver's own: it closes it
	clock hal.Clock
	zone  *time.Location
	dir   string // the state directory, on the file system of the photos
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	log   zerolog.Logger
	// find is the queue's Find.
	find func(sha256 string) (photo.Meta, bool)
	// aimed is told of each aiming of a camera that has a control line; nil: it obeyed.
	aimed func(error)
}

// newDriver makes the driver of the configured kind; each kind has its line here. The
// kinds in Low Power Mode are boardShutter's.
func newDriver(c config.Camera, s surroundings) (driver, error) {
	switch c.Kind {
	case config.KindVC0706:
		return vc0706.New(c.VC0706, s.board, s.power, s.log), nil
	case config.KindHTTP:
		return ipcam.New(c.HTTP, ipcam.Options{Power: s.power, Clock: s.clock, Dial: s.dial, Log: s.log}), nil
	case config.KindUCAM:
		return ucam.New(c.UCAM, ucam.Options{Board: s.board, Power: s.power, Log: s.log}), nil
	case config.KindGPhoto:
		return gphoto.New(c.GPhoto, gphoto.Options{Power: s.power, Clock: s.clock, Zone: s.zone, Dir: s.dir, Find: s.find, Log: s.log}), nil
	case config.KindCommand:
		return command.New(c.Command, command.Options{Power: s.power, Dir: s.dir, Log: s.log}), nil
	}
	return nil, fmt.Errorf("no driver for cameras of kind %q", c.Kind)
}

// boardCamera is the configured camera on the board. Its power line is taken
// when it can be: a line that is missing or held by another fails the slots,
// with that cause, until it is there, but never keeps the daemon from running.
type boardCamera struct {
	cfg config.Camera
	s   surroundings // without power

	mu      sync.Mutex // guards what follows, but for the use of control
	driver  driver
	session string         // that the next Shoot is for
	still   bool           // no photo is taken: the camera is not aimed
	fresh   bool           // it got its power while it was not
	shot    photo.Shot     // that it takes
	control *visca.Control // nil: the camera is not aimed; used by the driver's calls of power.On
}

// open takes the power line, and so switches the camera off.
func (c *boardCamera) open() (driver, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver != nil {
		return c.driver, nil
	}
	s := c.s
	var err error
	if s.power, err = camera.OpenPower(c.cfg.Power, s.board); err != nil {
		return nil, fmt.Errorf("take the camera's power line: %w", err)
	}
	if c.cfg.VISCA.Port != "" && c.control == nil {
		c.control = visca.New(c.cfg.VISCA, s.board)
	}
	if c.control != nil {
		s.power.Then(c.aim)
	}
	d, err := newDriver(c.cfg, s)
	if err != nil {
		return nil, errors.Join(err, s.power.Close())
	}
	c.driver = d
	return d, nil
}

func (c *boardCamera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	driver, err := c.open()
	if err != nil {
		return photo.Exposure{}, err
	}
	if several, ok := driver.(capture.Several); ok {
		c.mu.Lock()
		shot := c.shot
		c.mu.Unlock()
		several.Begin(shot)
	}
	return driver.Shoot(ctx, w)
}

// Begin implements capture.Several, as Others does.
func (c *boardCamera) Begin(shot photo.Shot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shot = shot
}

// Others implements capture.Several, for the kinds that have several files of a shot.
func (c *boardCamera) Others(ctx context.Context, first photo.Meta, add capture.AddOther) error {
	driver, err := c.open()
	if err != nil {
		return err
	}
	if several, ok := driver.(capture.Several); ok {
		c.stand(true) // the session is that of a photo long past
		defer c.stand(false)
		return several.Others(ctx, first, add)
	}
	return nil
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
		c.s.log.Warn().Err(err).Msg("camera not prepared: the first photo will try again")
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
