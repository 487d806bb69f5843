package link_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestWrongClockCostsNoCount: what was counted before it was set, or while it was
// ahead, is of the month that it then shows.
func TestWrongClockCostsNoCount(t *testing.T) {
	c := &wallClock{now: time.Unix(0, 0), unsynced: true}
	m := meter(c, "")
	carry(t, m, 10, 0)
	if u := m.Usage(); u.Bytes != 10 || !u.Month.IsZero() || u.Forecast != -1 {
		t.Errorf("before the clock was set: got %+v, want 10 bytes of no month", u)
	}
	*c = wallClock{now: on(t, "2027-05-10")} // a source that lies
	carry(t, m, 10, 0)
	if u := m.Usage(); u.Bytes != 20 || u.Month.Month() != time.May {
		t.Errorf("ahead: got %+v, want 20 bytes in May", u)
	}
	c.now = on(t, "2026-11-10")
	carry(t, m, 10, 0)
	if u := m.Usage(); u.Bytes != 30 || u.Month.Month() != time.November {
		t.Errorf("set right: got %+v, want 30 bytes in November", u)
	}
	*c = wallClock{now: on(t, "2026-12-10"), unsynced: true}
	if u := m.Usage(); u.Bytes != 30 || u.Month.Month() != time.November {
		t.Errorf("by a clock that nobody vouches for: got %+v, want still November", u)
	}
}

// TestMonthsEndWithoutATimeSource, too: else what was used up once would be for ever.
func TestMonthsEndWithoutATimeSource(t *testing.T) {
	for _, start := range []string{"1970-01-01", "2026-11-10"} {
		synctest.Test(t, func(t *testing.T) {
			c := &wallClock{now: on(t, start), unsynced: true}
			m := meter(c, "")
			pass := func(d time.Duration) {
				time.Sleep(d)
				c.now = c.now.Add(d)
			}
			carry(t, m, 10, 0)
			for range 3 {
				pass(31 * 24 * time.Hour)
				carry(t, m, 10, 0)
				if u := m.Usage(); u.Month.Month() != c.now.Month() {
					t.Errorf("from %s: got %+v at %v, want the month by the clock", start, u, c.now)
				}
			}
			u := m.Usage()
			if u.Bytes > 20 {
				t.Errorf("from %s: got %+v after three months, want no more than the last one's", start, u)
			}
			*c = wallClock{now: on(t, "2027-05-10")} // somebody vouches at last
			if now := m.Usage(); now.Bytes != u.Bytes || now.Month.Month() != time.May {
				t.Errorf("from %s: got %+v after %+v, want the same in May", start, now, u)
			}
		})
	}
}
