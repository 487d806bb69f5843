//go:build year

package agent_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"fieldcam/agent/maintenance"
	"fieldcam/queue"
)

// weather makes a year's history of a seed, and of nothing else.
func weather(seed uint64, days int) history {
	r := rand.New(rand.NewPCG(seed, 0x79656172)) // "year"
	dawns := []time.Time{
		monday(), // both daylight-saving changes are in each year
		time.Date(2027, 2, 8, 11, 20, 0, 0, time.UTC),
		time.Date(2027, 6, 20, 0, 3, 0, 0, time.UTC), // with a 29 February
		time.Date(2026, 9, 30, 22, 41, 0, 0, time.UTC),
	}
	h := history{seed: seed, days: days, dawn: dawns[r.IntN(len(dawns))], zone: zones()[r.IntN(len(zones()))]}
	s := sky{r: r, h: &h}
	s.network()
	s.cloud()
	s.maintenance()
	s.power()
	s.clock()
	s.site()
	s.people()
	slices.SortStableFunc(h.events, func(a, b happening) int { return a.at.Compare(b.at) })
	return h
}

// zones are those of a site: daylight saving in the north, twice, by half an hour
// in the south, and none at a quarter of an hour.
func zones() []string {
	return []string{"Europe/Berlin", "America/Denver", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}
}

// sky draws what happens.
type sky struct {
	r *rand.Rand
	h *history
}

// often calls f about so many times a year, each with a moment of its own. The
// last days are left in peace, so that what fails is seen to recover.
func (s *sky) often(perYear float64, f func(at time.Time)) {
	const year = 365
	total := time.Duration(s.h.days) * 24 * time.Hour
	for at := time.Duration(0); ; {
		at += time.Duration(s.r.ExpFloat64() * float64(year*24*time.Hour) / perYear)
		if at >= total-peace {
			return
		}
		f(s.h.dawn.Add(at).Truncate(time.Millisecond))
	}
}

// peace is how long nothing begins at the year's end.
const peace = 36 * time.Hour

// span is from lo to hi, each order of magnitude as likely.
func (s *sky) span(lo, hi time.Duration) time.Duration {
	d := lo
	for d < hi && s.r.IntN(3) > 0 {
		d *= 2
	}
	d = min(d, hi)
	return (d/2 + time.Duration(s.r.Int64N(int64(d/2)+1))).Truncate(time.Millisecond)
}

func (s *sky) add(at time.Time, lasts time.Duration, what string, how ...string) {
	s.h.events = append(s.h.events, happening{at, lasts, what, how})
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// network: outages from minutes to weeks, and slow links.
func (s *sky) network() {
	way := func() string { return pick(s.r, "severed", "severed", "black-holed") }
	part := func() string { return pick(s.r, "both", "both", "both", "receiver", "broker") }
	s.often(120, func(at time.Time) { s.add(at, s.span(30*time.Second, 40*time.Minute), "network", way(), part()) })
	s.often(25, func(at time.Time) { s.add(at, s.span(time.Hour, 20*time.Hour), "network", way(), part()) })
	s.often(4, func(at time.Time) { s.add(at, s.span(24*time.Hour, 6*24*time.Hour), "network", way(), "both") })
	s.often(0.7, func(at time.Time) { s.add(at, s.span(10*24*time.Hour, 35*24*time.Hour), "network", "severed", "both") })
	s.often(15, func(at time.Time) {
		s.add(at, s.span(10*time.Minute, 40*time.Hour), "slow", pick(s.r, "500", "2000", "10000"))
	})
}

// cloud: receivers and brokers that answer nonsense, or nothing.
func (s *sky) cloud() {
	s.often(25, func(at time.Time) {
		s.add(at, s.span(2*time.Minute, 5*time.Hour), "receiver", strconv.Itoa(s.r.IntN(len(nonsense()))))
	})
	s.often(12, func(at time.Time) { s.add(at, 0, "forget") })
	s.often(20, func(at time.Time) {
		s.add(at, s.span(2*time.Minute, 8*time.Hour), "broker", pick(s.r, "hang", "no-puback", "refuse", "hang-up"))
	})
}

// maintenance: both calendars of the cloud, computed here from their words. In a
// window it is down, or fails now and then, or answers nonsense.
func (s *sky) maintenance() {
	for _, w := range windows(s.h.dawn, s.h.ends()) {
		if w.from.Before(s.h.dawn) || w.to.After(s.h.ends().Add(-peace)) {
			continue
		}
		s.add(w.from, w.to.Sub(w.from), "window")
		switch s.r.IntN(4) {
		case 0, 1:
			s.add(w.from, w.to.Sub(w.from), "network", pick(s.r, "severed", "black-holed"), "both")
		case 2:
			s.add(w.from, w.to.Sub(w.from), "receiver", pick(s.r, "0", "3", "4", "5", "8"))
		default:
			s.flaky(w)
		}
	}
}

// flaky lets the network fail now and then in a window.
func (s *sky) flaky(w period) {
	for at := w.from; ; {
		at = at.Add(s.span(time.Minute, 40*time.Minute))
		d := s.span(time.Minute, 40*time.Minute)
		if !at.Add(d).Before(w.to) {
			return
		}
		s.add(at, d, "network", pick(s.r, "severed", "black-holed"), pick(s.r, "both", "receiver", "broker"))
		at = at.Add(d)
	}
}

// windows are those of both calendars: the first Sunday of December and March, 19:00
// to 22:00 UTC, and of June and September, 20:00 to 23:00; and the last Saturday of
// each month, 22:00 to 02:00 in Denver.
func windows(from, to time.Time) (all []period) {
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		panic(err)
	}
	first := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	for m := first; m.Before(to); m = m.AddDate(0, 1, 0) {
		sunday := m
		for sunday.Weekday() != time.Sunday {
			sunday = sunday.AddDate(0, 0, 1)
		}
		switch m.Month() {
		case time.December, time.March:
			all = append(all, period{sunday.Add(19 * time.Hour), sunday.Add(22 * time.Hour)})
		case time.June, time.September:
			all = append(all, period{sunday.Add(20 * time.Hour), sunday.Add(23 * time.Hour)})
		}
		saturday := time.Date(m.Year(), m.Month()+1, 0, 22, 0, 0, 0, denver)
		for saturday.Weekday() != time.Saturday {
			saturday = saturday.AddDate(0, 0, -1)
		}
		end := time.Date(saturday.Year(), saturday.Month(), saturday.Day()+1, 2, 0, 0, 0, denver)
		all = append(all, period{saturday.UTC(), end.UTC()})
	}
	return all
}

// calendars are the same windows as a person writes them for the controller.
func calendars() []maintenance.Window {
	add := func(name, start, rule, zone string, d time.Duration) maintenance.Window {
		w := maintenance.NewWindow()
		w.Name, w.Start, w.Rule, w.TimeZone, w.Duration = name, start, rule, zone, d
		return w
	}
	return []maintenance.Window{
		add("winter", "2026-01-01 19:00:00", "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU", "UTC", 3*time.Hour),
		add("summer", "2026-01-01 20:00:00", "FREQ=YEARLY;BYMONTH=6,9;BYDAY=1SU", "UTC", 3*time.Hour),
		add("monthly", "2026-01-01 22:00:00", "FREQ=MONTHLY;BYDAY=-1SA", "America/Denver", 4*time.Hour),
	}
}

// power: cuts at random moments and at durable steps, brown-outs, and what the
// clock shows after them.
func (s *sky) power() {
	clock := func() []string {
		if s.r.IntN(4) > 0 {
			return []string{"kept"}
		}
		return []string{"unset", s.span(30*time.Second, 9*time.Hour).String()}
	}
	s.often(50, func(at time.Time) { s.add(at, s.span(time.Second, 10*time.Hour), "power-cut", clock()...) })
	s.often(0.5, func(at time.Time) { s.add(at, s.span(2*24*time.Hour, 9*24*time.Hour), "power-cut", clock()...) })
	s.often(40, func(at time.Time) {
		step := queue.Steps()[s.r.IntN(len(queue.Steps()))]
		how := []string{step, strconv.Itoa(1 + s.r.IntN(4)), s.span(time.Second, time.Hour).String()}
		s.add(at, 48*time.Hour, "cut-at-step", append(how, clock()...)...)
	})
	s.often(4, func(at time.Time) {
		for range 3 + s.r.IntN(12) {
			dark := s.span(100*time.Millisecond, 20*time.Second)
			s.add(at, dark, "power-cut", clock()...)
			at = at.Add(dark + s.span(200*time.Millisecond, 3*time.Minute))
		}
	})
}

// clock: steps until NTP mends them.
func (s *sky) clock() {
	s.often(14, func(at time.Time) {
		by := s.span(time.Second, 8*time.Hour)
		if s.r.IntN(2) == 0 {
			by = -by
		}
		s.add(at, s.span(30*time.Second, 14*time.Hour), "clock", by.String())
	})
}

// site: cameras that hang, and cards that fill.
func (s *sky) site() {
	s.often(20, func(at time.Time) {
		s.add(at, s.span(time.Minute, 12*time.Hour), "camera", pick(s.r, "silent", "hangs", "truncates", "noisy", "dead"))
	})
	s.often(5, func(at time.Time) {
		s.add(at, s.span(10*time.Minute, 30*time.Hour), "card", pick(s.r, "none", "no-space"))
	})
	s.often(5, func(at time.Time) { s.add(at, s.span(10*time.Minute, time.Hour), "card", "short") })
}

// people: restarts, other plans and zones, new programs, photos and uploads by
// hand, and what was refused let in again.
func (s *sky) people() {
	s.often(12, func(at time.Time) { s.add(at, s.span(time.Second, time.Hour), "restart") })
	s.often(8, func(at time.Time) {
		s.add(at, s.span(24*time.Hour, 14*24*time.Hour), "plan", pick(s.r, "10m0s", "7m0s", "20m0s", "50m0s", "1h0m0s"))
	})
	s.often(4, func(at time.Time) {
		s.add(at, s.span(24*time.Hour, 6*24*time.Hour), "event", pick(s.r, "10m0s", "30m0s", "3m0s"))
	})
	s.often(3, func(at time.Time) { s.add(at, s.span(time.Hour, 4*24*time.Hour), "pause") })
	s.often(10, func(at time.Time) { s.add(at, 0, "shot") })
	s.often(4, func(at time.Time) {
		s.add(at, s.span(10*time.Minute, 30*time.Hour).Truncate(time.Second), "hold", pick(s.r, "ends", "resumed"))
	})
	s.often(2, func(at time.Time) { s.add(at, 0, "zone", zones()[s.r.IntN(len(zones()))]) })
	s.often(3, func(at time.Time) { s.add(at, s.span(time.Second, 2*time.Minute), "update") })
	s.often(30, func(at time.Time) { s.add(at, 0, "photo") })
	s.often(20, func(at time.Time) { s.add(at, 0, "upload", strconv.Itoa(s.r.IntN(5))) })
	s.often(60, func(at time.Time) { s.add(at, 0, "retry") })
}
