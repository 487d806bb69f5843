package gphoto

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/photo"
	"fieldcam/hal"
)

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
	cfg    Config
	o      Options
	keeper *camera.Keeper // whoever uses the camera by it may use what follows

	runner  Runner
	scratch *subprocess.Scratch
	list    *fetched.List
	at      where         // where the camera was found; its port is empty where it must be looked for
	model   string        // the last one found
	hurried bool          // the last shot's run had less time than a shot needs
	took    time.Duration // of the last good shot's run; 0 before
	put     time.Time     // when the time of the last Shoot ends that was put off; zero for none
	anew    bool          // the camera was started anew, or reset, in this use
	// wild: since the last reset, or attempt at one, a signal has ended a run, or a shot's
	// run had to be ended at all, so that the camera may be in the middle of something.
	wild    bool
	shots   []shot           // what the last ones left for Others, the oldest first
	failed  []fetched.Record // the notes of those that failed since
	card    card             // what is known of the camera's card
	clock   clock
	met     time.Time            // when greet asked it who it is last, by package time; zero for never
	walk    walk                 // over the card
	stall   stall                // of what does not get through
	present map[fetched.Key]bool // the files of the newest List; nil before one
	listed  map[string][]remote  // the files of the pictures of the newest List, by Picture.Name
	told    map[string]bool      // what was logged and has not been good since

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
		cfg: cfg, o: o, keeper: camera.NewKeeper("gphoto2", o.Power, o.Log), runner: o.Runner,
		scratch: subprocess.NewScratch(o.Dir, scratchName), list: fetched.New(filepath.Join(o.Dir, listName)),
		card: card{owing: true}, clock: clock{settings: newSettingFile(o.Dir)}, told: map[string]bool{}, state: State{BatteryPercent: -1},
	}
}

// State is a consistent snapshot. It never waits for the camera.
func (c *Camera) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Close is the Keeper's, and removes what gphoto2 has left.
func (c *Camera) Close() error {
	if err := c.keeper.Close(); err != nil {
		return err
	}
	return c.scratch.Remove() // nobody uses the camera, nor will
}

// Prepare finds the camera, compares and sets its clock, and finds out which files came
// into the store just before an earlier process ended. It takes no picture and leaves the
// power as Shoot does; its errors do not count for the ladder.
func (c *Camera) Prepare(ctx context.Context) error {
	return c.keeper.Prepare(ctx, func(ctx context.Context) error {
		if _, err := subprocess.Find(c.cfg.Program); c.isOurs() && err != nil {
			return installed(err)
		}
		c.drop(0)
		err := c.list.Load()
		if err == nil {
			err = c.reconcile(photo.Meta{}) // before the store forgets what was new when the power went
		}
		return errors.Join(err, c.introduce(ctx))
	})
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
	if err := c.meet(ctx, w); err != nil {
		return err
	}
	return c.setClock(ctx, w)
}

// meet asks the camera at w.
func (c *Camera) meet(ctx context.Context, w where) error {
	s := newSaid()
	err := c.ask(ctx, askTime, s, append(w.options(c.cfg.network()), "--get-config", "datetime", "--get-config", "batterylevel", "--get-config", "serialnumber")...)
	if s.clock.IsZero() && s.battery < 0 && err != nil {
		return err
	}
	c.heard(s, w)
	return nil
}

// heard takes note of what the camera said of itself.
func (c *Camera) heard(s *said, w where) {
	c.readClock(s)
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
// best. The camera's power is as camera.Power.Rest leaves it on every return, or off after
// a run that had to be ended.
//
// Faults of w and a ctx that was cancelled are not the camera's and lead to no
// recovery; nor does a gphoto2 that cannot be started, nor a ctx that ran out of time
// because of a recovery, or before gphoto2 was started. Otherwise it does.
func (c *Camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	return c.keeper.Shoot(ctx, func(ctx context.Context) (photo.Exposure, error) {
		c.hurried = true // what comes before the shot may have all of the time
		return c.shoot(ctx, w)
	}, c.blame)
}

// blame is what an error of shoot tells of the camera. After it the camera is looked for
// anew. A shot that had the time it needs hangs, and the camera with it.
func (c *Camera) blame(_ context.Context, err error) camera.Blame {
	c.at = where{}
	switch {
	case errors.Is(err, errNoTime), errors.Is(err, subprocess.ErrNotStarted):
		return camera.Blameless
	case errors.Is(err, errTooLong):
		return camera.Mute
	case !errors.Is(err, context.DeadlineExceeded):
		return camera.Faulty
	case c.hurried:
		return camera.Stopped
	}
	return camera.Mute
}
