package maintenance_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
)

// worstWeek is the most quiet in any 7 days, as a device sees it minute by minute.
func worstWeek(cal func(at time.Time) *maintenance.Calendar, from time.Time, days int) time.Duration {
	const week = 7 * 24 * 60
	minutes := make([]bool, 0, days*24*60)
	worst, sum := 0, 0
	for at := from; len(minutes) < cap(minutes); at = at.Add(time.Minute) {
		q := isQuiet(cal(at), at)
		minutes = append(minutes, q)
		if q {
			sum++
		}
		if n := len(minutes) - week - 1; n >= 0 && minutes[n] {
			sum--
		}
		worst = max(worst, sum)
	}
	return time.Duration(worst) * time.Minute
}

// bound is MaxQuiet, and a minute at each end of what is counted in minutes.
const bound = maintenance.MaxQuiet + 2*time.Minute

// TestNoNoticeSilencesForEver: what one notice may ask for at most.
func TestNoNoticeSilencesForEver(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	for name, c := range map[string]struct {
		every    time.Duration // between windows
		duration time.Duration
		spread   time.Duration
	}{
		"all day, every day":            {24 * time.Hour, 24 * time.Hour, time.Minute},
		"a minute, and a spread of six": {6 * time.Hour, time.Minute, 6 * time.Hour},
		"nearly all day":                {24 * time.Hour, 23 * time.Hour, 5 * time.Minute},
		"three days and a bit":          {25 * time.Hour, 24 * time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			cal := open(t, trusting(fleetKey()), &clock{now: at}, "", nil)
			n := notice(1, at)
			n.SpreadSeconds = uint32(c.spread / time.Second)
			for i := range 4 {
				w := once(at.Add(time.Duration(i)*c.every), c.duration)
				if c.every <= 24*time.Hour {
					w.Rule = "FREQ=DAILY;COUNT=60"
				}
				n.Windows = append(n.Windows, w)
			}
			accept(t, cal, n)
			worst := worstWeek(func(time.Time) *maintenance.Calendar { return cal }, at.AddDate(0, 0, -1), 60)
			if worst > bound || worst < 24*time.Hour {
				t.Errorf("got %v of quiet in 7 days, want at most %v, and some", worst, maintenance.MaxQuiet)
			}
			if !isQuiet(cal, at) {
				t.Error("not quiet at first")
			}
		})
	}
}

// TestUsualWindowsAreNotCut: two full days, a week apart.
func TestUsualWindowsAreNotCut(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	cal := open(t, trusting(fleetKey()), &clock{now: at}, "", nil)
	w := once(at, 24*time.Hour)
	w.Rule = "FREQ=WEEKLY;BYDAY=SA,SU"
	accept(t, cal, notice(1, at, w))
	for n := range 50 {
		start := at.AddDate(0, 0, 7*n)
		if ends, _, ok := cal.Quiet(start); !ok || !ends.Equal(start.Add(48*time.Hour)) {
			t.Fatalf("%v: got %v, %t, want quiet for two days", start, ends, ok)
		}
	}
}

// TestNoStreamOfNoticesSilencesForEver: each replaces the one before, with windows
// of its own, and the device starts anew at some of them.
func TestNoStreamOfNoticesSilencesForEver(t *testing.T) {
	for seed := range uint64(8) {
		draw := rand.New(rand.NewPCG(seed, 0))
		from := utc(t, "2026-11-21 12:00")
		now := &clock{now: from}
		dir := t.TempDir()
		cal := open(t, trusting(fleetKey()), now, dir, nil)
		var own, fleet int64
		next := from
		step := time.Duration(1+draw.IntN(40)) * time.Hour
		length := time.Duration(1+draw.IntN(24)) * time.Hour
		spread := uint32(1 + draw.IntN(message.MaxSpreadSeconds))
		worst := worstWeek(func(at time.Time) *maintenance.Calendar {
			if at.Before(next) {
				return cal
			}
			now.now, next = at, at.Add(step)
			w := once(at.Add(time.Duration(draw.IntN(30)-20)*time.Hour), length)
			if seed%2 == 0 {
				w.Rule = "FREQ=DAILY;COUNT=5"
			}
			n := notice(own+1, at, w)
			if n.SpreadSeconds = spread; draw.IntN(2) == 0 {
				own++
			} else {
				fleet++
				n.N, n.Device = fleet, message.Fleet
			}
			accept(t, cal, n)
			if draw.IntN(5) == 0 {
				cal = open(t, trusting(fleetKey()), now, dir, nil)
			}
			return cal
		}, from, 18)
		// Each notice may cost a minute more, which is counted as whole ones here.
		if limit := bound + time.Duration(own+fleet)*time.Minute; worst > limit {
			t.Errorf("seed %d: got %v of quiet in 7 days, want at most %v", seed, worst, limit)
		}
	}
}
