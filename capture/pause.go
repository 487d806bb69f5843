package capture

import (
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

// meant tells why no photo is wanted at an instant of wall time; false where one is.
func (l *loop) meant(at time.Time) (cause photo.Cause, detail string, ok bool) {
	switch {
	case l.o.Paused != nil && l.o.Paused(at):
		return photo.Paused, "a person had paused the schedule", true
	case l.o.PowerLow != nil && l.o.PowerLow(at):
		return photo.PowerLow, "the battery was nearly empty", true
	}
	return "", "", false
}

// wanted tells whether a photo of the slot is.
func (l *loop) wanted(slot schedule.Slot) bool {
	_, _, no := l.meant(slot.At)
	return !no
}

// byMeaning cuts a part into pieces, each with slots that were left out for one
// reason, or with none of these. Where there are too many slots to ask for each, it
// is one piece.
func (l *loop) byMeaning(p part) []part {
	s := l.o.Schedule
	if l.o.Paused == nil && l.o.PowerLow == nil || p.to.Sub(p.from) > maxCounted || s.Count(schedule.Capture, p.from, p.to) > maxListed {
		return []part{p}
	}
	var pieces []part
	for slot := range s.Between(schedule.Capture, p.from, p.to) {
		piece := p
		piece.from, piece.to = slot.At, slot.At.Add(1)
		if cause, detail, ok := l.meant(slot.At); ok {
			piece.cause, piece.detail = cause, detail
		}
		if n := len(pieces) - 1; n >= 0 && pieces[n].cause == piece.cause {
			pieces[n].to = piece.to
			continue
		}
		pieces = append(pieces, piece)
	}
	return pieces
}

// onlyMeant tells whether all that waits is of slots that were left out.
func (l *ledger) onlyMeant() bool {
	for i := range l.pending {
		if !l.pending[i].Cause.Meant() {
			return false
		}
	}
	return true
}
