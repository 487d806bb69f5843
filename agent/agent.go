// Package agent is the controller: it wires the parts, runs them, starts one
// again that fails, and stops them in reverse order.
//
// Promises:
//   - Capture is started before all that could wait for the world, and stopped
//     after it; nothing that waits for a network is in its way.
//   - Run returns within 5 s of ctx's end, in any state, and Close leaves the
//     queue as a later Open likes it. A process that is killed instead loses
//     nothing but its haste.
//   - systemd's watchdog is fed by the capture loop's progress, not by a timer.
//
// Everything that the parts touch comes in by Options, so that the same agent
// runs on a controller, on simulated hardware, and in simulated time.
package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/link"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/modem"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/panel"
	"fieldcam/agent/pause"
	"fieldcam/agent/proof"
	"fieldcam/agent/restart"
	"fieldcam/capture"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/queue"
	"fieldcam/queue/second"
	"fieldcam/queue/session"
	"fieldcam/queue/upload/tus"
)

// State is what the agent tells the one who runs it.
type State int

// The states.
const (
	Ready    State = iota // the parts run
	Alive                 // the capture loop makes progress; told again and again
	Stopping              // ctx has ended
)

const (
	// dialTime bounds a connection's opening: longer than a mobile link takes to
	// wake, shorter than the kernel's two minutes of SYNs.
	dialTime = 30 * time.Second
	// closeTime bounds Close, beside stopBound: a camera or a card that hangs must
	// not hold up the end of the process.
	closeTime = 900 * time.Millisecond
)

// Options are an Agent's surroundings.
type Options struct {
	// Config must be valid.
	Config config.Config
	// StateDir is the directory of the queue and the control socket; it exists.
	StateDir string
	// Version is the program's, for people.
	Version string
	Board   hal.Board
	Clock   hal.Clock
	Log     zerolog.Logger
	// Dial opens connections to the cloud. nil: a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Listen takes the control socket at path. nil: a Unix socket there.
	Listen func(path string) (net.Listener, error)
	// Routes is link.Options'. nil: changes of routes are not noticed.
	Routes func(ctx context.Context, changed func()) error
	// Steps watches Clock. nil: nobody does, and the clock is looked at oftener.
	Steps hal.WatchSteps
	// Notify is told of each State, from one goroutine. nil: nobody is.
	Notify func(State)
	// Root is where /sys and /proc are, to be asked for sensors and for the reason of
	// this start: "/". Empty: nobody is asked for the reason.
	Root string
	// RTC gives the clock with a device's path, which wakes the board where it is
	// powered down to save the battery, and PowerOff runs the configured command for
	// that. nil: the board stays up; os/exec.
	RTC      func(path string) hal.RTC
	PowerOff func(ctx context.Context, command []string) error
	// Approach is capture.Options': how long before a slot the clock is watched. 0 in
	// simulated time.
	Approach time.Duration
	// Fault and FreeBytes are queue.Options'.
	Fault     func(step string) error
	FreeBytes func(dir string) (uint64, error)
}

// lens is the camera as the agent's own: either kind.
type lens interface {
	body() (gphoto.State, bool)
	prepare(ctx context.Context) error
	Close() error
}

// Agent is one controller. Open makes it, Run runs it once, Close ends it.
type Agent struct {
	o       Options
	log     zerolog.Logger
	replan  chan struct{} // holds one where the plan should be checked again
	started time.Time     // wall time
	begun   time.Time     // the same by package time
	clock   hal.Clock
	steps   steps
	plan    *schedule.Schedule
	windows *maintenance.Calendar
	pause   *pause.Pause
	health  *health.Registry
	queue   *queue.Queue
	second  *second.Worker
	camera  lens
	newest  *photo.Meta // of those taken before this start; nil: none

	capture  *capture.Service
	uploads  *tus.Client     // nil without a destination
	sessions *session.Runner // nil without a destination
	monitor  *link.Monitor   // nil without a cloud
	meter    *link.Meter
	mqtt     *mqtt.Link
	stranger error     // why the cloud would not know us; nil: it does
	linked   time.Time // when the control link came up last, by package time; its goroutine's
	heart    *heartbeat.Heart
	prover   *proof.Prover
	control  *control.Server
	supply   supply
	starts   *restart.Log // nil: the machine is not asked
	modem    *modem.Modem // nil: none is configured
	panel    *panel.Panel // nil: none is configured

	networkAt time.Time // when the modem had a network last, by package time; its goroutine's

	damaged atomic.Int64 // photos found damaged since the start
	looks   looks
	told    atomic.Bool // the prover was told of this start's first photo

	// Of the goroutine that watches: until when the cloud may be silent for
	// maintenance, by package time; whether the card, and the backlog, were said to
	// fill up by the last look; how many photos were thinned out by then, and when
	// that last grew, by package time.
	quietUntil time.Time
	filling    bool
	growing    bool
	thinned    int64
	thinnedAt  time.Time
	advice     string    // on a backlog that grows,
	advised    time.Time // and since when
	looked     bool      // at the queue, once
	aside      string    // where the index is that was set aside last
}

// Open opens the queue, repairs it where a power cut or damage left it, and
// makes the parts; no camera, port or connection is opened yet. ctx bounds it.
func Open(ctx context.Context, o Options) (_ *Agent, err error) {
	a := &Agent{o: o, replan: make(chan struct{}, 1), log: o.Log.With().Str("device", o.Config.Device).Logger()}
	if a.o.Notify == nil {
		a.o.Notify = func(State) {}
	}
	if a.o.Dial == nil {
		a.o.Dial = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	if a.plan, err = o.Config.Schedule(); err != nil {
		return nil, fmt.Errorf("read schedule: %w", err)
	}
	var copies func(format string) bool
	if o.Config.Copy.Mount != "" {
		copies = o.Config.Copy.Copies
	}
	a.queue, err = queue.Open(ctx, queue.Options{
		Dir: o.StateDir, Device: o.Config.Device, Config: o.Config.Queue,
		Copies: copies, OpenCopy: a.openCopy, CopyDisk: a.copyDisk, MissingCopies: a.missingCopies,
		Fault: o.Fault, FreeBytes: o.FreeBytes, Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.queue.Close())
		}
	}()
	a.newest = a.newestPhoto()
	var damaged error
	if a.pause, damaged = pause.Load(o.StateDir); damaged != nil {
		a.log.Error().Err(damaged).Msg("nothing is paused")
	}
	a.clock = newFloorClock(o.Clock, a.lastKnownTime())
	a.steps = newSteps(a.clock)
	a.started, a.begun = a.clock.Now(), time.Now()
	a.health = health.Open(health.Options{Path: filepath.Join(o.StateDir, health.FileName), Clock: a.clock, Fault: o.Fault, Log: a.log})
	if err := a.makeWindows(); err != nil {
		return nil, err
	}
	a.noteStart()
	a.makeSupply()
	a.makeCapture()
	a.second = second.New(o.Config.Copy, second.Options{
		Queue: a.queue, Device: o.Config.Device, Dir: o.StateDir, Busy: a.shooting, Fault: o.Fault, Log: a.log,
	})
	if err := a.makeLinks(); err != nil {
		return nil, err
	}
	a.makeModem()
	a.makePanel()
	a.control = control.New(control.Options{
		Path: control.Path(o.StateDir), Agent: a, Store: a.queue, Pause: a.pause, Outlook: a.outlook,
		Zone: a.plan.Zone(), Clock: a.clock, Log: a.log, Listen: o.Listen,
	})
	a.reportOpening(a.queue.Recovery())
	return a, nil
}

// Run runs the parts until ctx ends and returns when all have ended, at most 5 s
// later. An error names the parts that had not.
func (a *Agent) Run(ctx context.Context) error {
	a.log.Info().Str("version", a.o.Version).Str("model", a.o.Config.Model).Time("wall", a.started).Bool("synced", a.clock.Synced()).Msg("start")
	c := &crew{log: a.log}
	c.start(ctx, part{"conditions", a.health.Run}) // ends after all who raise them
	c.start(ctx, part{"capture", a.capture.Run})
	if a.o.Steps != nil {
		c.start(ctx, part{"clock", a.watchSteps})
	}
	c.start(ctx, part{"camera", a.camera.prepare})
	for _, p := range a.supplyParts() {
		c.start(ctx, p)
	}
	c.start(ctx, part{"maintenance windows", a.windows.Run})
	c.start(ctx, part{"plan", a.foresee})
	c.start(ctx, part{"janitor", a.clean})
	c.start(ctx, part{"scrub", a.scrub})
	c.start(ctx, part{"second copy", a.second.Run})
	c.start(ctx, part{"meter", a.meter.Run})
	c.start(ctx, part{"mqtt", a.mqtt.Run})
	c.start(ctx, part{"proof", a.prover.Run})
	if a.modem != nil {
		c.start(ctx, part{"modem", a.modem.Run})
	}
	if a.panel != nil {
		c.start(ctx, part{"panel", a.panel.Run})
	}
	if a.monitor != nil {
		c.start(ctx, part{"link", a.monitor.Run})
	}
	if a.sessions != nil {
		c.start(ctx, part{"sessions", a.upload})
	}
	if a.sessions == nil && a.o.Config.Camera.Kind == config.KindShutter {
		c.start(ctx, part{"fetch", a.fetchAlone})
	}
	c.start(ctx, part{"heartbeat", a.heart.Run})
	c.start(ctx, part{"control", a.control.Run})
	a.o.Notify(Ready)
	err := a.watch(ctx)
	a.o.Notify(Stopping)
	err = errors.Join(err, c.stop())
	a.log.Info().Err(err).Msg("stop")
	return err
}

// Close switches the camera off, ends the connection that waits for the next
// upload, and closes the queue. Run has returned. What hangs is left behind after
// closeTime, and the error says so: the process is about to end, and what was
// promised is on the card.
func (a *Agent) Close() error {
	if a.uploads != nil {
		a.uploads.Close()
	}
	done := make(chan error, 1)
	go func() { done <- errors.Join(a.camera.Close(), a.queue.Close(), a.endStart()) }()
	t := time.NewTimer(closeTime)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
		return fmt.Errorf("close camera and queue: still at it after %v", closeTime)
	}
}
