package agent_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue/upload/tustest"
)

const (
	// fleetSpread is over how long a fleet returns after the windows.
	fleetSpread = 10 * time.Minute
	// gentle is the least wait between two tries of one part in a window.
	gentle = 8 * time.Minute
	// gentleMost is the longest such wait, with what a try in a black hole takes.
	gentleMost = 16 * time.Minute
	// alarmAfter is how long a cloud may be silent, and a look of the agent.
	alarmAfter = 15*time.Minute + 35*time.Second
)

// A diary notes the daemon's warnings, and its tries to connect.
type diary struct {
	mu       sync.Mutex // guards the following
	warnings []note
	dials    []note // to an address
}

// A note is of a moment of package time.
type note struct {
	at   time.Time
	text string
}

// keepDiary has the world write one. The daemon is off.
func (w *world) keepDiary() *diary {
	d := &diary{}
	w.log = d
	w.cloud.dialed = func(addr string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.dials = append(d.dials, note{time.Now(), addr})
	}
	return d
}

// Write takes a line of the log, which are warnings and errors only.
func (d *diary) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.warnings = append(d.warnings, note{time.Now(), string(line)})
	return len(line), nil
}

// warned are the warnings of a time by the right clock, from <= t < to.
func (d *diary) warned(w *world, from, to time.Time) []note {
	d.mu.Lock()
	defer d.mu.Unlock()
	return within(w, d.warnings, from, to)
}

// dialed are the tries to connect to an address; empty: to any.
func (d *diary) dialed(w *world, addr string, from, to time.Time) []note {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(within(w, d.dials, from, to), func(n note) bool { return addr != "" && n.text != addr })
}

func within(w *world, notes []note, from, to time.Time) []note {
	return slices.DeleteFunc(slices.Clone(notes), func(n note) bool { return w.wall(n.at).Before(from) || !w.wall(n.at).Before(to) })
}

// withCheckIns sets the schedule: captures and uploads, and check-ins, around the clock.
func withCheckIns(c *config.Config, photos, checkIns time.Duration) {
	every(c, photos)
	s := schedule.NewSession()
	s.Name, s.Kind, s.Every = "check-in", schedule.CheckIn, checkIns
	c.Sessions = append(c.Sessions, s)
}

// quarterly and monthly are the two calendars of the field.
func quarterly() []maintenance.Window {
	w, s := maintenance.NewWindow(), maintenance.NewWindow()
	w.Name, w.Start, w.Rule, w.Duration = "quarterly, winter", "2026-01-01 19:00:00", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU", 3*time.Hour
	s.Name, s.Start, s.Rule, s.Duration = "quarterly, summer", "2026-01-01 20:00:00", "FREQ=YEARLY;BYMONTH=6,9;BYDAY=1SU", 3*time.Hour
	return []maintenance.Window{w, s}
}

func monthly() []maintenance.Window {
	w := maintenance.NewWindow()
	w.Name, w.Start, w.Rule, w.TimeZone, w.Duration = "monthly", "2026-01-01 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", 4*time.Hour
	return []maintenance.Window{w}
}

// returns is when the device comes back after the window it is in.
func (w *world) returns() time.Time {
	w.Helper()
	s := w.life.agent.Status()
	if s.Returns == nil {
		w.Fatalf("%s: the daemon knows of no quiet time (%+v)", w.truth(), s.Window)
	}
	return *s.Returns
}

// wantCalm wants nothing said, and little tried, of a cloud that is away from from
// to ends, and nothing tried from then until returns.
func (w *world) wantCalm(d *diary, from, ends, returns time.Time) {
	w.Helper()
	if returns.Before(ends) || !returns.Before(ends.Add(fleetSpread)) {
		w.Errorf("return at %v, want one within %v of the end at %v", returns, fleetSpread, ends)
	}
	for _, n := range d.warned(w, from, returns) {
		w.Errorf("%v, in a window: %s", w.wall(n.at), n.text)
	}
	// Uploads and the monitor share an address.
	for addr, parts := range map[string]int{uploadAddress: 2, brokerAddress: 1} {
		// One more for each where the other has found that something answers.
		n, least, most := len(d.dialed(w, addr, from, ends)), int(ends.Sub(from)/gentleMost), parts*(int(ends.Sub(from)/gentle)+1)
		if n < least || n > most {
			w.Errorf("%s: %d tries in the window, want %d to %d", addr, n, least, most)
		}
	}
	if dials := d.dialed(w, "", ends, returns); len(dials) > 0 {
		w.Errorf("%d tries after the window and before the return at %v, the first at %v: %v", len(dials), returns, w.wall(dials[0].at), dials[0].text)
	}
}

// late are the statuses that came late.
func (w *world) late() (all []message.Status) {
	w.Helper()
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindStatus)) {
		s, err := message.ParseStatus(m.Payload)
		if err != nil {
			w.Fatal(err)
		}
		if s.Late {
			all = append(all, s)
		}
	}
	return all
}

// wantLate wants a late status of each check-in slot of from <= t < to, each once
// and in order, with the time at which it was due. One at to can be late or not.
func (w *world) wantLate(from, to time.Time) {
	w.Helper()
	all := w.late()
	for slot := range w.plan.Between(schedule.CheckIn, from, to.Add(1)) {
		is := len(all) > 0 && all[0].At.Time().Sub(slot.At).Abs() < time.Minute
		switch {
		case is:
			all = all[1:]
		case slot.At.Before(to):
			w.Errorf("no late status of the check-in at %v", slot.At)
		}
	}
	for _, s := range all {
		w.Errorf("a late status of %v, want none but one for each check-in from %v to %v, in order", s.At.Time(), from, to)
	}
}

// away are the ways in which a cloud is away.
func away() map[string]func(w *world) {
	return map[string]func(w *world){
		"severed":     func(w *world) { w.network(linktest.Severed) },
		"black-holed": func(w *world) { w.network(linktest.BlackHoled) },
		"locked": func(w *world) {
			w.cloud.receiver.Always("", tustest.Status(503))
			w.spoil(mqtttest.Faults{Refuse: 3})
			w.cloud.broker.Cut()
		},
		"broken": func(w *world) {
			w.cloud.receiver.Always("", tustest.Page(200))
			w.spoil(mqtttest.Faults{Hang: true})
		},
	}
}

func TestAMaintenanceWindowIsQuietAndLosesNothing(t *testing.T) {
	t.Parallel()
	utc := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		windows    []maintenance.Window
		begin, end time.Time
		how        string
	}{
		"first Sunday of December":           {quarterly(), utc(2026, 12, 6, 19), utc(2026, 12, 6, 22), "severed"},
		"first Sunday of June":               {quarterly(), utc(2027, 6, 6, 20), utc(2027, 6, 6, 23), "black-holed"},
		"last Saturday in Denver":            {monthly(), utc(2026, 11, 29, 5), utc(2026, 11, 29, 9), "locked"},
		"last Saturday, the clock goes back": {monthly(), utc(2026, 11, 1, 4), utc(2026, 11, 1, 9), "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{dawn: c.begin.Add(-35 * time.Minute), config: func(cfg *config.Config) {
				withCheckIns(cfg, 15*time.Minute, 30*time.Minute)
				cfg.Maintenance.Spread, cfg.Maintenance.Windows = fleetSpread, c.windows
			}}, func(w *world) {
				d := w.keepDiary()
				w.boot()
				w.pass(c.begin.Sub(w.truth()))
				away()[c.how](w)
				w.pass(c.end.Sub(w.truth()) - time.Second)
				returns := w.returns()
				w.pass(time.Second)
				w.cloud.heal() // unmarked: no heartbeat is due before the return
				w.pass(returns.Sub(w.truth()) + 5*time.Second)
				w.wantCalm(d, c.begin, c.end, returns)
				w.mark()
				w.pass(time.Minute)
				if s := w.life.agent.Status(); !s.Broker.Connected || s.Queue.Waiting > 0 {
					w.Errorf("a minute after the return at %v: broker %t, %d photos wait", returns, s.Broker.Connected, s.Queue.Waiting)
				}
				w.wantLate(c.begin, c.end)
				w.pass(20 * time.Minute)
				v := w.finish()
				v.want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth()), map[photo.Cause]int{})
				v.wantOnTime(w)
				w.wantConditions()
			})
		})
	}
}

func TestACloudThatWorksInsideAWindowIsUsed(t *testing.T) {
	begin := time.Date(2026, 12, 6, 19, 0, 0, 0, time.UTC)
	inWorld(t, setup{dawn: begin.Add(-20 * time.Minute), config: func(c *config.Config) {
		withCheckIns(c, 15*time.Minute, 30*time.Minute)
		c.Maintenance.Spread, c.Maintenance.Windows = fleetSpread, quarterly()
	}}, func(w *world) {
		w.keepDiary()
		w.boot()
		w.passUntil(20, 1)
		if n := w.life.agent.Status().Queue.Waiting; n != 0 {
			w.Errorf("%d photos wait in a window in which all works, want none", n)
		}
		w.network(linktest.Severed)
		w.passUntil(20, 40)
		w.cloud.heal()
		w.pass(gentleMost)
		w.mark()
		w.pass(time.Second)
		if s := w.life.agent.Status(); !s.Broker.Connected || s.Queue.Waiting > 0 {
			w.Errorf("%v after the cloud's return in a window: broker %t, %d photos wait", gentleMost, s.Broker.Connected, s.Queue.Waiting)
		}
		w.passUntil(22, 20)
		w.finish()
		w.wantConditions()
	})
}

func TestASilentCloudIsAnAlarmOutsideOfWindows(t *testing.T) {
	begin := time.Date(2026, 12, 6, 19, 0, 0, 0, time.UTC)
	inWorld(t, setup{dawn: begin.Add(-2 * time.Hour), config: func(c *config.Config) {
		withCheckIns(c, 15*time.Minute, 30*time.Minute)
		c.Maintenance.Spread, c.Maintenance.Windows = fleetSpread, quarterly()
	}}, func(w *world) {
		d := w.keepDiary()
		w.boot()
		w.passUntil(17, 46)
		w.network(linktest.Severed)
		w.passUntil(18, 20)
		w.wantReported(true, health.CloudUnreachable)
		w.cloud.heal() // unmarked: no heartbeat is due before the return
		w.pass(fleetSpread + time.Minute)
		w.mark()
		w.wantReported(false, health.CloudUnreachable)
		w.passUntil(19, 1)
		w.network(linktest.Severed)
		w.passUntil(21, 59)
		returns := w.returns()
		w.pass(returns.Sub(w.truth()) - time.Second)
		w.wantReported(false, health.CloudUnreachable, health.UploadFailing)
		w.pass(alarmAfter + time.Second)
		w.wantReported(true, health.CloudUnreachable)
		if !slices.ContainsFunc(d.warned(w, returns, w.truth()), func(n note) bool { return strings.Contains(n.text, "cloud") }) {
			w.Error("nothing was logged of a cloud that stays away after its window")
		}
		w.finish()
		w.wantConditions("+cloud-unreachable", "-cloud-unreachable", "+cloud-unreachable", "-cloud-unreachable")
	})
}
