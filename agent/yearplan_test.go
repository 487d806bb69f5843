//go:build year

package agent_test

import (
	"fmt"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// configure sets the schedule: photos at an interval, around the clock; and the
// events, pauses and shots of the whole year.
func (y *year) configure(c *config.Config, every time.Duration) {
	c.TimeZone, c.Sessions = y.zone, y.sessions(every)
	c.Events, c.Shots, c.Pauses = nil, nil, nil
	zone, err := time.LoadLocation(y.zone)
	if err != nil {
		panic(err)
	}
	for i, e := range y.h.events {
		name := fmt.Sprintf("%s %d", e.what, i)
		from, to := e.at.In(zone), e.at.Add(e.lasts).In(zone)
		switch e.what {
		case "event":
			every, err := time.ParseDuration(e.arg(0))
			if err != nil {
				panic(err)
			}
			c.Events = append(c.Events, schedule.Event{
				Name: name, FirstDay: from.Format(time.DateOnly), LastDay: to.Format(time.DateOnly), Sessions: y.sessions(every),
			})
		case "pause":
			c.Pauses = append(c.Pauses, schedule.Pause{Name: name, From: schedule.WallTimeOf(from), Until: schedule.WallTimeOf(to)})
		case "shot":
			c.Shots = append(c.Shots, schedule.Shot{Name: name, At: schedule.WallTimeOf(from)})
		}
	}
}

// nightly tells whether regular sessions send few photos, and End of Day Uploading
// the rest: at some sites.
func (y *year) nightly() bool { return y.h.seed%4 == 3 }

// sessions are photos at an interval, and uploads and check-ins as ever.
func (y *year) sessions(every time.Duration) (all []schedule.Session) {
	for _, s := range []struct {
		kind  schedule.Kind
		every time.Duration
	}{{schedule.Capture, every}, {schedule.Upload, slotEvery}, {schedule.CheckIn, time.Hour}} {
		session := schedule.NewSession()
		session.Name, session.Kind, session.Every = s.kind.String(), s.kind, s.every
		if s.kind == schedule.Upload && y.nightly() {
			session.Photos = 4
		}
		all = append(all, session)
	}
	if y.nightly() {
		night := schedule.NewSession()
		night.Name, night.Kind, night.Every, night.Order = "end of day", schedule.Upload, 24*time.Hour, schedule.OldestFirst
		night.From, night.Until = schedule.At(schedule.TimeOfDay(22*time.Hour)), schedule.At(schedule.TimeOfDay(2*time.Hour))
		all = append(all, night)
	}
	return all
}
