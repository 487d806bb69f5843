//go:build year

package agent_test

import (
	"testing"
	"time"
)

// shrinker finds a short history in which a year fails as a longer one did.
type shrinker struct {
	fails func(h history) bool // in the same way
	say   func(format string, args ...any)
	tries int       // that are left
	until time.Time // by a real clock
}

// most bounds the search.
const (
	shrinkTries = 300
	shrinkTime  = 40 * time.Minute
)

// shrink gives the least history that it finds. h fails.
func (s *shrinker) shrink(h history) history {
	h = s.endSooner(h)
	h = s.beginLater(h)
	h = s.dropEvents(h)
	h = s.endSooner(h)
	return s.beginLater(h)
}

// try tells whether h fails too; never once the bounds are reached.
func (s *shrinker) try(h history) bool {
	if s.tries <= 0 || time.Now().After(s.until) {
		return false
	}
	s.tries--
	return s.fails(h)
}

// endSooner cuts the days after the failure off.
func (s *shrinker) endSooner(h history) history {
	lo, hi := 0, h.days // fails with hi days, and not, as far as known, with lo
	for hi-lo > 1 {
		next := cutAfter(h, (lo+hi)/2)
		if s.try(next) {
			hi = next.days
			s.say("%d days are enough, with %d events", hi, len(next.events))
		} else {
			lo = (lo + hi) / 2
		}
	}
	return cutAfter(h, hi)
}

func cutAfter(h history, days int) history {
	h.days = days
	for i, e := range h.events {
		if !e.at.Before(h.ends()) {
			return h.without(i, len(h.events))
		}
	}
	return h
}

// beginLater cuts the days before what matters off.
func (s *shrinker) beginLater(h history) history {
	lo, hi := 0, h.days // fails without lo days, and not, as far as known, without hi
	for hi-lo > 1 {
		next := cutBefore(h, (lo+hi)/2)
		if s.try(next) {
			lo = (lo + hi) / 2
			s.say("the last %d days are enough, with %d events", next.days, len(next.events))
		} else {
			hi = (lo + hi) / 2
		}
	}
	return cutBefore(h, lo)
}

func cutBefore(h history, days int) history {
	h.dawn, h.days = h.dawn.AddDate(0, 0, days), h.days-days
	for i, e := range h.events {
		if !e.at.Before(h.dawn) {
			return h.without(0, i)
		}
	}
	return h.without(0, len(h.events))
}

// dropEvents leaves out what isn't needed: halves, quarters, and so on to single
// events, until none can go.
func (s *shrinker) dropEvents(h history) history {
	for size := (len(h.events) + 1) / 2; size > 0; {
		dropped := false
		for from := 0; from < len(h.events); {
			next := h.without(from, min(from+size, len(h.events)))
			if s.try(next) {
				h, dropped = next, true
				s.say("%d events are enough", len(h.events))
			} else {
				from += size
			}
		}
		if size == 1 && !dropped {
			break
		}
		size = max(1, min(size/2, (len(h.events)+1)/2))
		if len(h.events) == 0 {
			break
		}
	}
	return h
}

func TestTheShrinkerFindsTheLeastHistory(t *testing.T) {
	t.Parallel()
	whole := weather(3, 365)
	if len(whole.events) < 300 {
		t.Fatalf("%d events in a year, want hundreds", len(whole.events))
	}
	one, two := whole.events[100].String(), whole.events[140].String()
	has := func(h history, event string) bool {
		for _, e := range h.events {
			if e.String() == event {
				return true
			}
		}
		return false
	}
	s := shrinker{tries: shrinkTries, until: time.Now().Add(time.Hour), say: t.Logf, fails: func(h history) bool {
		return has(h, one) && has(h, two)
	}}
	least := s.shrink(whole)
	if len(least.events) != 2 || !has(least, one) || !has(least, two) {
		t.Errorf("got %v, want %s and %s", least.events, one, two)
	}
	between := whole.events[140].at.Sub(whole.events[100].at)
	if d := time.Duration(least.days) * 24 * time.Hour; d > between+48*time.Hour {
		t.Errorf("%d days for events %v apart, want hardly more", least.days, between)
	}
}

func TestAHistoryIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		h := weather(seed, 365)
		again, err := parseHistory(h.text())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := again.text(), h.text(); got != want {
			t.Errorf("seed %d: read\n%s\nwant\n%s", seed, got, want)
		}
		if weather(seed, 365).text() != h.text() {
			t.Errorf("seed %d makes another history the second time", seed)
		}
	}
}
