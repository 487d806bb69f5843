package agent_test

import (
	"context"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent"
	"fieldcam/agent/link/linktest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

const (
	device    = "pole-7"
	powerLine = "CAMERA_POWER"
	// stopBound is what the package promises for Run's end.
	stopBound = 5 * time.Second
)

// monday is when each world begins, on the wall: before the standard week's
// first photo.
func monday() time.Time { return time.Date(2026, 11, 23, 5, 50, 0, 0, time.UTC) }

// world is one controller on its pole, its camera and its cloud. Its methods are
// for the test's own goroutine.
type world struct {
	*testing.T
	cfg   config.Config
	plan  *schedule.Schedule
	eras  []era // of the plans; the last is of plan
	dir   string
	dawn  time.Time // what a right clock showed when the world began
	epoch time.Time // when that was, by package time
	clock *sim.Clock
	board *sim.Board
	cam   *vc0706sim.Camera
	card  *card
	cloud *cloud
	local *linktest.Net // holds the control socket
	log   io.Writer     // gets what the daemon logs: the test's output

	life     *life           // nil while the power is off
	starts   []time.Time     // of the daemon, by package time
	good     []period        // when heartbeats had to arrive
	repeated []period        // wall times that the clock showed more than once
	known    map[uint64]bool // numbers of photos that the queue had, beside those that its ledger tells of
	// gone says why the cloud need not have the photo with that number, in
	// queue.Account's word.
	gone    map[uint64]string
	brought time.Time     // slots before are of photos that a test brought, from before the first start
	newest  time.Time     // when the newest photo was taken, by the clock of the controller
	shown   time.Time     // what that clock showed when the daemon ended
	dark    time.Duration // how long the power stays off after a cut
	version string        // of the program
	untold  bool          // nobody tells the daemon of steps of the clock
	// root, rtc and powerOff are agent.Options'.
	root     string
	rtc      func(path string) hal.RTC
	powerOff func(ctx context.Context, command []string) error
}

// era is a time in which one plan was in force.
type era struct {
	plan *schedule.Schedule
	from time.Time // by a right clock
	// since is the last slot of the plan before: what the ledger says of the time
	// since then can be of either.
	since time.Time
}

// period is from and to, both included; by wall time, or by package time where
// said.
type period struct{ from, to time.Time }

func (p period) holds(at time.Time) bool { return !at.Before(p.from) && !at.After(p.to) }

// life is the daemon from one start to its end.
type life struct {
	agent *agent.Agent
	stop  context.CancelFunc
	ended chan error

	mu     sync.Mutex
	states []agent.State // as notified; guarded by mu
	alive  time.Time     // when Alive was told last; guarded by mu
}

func (l *life) notify(s agent.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s == agent.Alive {
		l.alive = time.Now()
		return
	}
	l.states = append(l.states, s)
}

// setup is what differs between worlds.
type setup struct {
	config func(*config.Config)
	// noLine: the board has no line for the camera's power.
	noLine bool
	// dawn is when the world begins; zero: monday.
	dawn time.Time
	// dir is an empty directory for the daemon's state; empty: one is made.
	dir string
	// picture and slice are vc0706sim.Options'.
	picture func(now time.Time, shots int) []byte
	slice   time.Duration
	// fifo is sim.End.SetFIFO's; 0: a UART's.
	fifo int
}

// inWorld runs script in a world of its own, in simulated time.
func inWorld(t *testing.T, s setup, script func(w *world)) {
	t.Helper()
	t.Parallel()
	aloneInWorld(t, s, script)
}

// aloneInWorld is inWorld, with no other world beside it.
func aloneInWorld(t *testing.T, s setup, script func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { script(newWorld(t, s)) })
}

func newWorld(t *testing.T, s setup) *world {
	if s.dir == "" {
		s.dir = stateDir(t)
	}
	w := &world{T: t, dir: s.dir, dawn: s.dawn, epoch: time.Now(), clock: sim.NewClock(), board: sim.New(),
		local: linktest.New(), log: t.Output(), known: map[uint64]bool{}, gone: map[uint64]string{}, dark: 3 * time.Minute, version: "test"}
	if w.dawn.IsZero() {
		w.dawn = monday()
	}
	w.clock.Set(w.dawn)
	w.cfg = config.Default()
	w.cfg.Device = device
	w.cfg.Camera.Kind, w.cfg.Camera.Power.Line = config.KindVC0706, powerLine
	w.cfg.Camera.VC0706.Resolution = "160x120" // simulated bytes take real time
	w.cfg.Camera.VC0706.Compression = 255
	w.cfg.Upload.URL = "http://" + uploadAddress + "/files/"
	w.cfg.MQTT.URL = "tcp://" + brokerAddress
	w.cfg.Maintenance.Spread = 2 * time.Minute // as long as the longest wait else
	if s.config != nil {
		s.config(&w.cfg)
	}
	if err := w.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.plan, err = w.cfg.Schedule(); err != nil {
		t.Fatal(err)
	}
	w.eras = []era{{plan: w.plan}}
	w.cloud = newCloud(t)
	w.card = newCard(w.cloud.powerOff)
	w.cam = vc0706sim.New(vc0706sim.Options{Name: device, Now: w.clock.Now, Unpowered: true, Picture: s.picture, Slice: s.slice})
	if !s.noLine {
		w.connectPower()
	}
	ctx, unplug := context.WithCancel(t.Context())
	served := make(chan error, 1)
	port := w.board.AddPort(w.cfg.Camera.VC0706.Port)
	if s.fifo > 0 {
		port.SetFIFO(s.fifo)
	}
	go func() { served <- w.cam.Serve(ctx, port) }()
	t.Cleanup(func() {
		if w.life != nil {
			w.kill()
		}
		unplug()
		if err := <-served; err != nil {
			t.Errorf("simulated camera: %v", err)
		}
		w.cloud.close()
	})
	return w
}

// stateDir is a directory in memory where there is one: syncing costs nothing
// there, and what the power takes is decided by the card, not by the kernel.
func stateDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "fieldcam-days-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// connectPower gives the board the line that switches the camera.
func (w *world) connectPower() { w.board.AddLine(powerLine).Watch(w.cam.SetPower) }

// truth is what a right clock shows.
func (w *world) truth() time.Time { return w.wall(time.Now()) }

// wall is what a right clock showed at a moment of package time.
func (w *world) wall(at time.Time) time.Time { return w.dawn.Add(at.Sub(w.epoch)) }

// pass lets time pass. Where the card meets the step at which the power goes,
// it is cut.
func (w *world) pass(d time.Duration) {
	w.Helper()
	for until := time.Now().Add(d); ; {
		timer := time.NewTimer(time.Until(until))
		select {
		case <-timer.C:
		case <-w.card.gone():
		}
		timer.Stop()
		if w.card.isOff() {
			w.cut()
		} else if !time.Now().Before(until) {
			return
		}
	}
}

// passUntil lets time pass until the right clock shows hour:minute.
func (w *world) passUntil(hour, minute int) {
	w.Helper()
	now := w.truth()
	at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, time.UTC)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	w.pass(at.Sub(now))
}

// mark notes when heartbeats can arrive and when not.
func (w *world) mark() {
	now := time.Now()
	if at, off := w.card.offSince(); off {
		now = at
	}
	up := w.life != nil && w.cloud.brokerWell()
	n := len(w.good)
	isOpen := n > 0 && w.good[n-1].to.IsZero()
	switch {
	case up && !isOpen:
		w.good = append(w.good, period{from: now})
	case !up && isOpen:
		w.good[n-1].to = now
	}
}
