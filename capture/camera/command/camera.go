package command

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
)

// Format is the file name extension of every picture.
const Format = "jpg"

// leastTime is how long a run must have at least: a program that is stopped while it
// opens the camera does more harm than a photo less.
const leastTime = 250 * time.Millisecond

// Runner runs one program at a time, as *subprocess.Runner does.
type Runner interface {
	Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error)
	LeftBehind() bool
}

// Options are what a Camera works with.
type Options struct {
	// Power is the camera's power line, which the Camera takes over: Close closes it.
	Power *camera.Power
	// Dir is where the directory for the program's files is made, on the file system
	// of the photos.
	Dir string
	// Runner runs the program. nil: a subprocess.Runner.
	Runner Runner
	Log    zerolog.Logger
}

// Camera is one camera, behind one program. Its methods may be called from any
// goroutine; one Shoot at a time does something, the others wait.
type Camera struct {
	cfg    Config
	log    zerolog.Logger
	keeper *camera.Keeper // what it calls may use what follows

	runner  Runner
	scratch *subprocess.Scratch
	hurried bool // the last run had less than its configured time
	odd     bool // the program did not end well after the last picture
}

// scratchName is the place for the program's files, in Options.Dir.
const scratchName = "camera-command"

// New makes the driver; it starts nothing and touches no power before Shoot or
// Prepare. The Config must be valid.
func New(cfg Config, o Options) *Camera {
	if o.Runner == nil {
		o.Runner = new(subprocess.Runner)
	}
	return &Camera{
		cfg: cfg, log: o.Log, keeper: camera.NewKeeper("the camera of "+filepath.Base(cfg.Argv[0]), o.Power, o.Log),
		runner: o.Runner, scratch: subprocess.NewScratch(o.Dir, scratchName),
	}
}

// Close is the Keeper's.
func (c *Camera) Close() error { return c.keeper.Close() }

// Prepare sees to it that the program is there and the power can be switched, and
// clears away what an earlier process left. It takes no picture, and leaves the power
// as Shoot does.
func (c *Camera) Prepare(ctx context.Context) error {
	return c.keeper.Prepare(ctx, func(ctx context.Context) error {
		_, err := subprocess.Find(c.cfg.Argv[0])
		if err = errors.Join(err, c.scratch.Remove()); err != nil {
			return err
		}
		_, err = c.keeper.Power.On(ctx)
		return err
	})
}

// Shoot takes one picture and streams it to w, as a whole JPEG. After an error,
// what w got is part of a picture at best. The camera's power is as
// camera.Power.Rest leaves it on every return, or off after a program that had to be
// stopped.
//
// Faults of w and a ctx that was cancelled are not the camera's and lead to no
// recovery; nor does a program that cannot be started, nor a ctx that ran out of time
// because of a recovery, or before the program was started. Otherwise it does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	return c.keeper.Shoot(ctx, func(ctx context.Context) (photo.Exposure, error) {
		return photo.Exposure{Camera: c.program(), Format: Format, Attempts: 1}, c.shoot(ctx, w)
	}, c.blame)
}

// program is the program's name, for people.
func (c *Camera) program() string { return filepath.Base(c.cfg.Argv[0]) }

// blame is what an error of shoot tells of the camera: nothing, where the program could not
// be started. One that had its configured time hangs, and its camera with it.
func (c *Camera) blame(ctx context.Context, err error) camera.Blame {
	switch {
	case errors.Is(err, subprocess.ErrNotStarted):
		return camera.Blameless
	case !errors.Is(err, context.DeadlineExceeded):
		return camera.Faulty
	case c.hurried:
		return camera.Stopped
	}
	return camera.Mute
}

// shoot runs the program and passes its picture on to w.
func (c *Camera) shoot(ctx context.Context, w io.Writer) (err error) {
	if err := c.start(ctx); err != nil {
		return err
	}
	deadline, ok := ctx.Deadline()
	c.hurried = ok && time.Until(deadline) < c.cfg.Timeout
	dir, err := c.scratch.Make()
	if err != nil {
		return &jpegstream.SinkError{Err: err} // the card's fault
	}
	defer func() {
		if rerr := c.scratch.Remove(); rerr != nil {
			c.log.Warn().Err(rerr).Msg("the camera's program has left files")
		}
	}()
	picture := jpegstream.New(w)
	exit, err := c.run(ctx, dir, picture)
	var sink *jpegstream.SinkError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case picture.Ended() && !errors.As(err, &sink):
		c.ended(errors.Join(err, exit.Err()))
		return nil
	case err != nil:
		return err
	case exit.Err() != nil:
		return exit.Err()
	}
	return incomplete(exit)
}

// start gives the camera power, after taking it away where the ladder says so, and in
// time for the program.
func (c *Camera) start(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-leastTime))
		defer cancel()
	}
	if c.runner.LeftBehind() {
		c.keeper.Ladder.Demand(camera.Cycle)
	}
	_, err := c.keeper.Start(ctx)
	return err
}

// ended logs how the program ended after a good picture, when that changes.
func (c *Camera) ended(how error) {
	switch odd := how != nil; {
	case odd == c.odd:
	case odd:
		c.log.Warn().Err(how).Msg("the camera's program gives good pictures, but does not end well")
	default:
		c.log.Info().Msg("the camera's program ends well again")
	}
	c.odd = how != nil
}
