package agent_test

import (
	"context"
	"net"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent"
)

// boot starts the daemon. Where the power goes while it opens, it is started
// once more.
func (w *world) boot() {
	w.Helper()
	for try := 0; ; try++ {
		a, err := w.open()
		if err == nil {
			w.run(a)
			return
		}
		if !w.card.isOff() || try > 0 {
			w.Fatalf("open agent: %v", err)
		}
		time.Sleep(w.dark)
		w.card.powerOn()
		w.cloud.powerOn()
	}
}

func (w *world) open() (*agent.Agent, error) {
	w.life = &life{ended: make(chan error, 1)}
	w.starts = append(w.starts, time.Now())
	w.wakes()
	steps := w.clock.WatchSteps
	if w.untold {
		steps = nil
	}
	a, err := agent.Open(w.Context(), agent.Options{
		Config: w.cfg, StateDir: w.dir, Version: w.version, Board: w.board, Clock: w.clock,
		Log:   zerolog.New(w.log).Level(zerolog.WarnLevel).With().Timestamp().Logger(),
		Dial:  w.cloud.dial,
		Steps: steps,
		Root:  w.root, RTC: w.rtc, PowerOff: w.powerOff,
		Fault: w.card.fault, FreeBytes: w.card.freeBytes, Notify: w.life.notify,
		Listen: func(path string) (net.Listener, error) { return w.local.Listen(path) },
	})
	if err != nil {
		w.life = nil
	}
	return a, err
}

func (w *world) run(a *agent.Agent) {
	l := w.life
	l.agent = a
	var ctx context.Context
	ctx, l.stop = context.WithCancel(w.Context())
	go func() { l.ended <- a.Run(ctx) }()
	w.mark()
	synctest.Wait() // it listens
}

// stop ends the daemon as systemd does, and holds it to its bound.
func (w *world) stop() {
	w.Helper()
	began := time.Now()
	l := w.life
	w.ended(l.agent)
	l.stop()
	err := <-l.ended
	w.life = nil
	w.mark()
	if took := time.Since(began); err != nil || took >= stopBound {
		w.Errorf("stop: %v after %v, want nil within %v", err, took, stopBound)
	}
	if err := l.agent.Close(); err != nil {
		w.Errorf("close agent: %v", err)
	}
	w.card.powerOn() // it may have gone at a step of the stop
	w.cloud.powerOn()
}

// restart stops the daemon, does what is to be done meanwhile, and starts it.
func (w *world) restart(meanwhile func()) {
	w.Helper()
	w.stop()
	meanwhile()
	w.boot()
}

// kill takes the power. What the daemon does from then on reaches neither card
// nor cloud; it is only waited for.
func (w *world) kill() {
	w.card.powerOff()
	w.cloud.powerOff()
	l := w.life
	w.life = nil
	w.mark()
	w.ended(l.agent)
	l.stop()
	<-l.ended
	_ = l.agent.Close() // whatever: the next start sees what is left
	w.cam.SetPower(false)
}

// cut takes the power, and gives it back after w.dark.
func (w *world) cut() {
	w.Helper()
	w.blackout(w.dark, func() {})
}

// blackout takes the power for d; before it is back, meanwhile is called.
func (w *world) blackout(d time.Duration, meanwhile func()) {
	w.Helper()
	w.kill()
	time.Sleep(d)
	meanwhile()
	w.card.powerOn()
	w.cloud.powerOn()
	w.boot()
}
