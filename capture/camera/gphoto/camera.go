package gphoto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

// closeWait is how long Close waits for a Shoot: one whose context has ended returns
// within half a second, and the daemon has 5 s to stop in all.
const closeWait = time.Second

// The names of the driver's files in Options.Dir.
const (
	scratchName = "camera-gphoto"
	listName    = "gphoto.list"
)

// Runner runs one program at a time, as *subprocess.Runner does.
type Runner interface {
	Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error)
	LeftBehind() bool
}

// Options are what a Camera works with. All but Runner and Log are required.
type Options struct {
	// Power is the camera's power line, which the Camera takes over: Close closes it.
	Power *camera.Power
	Clock hal.Clock
	// Zone is the site's, in which the camera's clock is set.
	Zone *time.Location
	// Dir is for the list of fetched files and gphoto2's own files, on the file system
	// of the photos; it must exist.
	Dir string
	// Runner runs gphoto2. nil: a subprocess.Runner.
	Runner Runner
	// Find is the photo with these bytes, by their SHA-256 in lower-case hexadecimal,
	// where the store has it among its newest, as capture.Store has it. It tells which
	// files came into the store just before the power went. nil: they are fetched from
	// the camera again, for whoever takes them in to find out.
	Find func(sha256 string) (photo.Meta, bool)
	Log  zerolog.Logger
}

// Camera is one camera, behind gphoto2. Its methods may be called from any goroutine;
// one at a time does something, the others wait.
type Camera struct {
	cfg Config
	o   Options

	turn *camera.Turn // whoever has it may use what follows

	ladder  *camera.Ladder
	runner  Runner
	scratch *subprocess.Scratch
	list    *fetched.List
	at      where  // where the camera was found; its port is empty where it must be looked for
	model   string // the last one found
	// wild: a run since the last reset did not end by itself, so that the camera may
	// be in the middle of something.
	wild   bool
	shots  []shot           // what the last ones left for Others, the oldest first
	failed []fetched.Record // the notes of those that failed since
	card   card             // what is known of the camera's card
	clock  clock
	listed map[string][]remote // the files of the pictures of the newest List, by Picture.Name
	told   map[string]bool     // what was logged and has not been good since

	mu    sync.Mutex // guards the following
	state State
	next  photo.Shot // what the next Shoot takes; its Slot is zero where that is not known
}

// State is how the camera fares, as far as it told.
type State struct {
	// Model and Serial are what it calls itself; empty before it was asked.
	Model, Serial string
	// BatteryPercent is its charge; -1 where it does not tell.
	BatteryPercent int
	// Ahead is by how much its clock was ahead when it was read last; 0 before.
	Ahead time.Duration
}

var (
	_ capture.Camera  = (*Camera)(nil)
	_ capture.Several = (*Camera)(nil)
)

// New makes the driver; it starts nothing and touches no power before it is used. The
// Config must be valid.
func New(cfg Config, o Options) *Camera {
	if o.Runner == nil {
		o.Runner = new(subprocess.Runner)
	}
	return &Camera{
		cfg: cfg, o: o, turn: camera.NewTurn(), ladder: camera.NewLadder(o.Log), runner: o.Runner,
		scratch: subprocess.NewScratch(o.Dir, scratchName), list: fetched.New(filepath.Join(o.Dir, listName)),
		card: card{owing: true}, told: map[string]bool{}, state: State{BatteryPercent: -1},
	}
}

// State is a consistent snapshot. It never waits for the camera.
func (c *Camera) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Close ends what is under way, waits for it, for closeWait at most, and switches the
// camera off in any case. Everything else fails from then on. A second Close does
// nothing more.
func (c *Camera) Close() error {
	err := c.turn.Close(closeWait)
	if err == nil {
		err = c.scratch.Remove() // nobody has the turn, nor gets it
	}
	return errors.Join(err, c.o.Power.Close())
}

// Prepare finds the camera, and compares and sets its clock. It takes no picture and
// leaves the power as Shoot does; its errors do not count for the ladder.
func (c *Camera) Prepare(ctx context.Context) error {
	ctx, give, err := c.turn.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	if _, err = subprocess.Find(c.cfg.Program); c.isOurs() && err != nil {
		return fmt.Errorf("prepare the camera: %w", err)
	}
	c.drop(0)
	if err = c.list.Load(); err == nil {
		err = c.reconcile(photo.Meta{}) // before the store forgets what was new when the power went
	}
	err = errors.Join(err, c.introduce(ctx))
	if err = errors.Join(err, c.o.Power.Rest()); err != nil {
		return fmt.Errorf("prepare the camera: %w", err)
	}
	return nil
}

// isOurs tells whether the program is run as such, not simulated.
func (c *Camera) isOurs() bool {
	_, ok := c.runner.(*subprocess.Runner)
	return ok
}

// introduce asks the camera who it is and what time it has.
func (c *Camera) introduce(ctx context.Context) error {
	if _, err := c.switchOn(ctx); err != nil {
		return err
	}
	w, err := c.locate(ctx)
	if err != nil {
		return err
	}
	s := newSaid()
	err = c.ask(ctx, askTime, s, append(w.options(c.cfg.network()), "--get-config", "datetime", "--get-config", "batterylevel", "--get-config", "serialnumber")...)
	if s.clock.IsZero() && s.battery < 0 && err != nil {
		return err
	}
	c.heard(s, w)
	return c.setClock(ctx, w)
}

// heard takes note of what the camera said of itself.
func (c *Camera) heard(s *said, w where) {
	c.readClock(s)
	const low = 20 // percent
	if s.battery >= 0 {
		c.tell("battery", s.battery < low, func() {
			c.o.Log.Warn().Int("percent", s.battery).Msg("the camera's battery is low")
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Ahead = c.clock.ahead
	if w.model != "" {
		c.state.Model = w.model
	}
	if s.battery >= 0 {
		c.state.BatteryPercent = s.battery
	}
	if s.serial != "" {
		c.state.Serial = s.serial
	}
}

// tell logs something that is wrong once, until it is not.
func (c *Camera) tell(what string, wrong bool, log func()) {
	if wrong && !c.told[what] {
		log()
	}
	c.told[what] = wrong
}

// Shoot takes one picture and streams its first file to w: the JPEG where there is
// one. The others are for Others. After an error, what w got is part of a picture at
// best. The camera's power is as camera.Power.Rest leaves it on every return.
//
// Faults of w and a ctx that was cancelled are not the camera's and lead to no
// recovery; a ctx that ran out of time does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	ctx, give, err := c.turn.Take(ctx)
	if err != nil {
		return photo.Exposure{}, err
	}
	defer give()
	e, err := c.shoot(ctx, w)
	rest := c.o.Power.Rest()
	var sink *jpegstream.SinkError
	switch {
	case err == nil:
		c.ladder.Good()
		if rest != nil {
			// The picture is good; the battery is in danger.
			c.o.Log.Error().Err(rest).Msg("camera stays on")
		}
		return e, nil
	case errors.As(err, &sink), errors.Is(err, context.Canceled), errors.Is(err, errNoTime):
	default:
		c.ladder.Failed()
		c.at = where{}
	}
	return photo.Exposure{}, fmt.Errorf("shoot with gphoto2: %w", errors.Join(err, rest))
}
