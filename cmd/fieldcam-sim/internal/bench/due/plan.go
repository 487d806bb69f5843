package due

import (
	"fmt"
	"time"

	"fieldcam/capture/schedule"
)

// fullPlan is a schedule as full as they get: capture sessions of various days,
// blocks, some across midnight, and intervals, in a zone with daylight saving.
func fullPlan() (*schedule.Schedule, error) {
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	var sessions []schedule.Session
	for i := range nextSessions {
		s := schedule.NewSession()
		s.Name, s.Kind = fmt.Sprint("session ", i), schedule.Capture
		s.Days = schedule.EveryDay &^ (1 << (i % 7))
		s.From = schedule.TimeOfDay(time.Duration(i*67) * time.Minute)
		s.Until = (s.From + schedule.TimeOfDay(5*time.Hour)) % schedule.Midnight
		s.Every = time.Duration(1+i%4) * 5 * time.Minute
		sessions = append(sessions, s)
	}
	return schedule.New(zone, sessions)
}
