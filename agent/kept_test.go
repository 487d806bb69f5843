package agent_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/message"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/config"
)

// happened is an event of a condition as the broker got it: its first copy.
type happened struct {
	message.Condition
	copies int
}

// happenings are the events that the broker got, in the order of their first copies.
func (w *world) happenings() (all []happened) {
	w.Helper()
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindCondition)) {
		c, err := message.ParseCondition(m.Payload)
		if err != nil {
			w.Fatal(err)
		}
		i := slices.IndexFunc(all, func(h happened) bool { return h.N == c.N && h.At == c.At && h.Name == c.Name && h.Raised == c.Raised })
		if i >= 0 {
			all[i].copies++
			continue
		}
		all = append(all, happened{c, 1})
	}
	return all
}

// wantHappened wants one event of a condition, at its own time, to within a minute.
func (w *world) wantHappened(name string, raised bool, at time.Time) {
	w.Helper()
	found := 0
	for _, h := range w.happenings() {
		if h.Name == name && h.Raised == raised && h.At.Time().Sub(at).Abs() <= time.Minute {
			found++
		}
	}
	if found != 1 {
		w.Errorf("%d events of %s, raised %t, at %v, want one: %+v", found, name, raised, at, w.happenings())
	}
}

// A day without the cloud, in which the daemon is stopped and its power cut.
func TestWhatHappensWithoutTheCloudIsToldLaterWithItsOwnTime(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"stopped":   func(w *world) { w.restart(func() {}) },
		"power cut": func(w *world) { w.blackout(30*time.Second, func() {}) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{config: func(c *config.Config) { withCheckIns(c, 30*time.Minute, 30*time.Minute) }}, func(w *world) {
				at := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC) }
				w.boot()
				w.passUntil(6, 50)
				w.network(linktest.BlackHoled)
				w.passUntil(7, 50)
				w.cam.SetFaults(vc0706sim.Faults{Silent: true})
				w.passUntil(8, 20)
				end(w)
				w.passUntil(8, 50)
				w.cam.SetFaults(vc0706sim.Faults{})
				w.passUntil(9, 20)
				end(w)
				w.passUntil(10, 20)
				w.cloud.heal()
				w.pass(3 * time.Minute) // the longest wait here
				w.mark()
				w.pass(2 * time.Minute)
				w.wantLate(at(7, 0), at(10, 1))
				w.wantHappened("camera-fault", true, at(8, 0))
				w.wantHappened("camera-fault", false, at(9, 0))
				var last message.Unix
				for _, h := range w.happenings() {
					if h.At < last {
						w.Errorf("events out of order: %+v", w.happenings())
					}
					last = h.At
					if h.copies > 1 && name == "stopped" {
						w.Errorf("%s came %d times though no power was cut", h.Name, h.copies)
					}
				}
				w.finish().want(w, 7, map[photo.Cause]int{photo.CameraFault: 2})
			})
		})
	}
}

// The power comes back after a window, before this device's turn.
func TestAStartAfterAWindowWaitsForTheDevicesOwnReturn(t *testing.T) {
	end := time.Date(2026, 12, 6, 22, 0, 0, 0, time.UTC)
	inWorld(t, setup{dawn: end.Add(-20 * time.Minute), config: func(c *config.Config) {
		withCheckIns(c, 15*time.Minute, 30*time.Minute)
		c.Maintenance.Spread, c.Maintenance.Windows = 2*time.Hour, quarterly()
	}}, func(w *world) {
		d := w.keepDiary()
		w.cloud.cut(linktest.Severed, linktest.Severed)
		w.boot()
		w.pass(18 * time.Minute)
		returns := w.returns()
		if !returns.After(end.Add(20 * time.Minute)) {
			w.Fatalf("%s returns at %v, which is no test", device, returns)
		}
		w.blackout(3*time.Minute, w.cloud.heal)
		w.pass(4 * time.Minute)
		w.restart(func() {})
		w.pass(returns.Sub(w.truth()) + 5*time.Second)
		if dials := d.dialed(w, "", end, returns); len(dials) > 0 {
			w.Errorf("%d tries between the window's end and the return at %v, the first at %v: %v", len(dials), returns, w.wall(dials[0].at), dials[0].text)
		}
		w.good = nil // no heartbeat was due before
		w.mark()
		w.pass(time.Minute)
		if s := w.life.agent.Status(); !s.Broker.Connected || s.Queue.Waiting > 0 {
			w.Errorf("a minute after the return at %v: broker %t, %d photos wait", returns, s.Broker.Connected, s.Queue.Waiting)
		}
		w.finish()
		w.wantConditions()
	})
}

// What ended a fault in the life before is told of by the first photo of this one.
func TestAFaultFromBeforeARestartIsOverWithTheNextPhoto(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) { every(c, 15*time.Minute) }}, func(w *world) {
		w.boot()
		w.pass(time.Minute)
		w.cam.SetFaults(vc0706sim.Faults{Silent: true})
		w.pass(20 * time.Minute)
		w.wantReported(true, health.CameraFault)
		w.restart(func() { w.cam.SetFaults(vc0706sim.Faults{}) })
		w.pass(time.Minute)
		w.wantReported(true, health.CameraFault)
		w.pass(15 * time.Minute)
		w.wantReported(false, health.CameraFault)
		w.finish()
		w.wantConditions("+camera-fault", "-camera-fault")
	})
}
