package agent_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// crash ends the daemon as kill -9 does: its files and lines are let go as they are,
// and the camera keeps what power it has.
func (w *world) crash() {
	w.Helper()
	w.card.powerOff() // nothing that it does from now on is true
	w.cloud.powerOff()
	w.board.Kill()
	l := w.life
	w.life = nil
	w.mark()
	w.ended(l.agent)
	l.stop()
	<-l.ended
	_ = l.agent.Close() // whatever: the next start sees what is left
	w.card.powerOn()
	w.cloud.powerOn()
}

// restarts ends the daemon n times, by systemd and by kill -9 in turn, at moments
// that wander through its work, and starts it again.
func (w *world) restarts(n int) {
	w.Helper()
	for i := range n {
		w.pass(time.Duration(i%17)*977*time.Millisecond + time.Second)
		if i%2 == 0 {
			w.crash()
		} else {
			w.stop()
		}
		w.pass(2 * time.Second) // the unit's RestartSec
		w.boot()
	}
}

// ends is how often the daemon is ended: as many as the figure asks for.
const ends = 100

func TestARestartOfTheDaemonMakesNoEdgeOnAKeptCamera(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) { c.Camera.Power.KeepOn = true }}, func(w *world) {
		w.board.SetHolding(true)
		line := w.board.AddLine(powerLine)
		line.SetRest(false)
		w.boot()
		w.passUntil(6, 1) // the first photo switches it on, for good
		w.restarts(ends)
		if got := line.Levels(); !slices.Equal(got, []bool{true}) {
			t.Errorf("over %d ends of the daemon the camera's power line went through %v, want high once", ends, got)
		}
		w.finish()
	})
}

// A start looks for the camera, so that its power goes on once; nothing else may.
func TestNoEndOfTheDaemonAndNoStartGivesTheCameraPowerUnasked(t *testing.T) {
	inWorld(t, setup{dawn: monday().Add(-time.Hour)}, func(w *world) {
		line := w.board.AddLine(powerLine)
		line.SetRest(false)
		for i := range ends { // it is before five: no photo is due for an hour
			before := len(line.Levels())
			w.boot()
			w.pass(20 * time.Second)
			if n := len(line.Levels()) - before; n != 2 || line.High() {
				t.Errorf("start %d: %d edges, and the line is high %v, want on and off once", i, n, line.High())
			}
			before = len(line.Levels())
			if i%2 == 0 {
				w.stop()
			} else {
				w.crash()
			}
			if n := len(line.Levels()) - before; n != 0 {
				t.Errorf("end %d: %d edges, want none", i, n)
			}
		}
		w.boot()
		w.finish()
	})
}

func TestInLowPowerModeNoRestartFiresOrSwitchesTheCamera(t *testing.T) {
	inLowPower(t, shuttersim.Options{}, func(c *config.Config) {
		c.Camera.Power.Line = powerLine
		c.Capture.Late = 5 * time.Second // a shot that a crash left unrecorded is fired again until then
		// An hour holds all the ends; each start looks through a week of shots.
		c.Sessions[0].From, c.Sessions[0].Until = schedule.At(schedule.TimeOfDay(6*time.Hour)), schedule.At(schedule.TimeOfDay(7*time.Hour))
	}, func(l *lowPower) {
		l.board.SetHolding(true)
		power, full, half := l.board.AddLine(powerLine), l.board.AddLine(fullLine), l.board.AddLine(halfLine)
		power.Watch(l.sim.Power)
		for _, line := range []interface{ SetRest(bool) }{power, full, half} {
			line.SetRest(false)
		}
		l.boot()
		l.passUntil(6, 0)
		l.pass(15 * time.Second)
		// Between two shots, which are 20 s apart: whatever rises now was not asked for.
		for i := range ends {
			presses, focuses := len(full.Levels()), len(half.Levels())
			if i%2 == 0 {
				l.crash()
			} else {
				l.stop()
			}
			l.boot()
			if len(full.Levels()) != presses || len(half.Levels()) != focuses {
				t.Errorf("end %d: %d edges on the shutter's line and %d on the half-press', want none",
					i, len(full.Levels())-presses, len(half.Levels())-focuses)
			}
			l.pass(20 * time.Second)
		}
		if got := power.Levels(); !slices.Equal(got, []bool{true}) {
			t.Errorf("over %d ends of the daemon the power line went through %v, want high once", ends, got)
		}
		if full.High() || half.High() {
			t.Error("a line presses on")
		}
		l.end()
	})
}
