package modem_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/modemsim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// rig is a modem with all its lines, and who looks after it. It lives in simulated
// time.
type rig struct {
	*testing.T
	cfg                modem.Config
	board              *sim.Board
	key, status, power *sim.Line
	sim                *modemsim.Modem
	m                  *modem.Modem
	lost               atomic.Int64 // since when the cloud is out of reach, in Unix nanoseconds; 0: it is not
	stop, unplug, plug func()
}

// setup changes the rig before it runs.
type setup struct {
	config   func(*modem.Config)
	timing   modemsim.Timing
	faults   modemsim.Faults
	off      bool
	noStatus bool
	// loose: the wire of STATUS is, so that its line is off whatever the modem does.
	loose bool
	// card: it has a network card, which is there while it is on.
	card  bool
	board func(*sim.Board) hal.Board // what the modem's lines are taken from; nil: the board
}

func run(t *testing.T, s setup, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, cfg: modem.Default(), board: sim.New()}
		r.cfg.Ask, r.cfg.Port, r.cfg.Module = modem.AskAT, "/dev/ttyUSB2", "sim7000"
		r.cfg.KeyLine, r.cfg.StatusLine = "MODEM_KEY", "MODEM_STATUS"
		if s.noStatus {
			r.cfg.StatusLine = ""
		}
		if s.config != nil {
			s.config(&r.cfg)
		}
		if err := r.cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		port := r.board.AddPort(r.cfg.Port)
		o := modemsim.Options{Timing: s.timing, On: !s.off, KeyActiveLow: r.cfg.KeyActiveLow, StatusActiveLow: r.cfg.StatusActiveLow}
		r.key, r.status = r.board.AddLine("MODEM_KEY"), r.board.AddLine("MODEM_STATUS")
		o.Key, o.Status = r.key, r.status
		if s.loose {
			o.Status = nil
			r.status.Drive(r.cfg.StatusActiveLow)
		}
		if r.cfg.PowerLine != "" {
			r.power = r.board.AddLine(r.cfg.PowerLine)
			o.Power = r.power
		}
		if o.Timing == (modemsim.Timing{}) {
			o.Timing = modemsim.SIM7000()
		}
		r.sim = modemsim.New(o)
		r.sim.SetFaults(s.faults)
		var board hal.Board = r.board
		if s.board != nil {
			board = s.board(r.board)
		}
		there := func() bool { return s.card && r.sim.On() }
		r.m = modem.New(r.cfg, modem.Options{Board: board, Log: zerolog.Nop(), There: there, Silent: func() time.Duration {
			since := r.lost.Load()
			if since == 0 {
				return 0
			}
			return time.Since(time.Unix(0, since))
		}})
		ctx, cancel := context.WithCancel(t.Context())
		served, ran := make(chan error), make(chan error, 1)
		serve := func(end *sim.End) { served <- r.sim.Serve(ctx, end) }
		go serve(port)
		r.unplug = func() {
			_ = port.Close()
			<-served
		}
		r.plug = func() { go serve(r.board.AddPort(r.cfg.Port)) }
		stopped := false
		r.stop = func() {
			if stopped {
				return
			}
			stopped = true
			cancel()
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
			if r.key.High() != r.cfg.KeyActiveLow {
				t.Error("the key is pressed after the end")
			}
		}
		go func() { ran <- r.m.Run(ctx) }()
		f(r)
		r.stop()
	})
}

func (r *rig) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// lose takes the cloud away from now on.
func (r *rig) lose() { r.lost.Store(time.Now().UnixNano()) }

func (r *rig) wantOn(presses int) {
	r.Helper()
	if !r.sim.On() || r.sim.Presses() != presses {
		r.Errorf("on %t after %d presses, want on after %d", r.sim.On(), r.sim.Presses(), presses)
	}
}
