package capture

import (
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

// paused tells whether a person had paused the schedule.
func (l *loop) paused(slot schedule.Slot) bool { return l.o.Paused != nil && l.o.Paused(slot.At) }

// byPause cuts a part into pieces, each with slots of a pause only, or with none.
// Where there are too many slots to ask for each, it is one piece.
func (l *loop) byPause(p part) []part {
	s := l.o.Schedule
	if l.o.Paused == nil || p.to.Sub(p.from) > maxCounted || s.Count(schedule.Capture, p.from, p.to) > maxListed {
		return []part{p}
	}
	var pieces []part
	for slot := range s.Between(schedule.Capture, p.from, p.to) {
		piece := p
		piece.from, piece.to = slot.At, slot.At.Add(1)
		if l.paused(slot) {
			piece.cause, piece.detail = photo.Paused, "a person had paused the schedule"
		}
		if n := len(pieces) - 1; n >= 0 && pieces[n].cause == piece.cause {
			pieces[n].to = piece.to
			continue
		}
		pieces = append(pieces, piece)
	}
	return pieces
}

// onlyPaused tells whether all that waits is of a pause.
func (l *ledger) onlyPaused() bool {
	for i := range l.pending {
		if l.pending[i].Cause != photo.Paused {
			return false
		}
	}
	return true
}
