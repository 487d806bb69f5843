package agent_test

import (
	"slices"
	"testing"
	"time"

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
			inWorld(t, setup{config: func(c *config.Config) { sessions(c, 30*time.Minute, 30*time.Minute) }}, func(w *world) {
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
