package agent_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// handTime is how long a notice may take from the broker into the calendar.
const handTime = 10 * time.Second

// fleetKey signs the fleet's notices, and otherKey those of others.
func fleetKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(strings.Repeat("f", 32))) }
func otherKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(strings.Repeat("o", 32))) }

// trusting is a configuration that takes notices by fleetKey.
func trusting(c *config.Config) {
	withCheckIns(c, 15*time.Minute, 30*time.Minute)
	c.Maintenance.Spread = fleetSpread
	c.Maintenance.NoticeKey = base64.StdEncoding.EncodeToString(fleetKey().Public().(ed25519.PublicKey))
}

// window is a window of a notice, by UTC.
func window(class message.WindowClass, start time.Time, lasts time.Duration) message.NoticeWindow {
	return message.NoticeWindow{Name: "work", Class: class, Start: start.Format(time.DateTime), DurationSeconds: uint32(lasts / time.Second)}
}

// notice is number n for an address, of now.
func (w *world) notice(n int64, to string, windows ...message.NoticeWindow) message.Notice {
	return message.Notice{ID: fmt.Sprintf("notice-%d", n), Device: to, N: n, Issued: message.At(w.truth()), Windows: windows}
}

// announce has the broker keep a notice, and waits until the daemon has it.
func (w *world) announce(n message.Notice, topic string, key ed25519.PrivateKey) {
	w.Helper()
	payload, err := n.Sign(key)
	if err != nil {
		w.Fatal(err)
	}
	w.cloud.broker.Publish(message.Topic(topic, message.KindNotice), payload, true)
	w.pass(handTime)
}

// wantQuiet wants the daemon to take a moment for quiet, or not, without waiting for
// it: as its status says now.
func (w *world) wantQuiet(want bool) {
	w.Helper()
	if s := w.life.agent.Status(); (s.Returns != nil) != want {
		w.Errorf("%s: returns %v, window %+v, want quiet %t", w.truth().Format(time.DateTime), s.Returns, s.Window, want)
	}
}

func TestAnAnnouncedWindowIsQuietOverAPowerCut(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"device": device, "fleet": message.Fleet} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{config: trusting}, func(w *world) {
				d := w.keepDiary()
				w.boot()
				w.pass(time.Minute)
				begin := monday().Add(3 * time.Hour)
				end := begin.Add(2 * time.Hour)
				w.announce(w.notice(1, to, window(message.HotFix, begin, end.Sub(begin))), to, fleetKey())
				w.wantQuiet(false)
				w.pass(begin.Sub(w.truth()) - 10*time.Minute)
				w.cut() // and the retained notice does not come before the window
				w.pass(begin.Sub(w.truth()))
				w.network(linktest.Severed)
				w.pass(30 * time.Minute)
				w.wantQuiet(true)
				w.restart(func() {}) // and there is no broker to tell it again
				restarted := w.truth()
				w.pass(end.Sub(w.truth()) - time.Second)
				returns := w.returns()
				w.pass(time.Second)
				w.cloud.heal()
				w.pass(returns.Sub(w.truth()) + 5*time.Second)
				w.wantCalm(d, restarted.Add(time.Second), end, returns)
				w.mark()
				w.pass(time.Minute)
				w.wantLate(begin, end)
				if n := w.life.agent.Status().Queue.Waiting; n != 0 {
					w.Errorf("%d photos wait a minute after the return, want none", n)
				}
				v := w.finish()
				v.want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth()), map[photo.Cause]int{})
				w.wantConditions()
			})
		})
	}
}

func TestANoticeThatIsNotBelievedChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key    func() ed25519.PrivateKey
		change func(n *message.Notice)
	}{
		"forged":             {key: otherKey},
		"for another device": {change: func(n *message.Notice) { n.Device = "pole-8" }},
		"old":                {change: func(n *message.Notice) { n.Issued -= 500 * 24 * 60 * 60 }},
		"of the future":      {change: func(n *message.Notice) { n.Issued += 3 * 24 * 60 * 60 }},
		"of a number before": {change: func(n *message.Notice) { n.N = 1 }},
		"unknown zone":       {change: func(n *message.Notice) { n.Windows[0].Zone = "Mars/Olympus" }},
		"never ending rule":  {change: func(n *message.Notice) { n.Windows[0].Rule = "FREQ=SECONDLY" }},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{config: trusting}, func(w *world) {
				w.boot()
				w.pass(time.Minute)
				later := w.truth().Add(10 * 24 * time.Hour)
				w.announce(w.notice(2, device, window(message.Maintenance, later, time.Hour)), device, fleetKey())
				key, bad := fleetKey, w.notice(3, device, window(message.Maintenance, w.truth(), 12*time.Hour))
				if c.key != nil {
					key = c.key
				}
				if c.change != nil {
					c.change(&bad)
				}
				for range 3 { // it says so once
					w.announce(bad, device, key())
				}
				w.wantQuiet(false)
				w.wantReported(true, health.NoticeRejected)
				w.network(linktest.Severed) // and an outage is one
				w.pass(alarmAfter)
				w.wantReported(true, health.CloudUnreachable)
				w.cloud.heal()
				w.pass(fleetSpread + time.Minute)
				w.mark()
				w.announce(w.notice(4, device), device, fleetKey())
				w.wantReported(false, health.NoticeRejected)
				w.finish()
				w.wantConditions("+notice-rejected", "+cloud-unreachable", "-cloud-unreachable", "-notice-rejected")
			})
		})
	}
}

func TestANewerNoticeCancelsAWindow(t *testing.T) {
	inWorld(t, setup{config: trusting}, func(w *world) {
		w.boot()
		w.pass(time.Minute)
		w.announce(w.notice(1, device, window(message.Maintenance, w.truth().Add(time.Hour), 4*time.Hour)), device, fleetKey())
		w.pass(time.Hour + time.Minute)
		w.wantQuiet(true)
		w.announce(w.notice(2, device), device, fleetKey())
		w.wantQuiet(false)
		w.cut() // what it was told last counts
		w.pass(time.Minute)
		w.wantQuiet(false)
		w.network(linktest.Severed)
		w.pass(alarmAfter)
		w.wantReported(true, health.CloudUnreachable)
		w.cloud.heal()
		w.pass(fleetSpread + time.Minute)
		w.mark()
		w.finish()
	})
}

func TestARoutineWindowIsShownAndChangesNothing(t *testing.T) {
	inWorld(t, setup{config: trusting}, func(w *world) {
		w.boot()
		w.pass(time.Minute)
		w.announce(w.notice(1, device, window(message.Routine, w.truth(), 4*time.Hour)), device, fleetKey())
		w.wantQuiet(false)
		if s := w.life.agent.Status(); s.Window == nil || s.Window.Class != message.Routine {
			w.Errorf("status shows window %+v, want the routine one", s.Window)
		}
		w.network(linktest.Severed)
		w.pass(alarmAfter)
		w.wantReported(true, health.CloudUnreachable)
		w.cloud.heal()
		w.pass(fleetSpread + time.Minute)
		w.mark()
		w.finish()
	})
}

func TestWithoutAKeyNoticesAreIgnored(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) {
		trusting(c)
		c.Maintenance.NoticeKey = ""
	}}, func(w *world) {
		w.boot()
		w.pass(time.Minute)
		w.announce(w.notice(1, device, window(message.HotFix, w.truth(), 4*time.Hour)), device, fleetKey())
		w.wantQuiet(false)
		w.wantReported(false, health.NoticeRejected)
		w.finish()
		w.wantConditions()
	})
}
