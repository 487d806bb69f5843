package heartbeat

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health/journal"
	"fieldcam/agent/message"
)

const (
	// FileName is the late statuses' file in the state directory.
	FileName = "statuses.log"
	// MaxLate is how many check-ins are kept, the newest: four days of hourly
	// ones, in 100 KB.
	MaxLate = 100
	// lateGap is the least time between two of them: check-ins can be as often as
	// each 5 s, and each that is kept wears the card.
	lateGap = 10 * time.Minute
	// lateBytes is the size above which the file is written anew.
	lateBytes = 4 * MaxLate * message.MaxLate
)

// late are the statuses of check-ins that could not be sent. It is report's.
type late struct {
	file    *journal.File // nil: in memory only
	log     zerolog.Logger
	waiting []lateStatus // oldest first
	last    time.Time    // when one was kept last, by package time
	failing bool
}

// lateStatus is one of them.
type lateStatus struct {
	message.Status
	noted time.Time // when, by package time; zero: before this start
}

// load takes over what the start before has kept.
func (l *late) load() {
	if l.file == nil {
		return
	}
	records, damaged, err := l.file.Load()
	if err != nil {
		l.log.Error().Err(err).Msg("check-ins of before can't be read")
	}
	for _, b := range records {
		s, err := message.ParseStatus(b)
		if err != nil {
			damaged++
			continue
		}
		l.waiting = append(l.waiting, lateStatus{Status: s})
	}
	l.waiting = l.waiting[max(0, len(l.waiting)-MaxLate):]
	if damaged > 0 {
		l.log.Warn().Int("damaged", damaged).Int("statuses", len(l.waiting)).Msg("some check-ins of before are damaged and lost")
	}
}

// keep keeps a status that was due and could not be sent.
func (l *late) keep(s message.Status) {
	if !l.last.IsZero() && time.Since(l.last) < lateGap {
		return
	}
	l.last = time.Now()
	l.waiting = append(l.waiting, lateStatus{Status: s, noted: time.Now()})
	l.waiting = l.waiting[max(0, len(l.waiting)-MaxLate):]
	if l.file == nil {
		return
	}
	b, err := s.MarshalLate()
	if err != nil {
		return // the same is said where it is sent
	}
	size, err := l.file.Append(b)
	if err == nil && size > lateBytes {
		err = l.write()
	}
	l.say(err)
}

// write puts what waits in place of what the file says.
func (l *late) write() error {
	var records [][]byte
	for _, s := range l.waiting {
		if b, err := s.MarshalLate(); err == nil {
			records = append(records, b)
		}
	}
	_, err := l.file.Replace(records...)
	return err
}

// say logs where the card begins or ends to take none.
func (l *late) say(err error) {
	if failing := err != nil; failing != l.failing {
		l.failing = failing
		if failing {
			l.log.Warn().Err(err).Msg("check-ins are kept in memory only")
		} else {
			l.log.Info().Msg("check-ins are kept on the card again")
		}
	}
}

// sendLate sends what was kept, the oldest first, and tells whether the broker
// has all of it. A power cut before that has some of it sent again.
func (r *reporter) sendLate(ctx context.Context) bool {
	l := &r.late
	if len(l.waiting) == 0 {
		return true
	}
	for len(l.waiting) > 0 {
		s := l.waiting[0]
		if !s.noted.IsZero() && !s.ClockSynced && r.o.Clock.Synced() { // else that time is as good as any
			s.At, s.ClockSynced = message.At(r.o.Clock.Now().Add(-time.Since(s.noted))), true
		}
		payload, err := s.MarshalLate()
		if err != nil {
			r.o.Log.Error().Err(err).Msg("late status cannot be sent")
		} else if !r.publish(ctx, message.KindStatus, payload, false) {
			return false
		}
		l.waiting = l.waiting[1:]
	}
	if l.file != nil {
		l.say(l.write())
	}
	return true
}
