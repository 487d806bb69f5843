package modem_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/modemsim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

func TestAModemThatAnswersIsNotSwitchedOffByALooseStatusWire(t *testing.T) {
	run(t, setup{loose: true}, func(r *rig) {
		r.sleep(10 * time.Minute)
		r.wantOn(0)
		if s, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), "it answers") || !s.Running || !s.Registration.On() {
			r.Errorf("got %+v, %v, want what it answers, and that STATUS says otherwise", s, err)
		}
		r.status.Drive(true) // a person mends it
		r.sleep(3 * time.Minute)
		if _, _, err := r.m.State(); err != nil {
			r.Errorf("got %v after the wire was mended, want nothing", err)
		}
		r.wantOn(0)
	})
}

// A card or a network that is not well is no reason to take it for off.
func TestAModemThatAnswersAnErrorIsNotSwitchedOffByALooseStatusWire(t *testing.T) {
	for _, faults := range []modemsim.Faults{{NoSIM: true}, {Deaf: true}, {Chatty: true}} {
		run(t, setup{loose: true, faults: faults}, func(r *rig) {
			r.sleep(10 * time.Minute)
			r.wantOn(0)
		})
	}
}

func TestAModemWhoseCardIsThereIsNotSwitchedOffByALooseStatusWire(t *testing.T) {
	for name, config := range map[string]func(*modem.Config){
		"nobody is asked":         func(c *modem.Config) { c.Ask = modem.AskNobody },
		"the port is never there": func(c *modem.Config) { c.Port = "/dev/ttyUSB9" },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{loose: true, card: true, config: config, board: func(b *sim.Board) hal.Board { return portless{b} }}, func(r *rig) {
				r.sleep(10 * time.Minute)
				r.wantOn(0)
				if s, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), "network card") || !s.Running {
					r.Errorf("got %+v, %v, want that it is on, and that STATUS says otherwise", s, err)
				}
			})
		})
	}
}

func TestAModemWhoseCardIsNotThereIsSwitchedOnAtOnce(t *testing.T) {
	run(t, setup{off: true, card: true, config: func(c *modem.Config) { c.Ask = modem.AskNobody }}, func(r *rig) {
		r.sleep(time.Minute)
		r.wantOn(1)
	})
}

func TestPressesThatStatusDoesNotFollowGrowRare(t *testing.T) {
	for name, config := range map[string]func(*modem.Config){
		"nobody is asked":         func(c *modem.Config) { c.Ask = modem.AskNobody },
		"the port is never there": func(c *modem.Config) { c.Port = "/dev/ttyUSB9" },
	} {
		t.Run(name, func(t *testing.T) {
			absent := setup{loose: true, config: config, board: func(b *sim.Board) hal.Board { return portless{b} }}
			run(t, absent, func(r *rig) {
				// At 0, 2, 6, 14 and 30 minutes.
				r.sleep(time.Hour)
				if n := r.sim.Presses(); n < 4 || n > 5 {
					r.Errorf("%d presses in the first hour, want 5", n)
				}
				before := r.sim.Presses()
				r.sleep(24 * time.Hour)
				if n := r.sim.Presses() - before; n < 21 || n > 24 {
					r.Errorf("%d presses in the next day, want one an hour", n)
				}
				if _, _, err := r.m.State(); err == nil || !strings.Contains(err.Error(), "STATUS") {
					r.Errorf("got %v, want that STATUS does not follow", err)
				}
			})
		})
	}
}

// portless is a board without serial ports.
type portless struct{ hal.Board }

func (portless) OpenPort(name string, _ int) (hal.Port, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
