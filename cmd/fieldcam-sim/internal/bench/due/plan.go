package due

import (
	"fmt"
	"time"

	"fieldcam/capture/schedule"
)

// eventSessions are those of each event.
const eventSessions = 4

// fullPlan is a schedule as full as they get: capture sessions of various days,
// blocks, some across midnight and every fourth by the sun, and intervals, in a
// zone with daylight saving; and events through the year.
func fullPlan() (*schedule.Schedule, error) {
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	plan := schedule.Plan{Site: schedule.Site{Latitude: schedule.DegreesOf(39.74), Longitude: schedule.DegreesOf(-104.99)}}
	for i := range nextSessions {
		plan.Sessions = append(plan.Sessions, capturing(i))
	}
	for i := range nextEvents {
		first := time.Date(2026, time.Month(2+2*i), 10, 0, 0, 0, 0, time.UTC)
		e := schedule.Event{
			Name:     fmt.Sprint("event ", i),
			FirstDay: first.Format(time.DateOnly), LastDay: first.AddDate(0, 0, 13).Format(time.DateOnly),
		}
		for j := range eventSessions {
			e.Sessions = append(e.Sessions, capturing(i+j*eventSessions))
		}
		plan.Events = append(plan.Events, e)
	}
	return schedule.New(zone, plan)
}

// capturing is a capture session, another one for each i.
func capturing(i int) schedule.Session {
	s := schedule.NewSession()
	s.Name, s.Kind = fmt.Sprint("session ", i), schedule.Capture
	s.Days = schedule.EveryDay &^ (1 << (i % 7))
	from := schedule.TimeOfDay(time.Duration(i*67) * time.Minute)
	s.From, s.Until = schedule.At(from), schedule.At((from+schedule.TimeOfDay(5*time.Hour))%schedule.Midnight)
	s.Every = time.Duration(1+i%4) * 5 * time.Minute
	if i%4 == 0 {
		s.From = schedule.Moment{Sun: schedule.Sunrise, Offset: -30 * time.Minute}
		s.Until = schedule.Moment{Sun: schedule.Sunset, Offset: time.Duration(i) * time.Minute}
	}
	return s
}
