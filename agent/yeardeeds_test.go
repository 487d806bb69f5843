//go:build year

package agent_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/schedule"
	"fieldcam/queue"
)

// deeds is how what happens in a history is done.
func deeds() map[string]func(y *year, e happening) {
	return map[string]func(y *year, e happening){
		"network": func(y *year, e happening) {
			how := linktest.BlackHoled
			if e.arg(0) == "severed" {
				how = linktest.Severed
			}
			w := way{how, how}
			switch e.arg(1) {
			case "receiver":
				w.broker = linktest.Whole
			case "broker":
				w.receiver = linktest.Whole
			}
			lay(y, e, &y.ways, w, y.applyNetwork)
			y.summary.outages++
			if e.lasts > y.summary.longestOutage {
				y.summary.longestOutage = e.lasts
			}
			if e.arg(1) == "both" && e.lasts > time.Hour {
				y.expect(50*time.Minute, health.CloudUnreachable, func() bool { return y.unpaused() && !y.wasShut(2*time.Hour) })
			}
		},
		"slow":     func(y *year, e happening) { lay(y, e, &y.slow, y.number(e.arg(0)), y.applyNetwork) },
		"receiver": func(y *year, e happening) { lay(y, e, &y.faults, y.number(e.arg(0)), y.applyReceiver) },
		"forget":   func(y *year, e happening) { y.cloud.receiver.Forget() },
		"broker":   func(y *year, e happening) { lay(y, e, &y.broker, e.arg(0), y.applyBroker) },
		"camera": func(y *year, e happening) {
			lay(y, e, &y.camera, e.arg(0), y.applyCamera)
			if e.arg(0) == "silent" && e.lasts > 2*time.Hour+10*time.Minute {
				y.expect(2*time.Hour+5*time.Minute, health.CameraFault, func() bool {
					return len(y.camera.all) == 1 && len(y.rooms.all) == 0 && y.unpaused() && y.right()
				})
			}
		},
		"card": func(y *year, e happening) {
			r := map[string]room{"none": none, "no-space": nospc, "short": short}[e.arg(0)]
			lay(y, e, &y.rooms, r, y.applyCard)
			if r != short && e.lasts > 2*time.Hour+10*time.Minute {
				y.expect(2*time.Hour+5*time.Minute, health.CardFull, func() bool {
					return len(y.rooms.all) == 1 && len(y.camera.all) == 0 && y.unpaused() && y.right()
				})
			}
		},
		"power-cut": func(y *year, e happening) {
			y.summary.cuts["at a moment"]++
			y.lose(e.lasts, e.how)
		},
		"cut-at-step": func(y *year, e happening) {
			if !slices.Contains(queue.Steps(), e.arg(0)) {
				y.Fatalf("no step %q", e.arg(0))
			}
			y.armed = e
			y.card.cutAt(e.arg(0), y.number(e.arg(1)))
			y.in(e.lasts, func() {
				if y.armed.at.Equal(e.at) {
					y.card.cutAt("", 0)
				}
			})
		},
		"clock": func(y *year, e happening) {
			y.summary.steps++
			y.step(y.duration(e.arg(0)))
			y.in(e.lasts, y.setRight)
		},
		"restart": func(y *year, e happening) { y.pause(e.lasts, func() {}) },
		"update": func(y *year, e happening) {
			y.pause(e.lasts, func() {
				y.summary.updates++
				y.version = "test" + strconv.Itoa(y.summary.updates)
			})
		},
		"plan": func(y *year, e happening) {
			lay(y, e, &y.plans, y.duration(e.arg(0)), func() { y.replan() })
		},
		"zone": func(y *year, e happening) {
			y.zone = e.arg(0)
			y.replan()
		},
		"event": func(y *year, e happening) {}, // see configure
		"shot":  func(y *year, e happening) {},
		"pause": func(y *year, e happening) { lay(y, e, &y.pauses, true, func() {}) },
		"hold": func(y *year, e happening) {
			if y.life == nil || !y.right() {
				return
			}
			seconds := int(e.lasts.Seconds())
			if e.arg(0) == "resumed" { // a person ends it, and not its time
				seconds *= 2
			}
			if a := y.ask("POST", "/pause", fmt.Sprintf(`{"seconds":%d,"reason":"a crane is moved"}`, seconds)); a == nil || a.code != http.StatusOK {
				if a != nil {
					y.Errorf("pause: %s, want 200", a.status)
				}
				return
			}
			y.summary.holds++
			lay(y, e, &y.holds, true, func() {})
			if e.arg(0) == "resumed" {
				y.in(e.lasts, y.resume)
			}
		},
		"window": func(y *year, e happening) {
			y.summary.windows++
			y.shut = append(y.shut, period{e.at, e.at.Add(e.lasts)})
			lay(y, e, &y.closed, true, func() {})
			for d := 10 * time.Minute; d <= e.lasts+y.cfg.Maintenance.Spread-time.Minute; d += 10 * time.Minute {
				y.in(d, func() { y.wantNoAlarm(e) })
			}
		},
		"photo": func(y *year, e happening) {
			if y.life == nil {
				return
			}
			ctx, cancel := context.WithTimeout(y.Context(), time.Minute)
			defer cancel()
			if m, err := y.life.agent.Capture(ctx); err == nil {
				y.known[m.Seq()] = true
				y.summary.manual++
			}
		},
		"upload": func(y *year, e happening) {
			if y.life == nil {
				return
			}
			if err := y.life.agent.Upload(y.number(e.arg(0))); err != nil {
				y.Error(err)
			}
		},
		"retry": func(y *year, e happening) {
			if y.life != nil {
				y.retryRefused()
			}
		},
	}
}

// resume ends a person's pause, as soon as the daemon runs.
func (y *year) resume() {
	if y.life == nil || y.ask("DELETE", "/pause", "") == nil {
		y.in(time.Minute, y.resume)
		y.holds.add(true)
		id := y.holds.next
		y.in(time.Minute, func() { y.holds.remove(id) })
	}
}

// arg is one word of how it happens; empty where there is none.
func (e happening) arg(n int) string {
	if n >= len(e.how) {
		return ""
	}
	return e.how[n]
}

func (y *year) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		y.Fatal(err)
	}
	return n
}

func (y *year) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		y.Fatal(err)
	}
	return d
}

// lay puts something in force as long as it happens.
func lay[T any](y *year, e happening, on *stack[T], of T, apply func()) {
	id := on.add(of)
	apply()
	y.in(e.lasts, func() {
		on.remove(id)
		apply()
	})
}

// applyNetwork makes the ways to the cloud what they are: severed where one
// happening says so, else black-holed; as slow as the slowest.
func (y *year) applyNetwork() {
	var now way
	worse := func(a, b linktest.Cut) linktest.Cut {
		if a == linktest.Severed || b == linktest.Whole {
			return a
		}
		return b
	}
	for _, l := range y.ways.all {
		now = way{worse(now.receiver, l.of.receiver), worse(now.broker, l.of.broker)}
	}
	y.cloud.cut(now.receiver, now.broker)
	rate := 0
	for _, l := range y.slow.all {
		if rate == 0 || l.of < rate {
			rate = l.of
		}
	}
	y.cloud.toReceiver.Limit(rate)
	y.cloud.toBroker.Limit(rate)
	y.mark()
}

func (y *year) applyReceiver() {
	y.cloud.receiver.Heal()
	if n, any := y.faults.top(); any {
		y.cloud.receiver.Always("", nonsense()[n%len(nonsense())])
	}
}

func (y *year) applyBroker() {
	name, _ := y.broker.top()
	y.spoil(map[string]mqtttest.Faults{"hang": {Hang: true}, "no-puback": {NoPuback: true}, "refuse": {Refuse: 3}, "hang-up": {CloseAfter: 3}}[name])
}

func (y *year) applyCamera() {
	name, _ := y.camera.top()
	y.cam.SetFaults(map[string]vc0706sim.Faults{
		"silent": {Silent: true}, "hangs": {HangAfter: 300}, "truncates": {Truncate: true},
		"noisy": {Noise: 0.3, ShortReply: 0.1, BootGarbage: true}, "dead": {Dead: true},
	}[name])
}

func (y *year) applyCard() {
	r, any := y.rooms.top()
	if !any {
		r = plenty
	}
	y.card.set(r)
}

// pause stops the daemon, does something, and starts it after so long.
func (y *year) pause(d time.Duration, meanwhile func()) {
	if y.life == nil {
		return
	}
	y.summary.restarts++
	y.stop()
	meanwhile()
	y.off(d, []string{"kept"})
}

// replan starts the daemon with the plan and zone that are wanted now: at a moment
// when the clock is right, the old plan's slots are written, and none is near.
func (y *year) replan() {
	every, any := y.plans.top()
	if !any {
		every = slotEvery
	}
	if y.cfg.TimeZone == y.zone && y.cfg.Sessions[0].Every == every {
		return
	}
	const quiet, near = 4 * time.Minute, 40 * time.Second
	now := y.truth()
	last, ok := y.plan.Last(schedule.Capture, now.Add(1))
	next, _ := y.plan.Next(schedule.Capture, now)
	switch {
	case y.life == nil || len(y.rooms.all) > 0:
		y.in(time.Hour, y.replan)
		return
	case !y.right():
		y.setRight()
		y.in(time.Minute, y.replan)
		return
	case ok && now.Sub(last.At) < quiet:
		y.in(quiet-now.Sub(last.At), y.replan)
		return
	case next.At.Sub(now) < near:
		y.in(near+quiet, y.replan)
		return
	}
	y.stop()
	y.configure(&y.cfg, every)
	plan, err := y.cfg.Schedule()
	if err != nil {
		y.Fatal(err)
	}
	y.plan = plan
	y.eras = append(y.eras, era{plan: plan, from: y.truth(), since: last.At})
	y.summary.plans++
	y.boot()
}
