package ipcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/identity"
	"fieldcam/capture/camera"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

// Format is the file name extension of every picture.
const Format = "jpg"

const (
	// startTime is how long behind its warm-up a camera that is kept on may start, over
	// several uses, and is not cut: half a minute to a minute is usual.
	startTime = 3 * time.Minute
	// startPause is the time between two questions to a camera that starts.
	startPause = time.Second
	// maxRefusals is how often in a row the camera may refuse the password before it
	// is left alone for refusalPause: some lock the user out after five.
	maxRefusals  = 3
	refusalPause = 10 * time.Minute
)

// Options are what a Camera works with.
type Options struct {
	// Power is the camera's power line, which the Camera takes over: Close closes it.
	Power *camera.Power
	// Clock is the wall clock, for certificates and ONVIF's tokens.
	Clock hal.Clock
	// Dial opens connections to the camera. nil: a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	Log  zerolog.Logger
}

// Camera is one IP camera. Its methods may be called from any goroutine; one Shoot at
// a time does something, the others wait.
type Camera struct {
	cfg    Config
	clock  hal.Clock
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	log    zerolog.Logger
	keeper *camera.Keeper // what it calls may use what follows

	client *http.Client // nil before the first use
	auth   *authorizer
	found  *url.URL  // the snapshots' address; nil: to be asked for
	model  string    // as ONVIF tells; empty: not known
	upAt   time.Time // since when it starts, by package time; zero: it does not

	refusals  int       // of the password, in a row
	refusedAt time.Time // the last one, by package time
}

// New makes the driver; it touches neither network, files nor power before Shoot or
// Prepare. The Config must be valid.
func New(cfg Config, o Options) *Camera {
	return &Camera{
		cfg: cfg, clock: o.Clock, dial: o.Dial, log: o.Log, keeper: camera.NewKeeper("the camera at "+cfg.host(), o.Power, o.Log),
	}
}

// Close is the Keeper's.
func (c *Camera) Close() error { return c.keeper.Close() }

// Prepare finds the camera and takes a picture that nobody keeps, so that an address
// or a password that is wrong is known before the first slot. It leaves the power as
// Shoot does; its errors do not count for the ladder.
func (c *Camera) Prepare(ctx context.Context) error {
	return c.keeper.Prepare(ctx, func(ctx context.Context) error {
		_, err := c.shoot(ctx, io.Discard)
		return err
	})
}

// Shoot takes one picture and streams it to w, as a whole JPEG. After an error,
// what w got is part of a picture at best. The camera's power is as
// camera.Power.Rest leaves it on every return, or off where it stopped in mid-picture.
//
// Faults of w, a ctx that was cancelled, and a password that is refused (ErrRefused)
// or not shown (ErrNotShown) lead to no recovery; nor does a ctx that ran out of time
// because of a recovery. Otherwise it does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	return c.keeper.Shoot(ctx, func(ctx context.Context) (photo.Exposure, error) { return c.shoot(ctx, w) }, blame)
}

// blame is what an error of shoot tells of the camera.
func blame(ctx context.Context, err error) camera.Blame {
	var stalled *stalledError
	switch {
	case errors.Is(err, ErrRefused), errors.Is(err, ErrNotShown):
		return camera.Blameless
	case errors.As(err, &stalled):
		return camera.Mute
	case ctx.Err() != nil:
		return camera.Slow
	}
	return camera.Faulty
}

// shoot gives the camera power, finds it and gets the picture.
func (c *Camera) shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	if c.refusals >= maxRefusals && time.Since(c.refusedAt) < refusalPause {
		return photo.Exposure{}, fmt.Errorf("%w: not tried again for %v, so that it does not lock the user out", ErrRefused, refusalPause)
	}
	if err := c.open(); err != nil {
		return photo.Exposure{}, err
	}
	defer c.client.CloseIdleConnections()
	fresh, err := c.start(ctx)
	if err != nil {
		return photo.Exposure{}, err
	}
	bound, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	if fresh && c.upAt.IsZero() {
		c.upAt = time.Now()
	}
	e, err := c.picture(bound, w)
	for fresh && err != nil && notYet(err) && pause(bound) {
		e, err = c.picture(bound, w)
	}
	if err != nil && !notYet(err) && !errors.Is(err, context.DeadlineExceeded) {
		c.upAt = time.Time{}
	}
	switch {
	case errors.Is(err, ErrRefused):
		c.refusals, c.refusedAt = c.refusals+1, time.Now()
	case err == nil:
		c.refusals = 0
	case ctx.Err() != nil && !errors.As(err, new(*stalledError)):
		err = ctx.Err() // whatever broke off by it
	}
	return e, err
}

// open reads the files that the configuration names, once they can be read.
func (c *Camera) open() error {
	if c.client != nil {
		return nil
	}
	who, err := identity.Open(identity.Config{
		CAFile: c.cfg.CAFile, Username: c.cfg.Username, Password: c.cfg.Password, PasswordFile: c.cfg.PasswordFile,
	}, "", c.clock.Now)
	if err != nil {
		return err
	}
	for _, text := range who.Warnings() {
		c.log.Warn().Msg(text)
	}
	c.client = newClient(c.cfg, who, c.dial)
	c.auth = &authorizer{username: who.Username(), password: who.Password(), clear: c.cfg.Basic}
	return nil
}

// start gives the camera power, after taking it away where the ladder says so, and
// forgets it where there was a failure. fresh tells that it has started just now.
func (c *Camera) start(ctx context.Context) (fresh bool, err error) {
	if c.keeper.Ladder.Due() >= camera.Reset {
		c.client.CloseIdleConnections()
		c.auth.forget()
		c.found = nil
		c.keeper.Ladder.Climbed(camera.Reset, "camera looked for anew")
	}
	if time.Since(c.upAt) < startTime && c.keeper.Power.IsOn() {
		_, err := c.keeper.Power.On(ctx)
		return true, err
	}
	c.upAt = time.Time{}
	return c.keeper.Start(ctx)
}

// picture gets one picture.
func (c *Camera) picture(ctx context.Context, w io.Writer) (e photo.Exposure, err error) {
	if c.found == nil {
		if c.cfg.URL != "" {
			c.found, err = url.Parse(c.cfg.URL)
		} else {
			c.found, err = c.discover(ctx)
		}
		if err != nil {
			c.found = nil
			return e, err
		}
	}
	server, err := c.snapshot(ctx, c.found, w)
	if err != nil {
		return e, err
	}
	e = photo.Exposure{Camera: c.model, Format: Format, Attempts: 1}
	if e.Camera == "" {
		e.Camera = server
	}
	return e, nil
}

// pause waits for startPause; false where ctx ended.
func pause(ctx context.Context) bool {
	t := time.NewTimer(startPause)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
