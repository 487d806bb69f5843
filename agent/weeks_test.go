//go:build year

// Weeks in simulated time, each some seconds of a processor: they run once, without
// the race detector and emulation.

package agent_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// replan starts the daemon with a changed configuration. No slot may be near.
func (w *world) replan(change func(*config.Config)) {
	w.Helper()
	last, _ := w.plan.Last(schedule.Capture, w.truth().Add(1))
	w.restart(func() {
		change(&w.cfg)
		if err := w.cfg.Validate(); err != nil {
			w.Fatal(err)
		}
		plan, err := w.cfg.Schedule()
		if err != nil {
			w.Fatal(err)
		}
		w.plan = plan
		w.eras = append(w.eras, era{plan: plan, from: w.truth(), since: last.At})
	})
}

func TestACountThatIsTooSmallIsReportedUntilItIsChanged(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) {
		every(c, time.Hour)
		c.Sessions[1].Every, c.Sessions[1].Photos = 12*time.Hour, 2
		c.Heartbeat.Every, c.Heartbeat.StatusEvery = time.Hour, 6*time.Hour
		c.Camera.Power.KeepOn = true
	}}, func(w *world) {
		w.boot()
		w.pass(time.Minute)
		w.wantReported(true, health.UploadsBehind) // before it happens
		w.wantReported(false, health.BacklogGrowing)
		w.pass(4 * 24 * time.Hour)
		w.wantReported(true, health.BacklogGrowing)
		if c, _ := w.condition(health.BacklogGrowing); !strings.Contains(c.Text, "a day come while") || !strings.Contains(c.Text, "photos = ") {
			w.Errorf("backlog-growing says %q, want the sums and an advice", c.Text)
		}
		w.pass(10 * time.Minute)
		w.replan(func(c *config.Config) { c.Sessions[1].Photos = 0 })
		w.pass(24 * time.Hour)
		w.wantReported(false, health.BacklogGrowing, health.UploadsBehind)
		w.finish().want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth()), map[photo.Cause]int{})
	})
}

// nightly is a block across midnight, and another by day.
func nightly(c *config.Config) {
	every(c, time.Hour)
	c.TimeZone = "Europe/Berlin"
	c.Sessions[0].From, c.Sessions[0].Until = schedule.At(schedule.TimeOfDay(22*time.Hour)), schedule.At(schedule.TimeOfDay(5*time.Hour))
	c.Sessions[0].Every = 30 * time.Minute
	day := schedule.NewSession()
	day.Name, day.Kind, day.From, day.Until, day.Every = "day", schedule.Capture, schedule.At(schedule.TimeOfDay(9*time.Hour)), schedule.At(schedule.TimeOfDay(15*time.Hour)), time.Hour
	c.Sessions = append(c.Sessions, day)
	c.Heartbeat.Every, c.Heartbeat.StatusEvery = time.Hour, 6*time.Hour
}

func TestDaysOfDaylightSavingAndAnEventAreAccountedForOverAChangeOfZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dawn   time.Time
		onNext string // the event's day
	}{
		"the clock goes back":    {time.Date(2026, 10, 24, 10, 10, 0, 0, time.UTC), "2026-10-26"},
		"the clock goes forward": {time.Date(2027, 3, 27, 10, 10, 0, 0, time.UTC), "2027-03-29"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{dawn: c.dawn, config: func(cfg *config.Config) {
				nightly(cfg)
				s := schedule.NewSession()
				s.Name, s.Kind, s.Every = "pour", schedule.Capture, 10*time.Minute
				s.From, s.Until = schedule.At(schedule.TimeOfDay(7*time.Hour)), schedule.At(schedule.TimeOfDay(17*time.Hour))
				u := schedule.NewSession()
				u.Name, u.Kind = "pour-upload", schedule.Upload
				cfg.Events = []schedule.Event{{Name: "concrete", FirstDay: c.onNext, LastDay: c.onNext, Sessions: []schedule.Session{s, u}}}
			}}, func(w *world) {
				w.boot()
				w.pass(2*24*time.Hour + 5*time.Minute) // into the event's day, 11:15 or 12:15
				first := w.plan.Count(schedule.Capture, w.dawn, w.truth())
				// Berlin's night would be 22:00 to 05:00: New York's is another.
				w.replan(func(cfg *config.Config) { cfg.TimeZone = "America/New_York" })
				changed := w.truth()
				w.pass(36 * time.Hour)
				v := w.finish()
				v.want(w, first+w.plan.Count(schedule.Capture, changed, w.truth()), map[photo.Cause]int{})
				v.wantOnTime(w)
				pour := 0
				for _, m := range v.metas {
					if m.Session == "pour" {
						pour++
					}
				}
				if pour == 0 {
					w.Error("no photo of the event")
				}
			})
		})
	}
}

// A notice, or notice upon notice, that would keep a controller silent for ever.
func TestNoNoticeSilencesAControllerForLong(t *testing.T) {
	t.Parallel()
	daily := func(at time.Time) message.NoticeWindow {
		n := window(message.Maintenance, at, 24*time.Hour)
		n.Rule = "FREQ=DAILY"
		return n
	}
	for name, again := range map[string]bool{"one": false, "one each day": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{config: func(c *config.Config) {
				trusting(c)
				withCheckIns(c, 6*time.Hour, 6*time.Hour)
				c.Heartbeat.Every, c.Heartbeat.StatusEvery = time.Hour, 6*time.Hour
			}}, func(w *world) {
				w.boot()
				w.pass(time.Minute)
				const days = 7
				quiet := 0
				for d := range days {
					if d == 0 || again {
						w.announce(w.notice(int64(d+1), message.Fleet, daily(w.truth())), message.Fleet, fleetKey())
					}
					for range 24 {
						w.pass(time.Hour - handTime/24)
						if w.life.agent.Status().Returns != nil {
							quiet++
						}
					}
				}
				if quiet < 24 || quiet > 72 {
					w.Errorf("quiet in %d of %d hours, want some and at most 72", quiet, days*24)
				}
				w.finish()
			})
		})
	}
}

func TestADataBudgetThatIsUsedUpHoldsPhotosUntilTheNextMonth(t *testing.T) {
	const size = 30_000 // bytes; the device's budget is 1 MB
	dawn := time.Date(2026, 11, 29, 0, 5, 0, 0, time.UTC)
	inWorld(t, setup{dawn: dawn, picture: bigPicture(size), slice: 50 * time.Millisecond, config: func(c *config.Config) {
		withCheckIns(c, time.Hour, time.Hour)
		c.Link.BudgetMB = 1
		c.Camera.Power.KeepOn = true
		c.Heartbeat.Every, c.Heartbeat.StatusEvery = time.Hour, 24*time.Hour
	}}, func(w *world) {
		w.boot()
		w.pass(46 * time.Hour) // the 30th, 22:05: 46 photos, of which 1 MB are 33 at the most
		waiting := w.life.agent.Status().Queue.Waiting
		if waiting < 13 || waiting > 40 {
			w.Errorf("%d photos wait, want those beyond the budget, and only those", waiting)
		}
		w.wantReported(true, health.DataBudget)
		w.wantReported(false, health.CloudUnreachable, health.UploadFailing)
		w.restart(func() {}) // the count is on the card
		w.pass(time.Hour)
		if n := w.life.agent.Status().Queue.Waiting; n < waiting {
			w.Errorf("%d photos wait after a restart, want at least %d", n, waiting)
		}
		if err := w.life.agent.Upload(2); err != nil {
			w.Fatal(err)
		}
		before := w.life.agent.Status().Queue.Waiting
		w.pass(time.Minute)
		if n := w.life.agent.Status().Queue.Waiting; n != before-2 {
			w.Errorf("%d photos wait after a person sent two of %d", n, before)
		}
		w.passUntil(0, 30) // of the 1st
		w.pass(time.Hour)
		if n := w.life.agent.Status().Queue.Waiting; n != 0 {
			w.Errorf("%d photos wait in the new month, want none", n)
		}
		v := w.finish()
		v.want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth()), map[photo.Cause]int{})
	})
}
