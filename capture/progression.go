package capture

import (
	"iter"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

// days lists the slots from m.From to m.To for the store, the slots of one UTC
// day at a time: as progressions, each of one session. The first of a day begins
// with its first slot.
func days(s *schedule.Schedule, m photo.Miss) iter.Seq[[]photo.Miss] {
	return func(yield func([]photo.Miss) bool) {
		var day []photo.Miss
		growing := map[string]int{} // by session, its progression in day that may go on
		for slot := range s.Between(schedule.Capture, m.From, m.To.Add(1)) {
			if len(day) > 0 && !sameDay(day[0].From, slot.At) {
				if !yield(day) {
					return
				}
				day = nil
				clear(growing)
			}
			if n, ok := growing[slot.Session]; ok && goOn(&day[n], slot.At) {
				continue
			}
			growing[slot.Session] = len(day)
			day = append(day, photo.Miss{
				From: slot.At, To: slot.At, Session: slot.Session, Slots: 1, Cause: m.Cause, Detail: m.Detail,
			})
		}
		if len(day) > 0 {
			yield(day)
		}
	}
}

// sameDay tells whether both are in one UTC day.
func sameDay(a, b time.Time) bool {
	const day = 24 * time.Hour // Truncate counts from midnight UTC
	return a.Truncate(day).Equal(b.Truncate(day))
}

// goOn puts the slot at the end of the progression; false where it does not fit.
func goOn(m *photo.Miss, slot time.Time) bool {
	every := slot.Sub(m.To)
	if m.Slots > 1 && every != m.Every {
		return false
	}
	m.To, m.Every = slot, every
	m.Slots++
	return true
}
