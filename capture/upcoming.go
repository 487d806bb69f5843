package capture

import (
	"time"

	"fieldcam/capture/schedule"
)

// upcoming is the next slot after the cursor; false where none is due. It is looked
// up once for each: the loop asks every few seconds.
func (l *loop) upcoming() (schedule.Slot, bool) {
	cursor := l.track.cursor
	if n := l.next; n.At.IsZero() || cursor.Before(l.nextAfter) || !cursor.Before(n.At) {
		slot, ok := l.o.Schedule.Next(schedule.Capture, cursor)
		if !ok {
			return schedule.Slot{}, false
		}
		l.next, l.nextAfter = slot, cursor
	}
	return l.next, true
}

// room is the time until the next slot; false where none is due.
func (l *loop) room() (time.Duration, bool) {
	next, ok := l.upcoming()
	if !ok {
		return 0, false
	}
	return next.At.Sub(l.o.Clock.Now()), true
}
