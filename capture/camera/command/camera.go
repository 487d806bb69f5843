package command

import (
	"context"
	"errors"
	"fmt"
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

// closeWait is how long Close waits for a Shoot: one whose context has ended
// returns within half a second, and the daemon has 5 s to stop in all.
const closeWait = time.Second

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
	cfg   Config
	power *camera.Power // Close may use it without the turn
	log   zerolog.Logger

	turn *camera.Turn // whoever has it may use what follows

	ladder  *camera.Ladder
	runner  Runner
	scratch *subprocess.Scratch
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
		cfg: cfg, power: o.Power, log: o.Log, turn: camera.NewTurn(), ladder: camera.NewLadder(o.Log),
		runner: o.Runner, scratch: subprocess.NewScratch(o.Dir, scratchName),
	}
}

// Close ends a Shoot that is under way, waits for it, for closeWait at most, and
// switches the camera off in any case; where the Shoot does not end, because its
// writer hangs, it returns an error. Shoot and Prepare fail from then on. A second
// Close does nothing more.
func (c *Camera) Close() error {
	err := c.turn.Close(closeWait)
	if err != nil {
		err = fmt.Errorf("camera of %s: %w", c.program(), err)
	}
	return errors.Join(err, c.power.Close())
}

// Prepare sees to it that the program is there and the power can be switched, and
// clears away what an earlier process left. It takes no picture, and leaves the power
// as Shoot does.
func (c *Camera) Prepare(ctx context.Context) error {
	ctx, give, err := c.turn.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	_, err = subprocess.Find(c.cfg.Argv[0])
	err = errors.Join(err, c.scratch.Remove())
	if err == nil {
		_, err = c.power.On(ctx)
	}
	if err = errors.Join(err, c.power.Rest()); err != nil {
		return fmt.Errorf("prepare the camera of %s: %w", c.program(), err)
	}
	return nil
}

// Shoot takes one picture and streams it to w, as a whole JPEG. After an error,
// what w got is part of a picture at best. The camera's power is as
// camera.Power.Rest leaves it on every return.
//
// Faults of w and a ctx that was cancelled are not the camera's and lead to no
// recovery; a ctx that ran out of time does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	ctx, give, err := c.turn.Take(ctx)
	if err != nil {
		return photo.Exposure{}, err
	}
	defer give()

	err = c.shoot(ctx, w)
	rest := c.power.Rest()
	var sink *jpegstream.SinkError
	switch {
	case err == nil:
		c.ladder.Good()
		if rest != nil {
			// The picture is good; the battery is in danger.
			c.log.Error().Err(rest).Msg("camera stays on")
		}
		return photo.Exposure{Camera: c.program(), Format: Format, Attempts: 1}, nil
	case errors.As(err, &sink), errors.Is(err, context.Canceled), errors.Is(err, errNoTime):
	default:
		c.ladder.Failed()
	}
	return photo.Exposure{}, fmt.Errorf("shoot with %s: %w", c.program(), errors.Join(err, rest))
}

// program is the program's name, for people.
func (c *Camera) program() string { return filepath.Base(c.cfg.Argv[0]) }

// errNoTime: the program was not started, because there was no time for it.
var errNoTime = fmt.Errorf("less than %v left for the program: %w", leastTime, context.DeadlineExceeded)

// shoot runs the program and passes its picture on to w.
func (c *Camera) shoot(ctx context.Context, w io.Writer) (err error) {
	if err := c.start(ctx); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < leastTime {
		return errNoTime
	}
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

// start gives the camera power, after taking it away where the ladder says so.
func (c *Camera) start(ctx context.Context) error {
	if c.ladder.Due() >= camera.Cycle || c.runner.LeftBehind() {
		err := c.power.Cycle(ctx)
		if err == nil {
			c.ladder.Climbed(camera.Cycle, "camera power cycled")
			return nil
		}
		if !errors.Is(err, camera.ErrNoPowerLine) {
			return err
		}
	}
	_, err := c.power.On(ctx)
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
