package power

import "time"

// Limits are when the ladder moves.
type Limits struct {
	// Below is the voltage, in millivolts, below which each rung is due; that of
	// Normal means nothing. The deeper the rung, the lower.
	Below [rungs]int
	// Hysteresis is how far above its own limit the battery must be before a rung is
	// left upwards, in millivolts.
	Hysteresis int
	// Down is how long the battery must have been below a rung's limit, without a
	// break, before that rung is taken; Up how long above limit and hysteresis before
	// the next one up is.
	Down, Up time.Duration
	// Blind is after how long without a reading the next rung up is taken: nobody
	// knows then, and in doubt photos are taken.
	Blind time.Duration
}

// Ladder is the power ladder. It is a pure function of what it was told: it reads
// no clock, and is for one goroutine.
//
// Promises:
//   - It goes down only after all readings of Limits.Down were below the limit of the
//     rung that it takes, and none was missing.
//   - It goes up by one rung at a time, after all readings of Limits.Up were above
//     the present rung's limit and the hysteresis, or after Limits.Blind without any.
//   - A change of direction comes no sooner than Down or Up after the last change.
//   - A missing reading never moves it down.
type Ladder struct {
	l    Limits
	rung Rung
	// below is since when the readings are below each rung's limit, above since when
	// they are above the present one's and the hysteresis, blind since when there are
	// none; zero: they are not.
	below        [rungs]time.Time
	above, blind time.Time
}

// NewLadder makes a Ladder that stands on rung.
func NewLadder(l Limits, rung Rung) *Ladder { return &Ladder{l: l, rung: rung} }

// Rung is where it stands.
func (l *Ladder) Rung() Rung { return l.rung }

// Recovering tells whether the last reading was good enough to leave the present
// rung, once it has lasted.
func (l *Ladder) Recovering() bool { return !l.above.IsZero() }

// Step takes a reading of millivolts at now, or that there is none, and tells
// whether the rung changed. Each now is by package time, and not before the last.
func (l *Ladder) Step(now time.Time, millivolts int, known bool) (changed bool) {
	if !known {
		l.below, l.above = [rungs]time.Time{}, time.Time{}
		since(&l.blind, true, now)
		if l.rung > Normal && now.Sub(l.blind) >= l.l.Blind {
			l.rung--
			l.blind = now
			return true
		}
		return false
	}
	l.blind = time.Time{}
	for r := UploadLess; r <= Dormant; r++ {
		since(&l.below[r], millivolts < l.l.Below[r], now)
	}
	since(&l.above, l.rung > Normal && millivolts >= l.l.Below[l.rung]+l.l.Hysteresis, now)
	for r := Dormant; r > l.rung; r-- {
		if !l.below[r].IsZero() && now.Sub(l.below[r]) >= l.l.Down {
			l.rung, l.above = r, time.Time{}
			return true
		}
	}
	if !l.above.IsZero() && now.Sub(l.above) >= l.l.Up {
		l.rung--
		l.above = time.Time{}
		return true
	}
	return false
}

// since notes at t since when holds, or that it does not.
func since(t *time.Time, holds bool, now time.Time) {
	switch {
	case !holds:
		*t = time.Time{}
	case t.IsZero():
		*t = now
	}
}
