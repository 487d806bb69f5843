package proof_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestANewStartTellsOnlyTheLastWeekAndWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		for n := 300; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		for _, n := range []int{1, 200} { // held by a person, long ago
			b.days[n].Waiting, b.days[n].Uploaded = 1, 0
		}
		settle(run(t, b, w))
		told := len(w.days)
		if told != 300 {
			t.Errorf("the first start told %d days, want all 300", told)
		}
		settle(run(t, b, w))
		again := w.days[told:]
		for _, n := range []int{1, 200} {
			if want := b.days[n].Day.Format(time.DateOnly); !slices.Contains(again, want) {
				t.Errorf("the second start told %v, want %s too, of which a photo waits", again, want)
			}
		}
		if most := 6 + 300/28 + 2; len(again) > most {
			t.Errorf("the second start told %d days, want at most %d: %v", len(again), most, again)
		}
	})
}

// What is told while the hub is down and its broker is not is lost.
func TestTheLastWeekIsToldDailyAndOlderDaysEveryFourWeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		for n := 100; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		settle(run(t, b, w))
		time.Sleep(12 * time.Hour) // noon: the turn comes soon after midnight
		const days = 28
		w.Lock()
		began := len(w.days)
		w.Unlock()
		for range days {
			w.Lock()
			before := len(w.days)
			w.Unlock()
			time.Sleep(day)
			synctest.Wait()
			w.Lock()
			told := w.days[before:]
			if len(told) > 7+130/28+1 {
				t.Errorf("%v told in one day, want no more than the last week and one day in 28", told)
			}
			for n := range b.days {
				age := today().Sub(b.days[n].Day) / day
				if at := b.days[n].Day.Format(time.DateOnly); age > 1 && age < 7 && !slices.Contains(told, at) {
					t.Errorf("%s, %d days old, was not told again: %v", at, age, told)
				}
			}
			w.Unlock()
		}
		w.Lock()
		defer w.Unlock()
		for n := range b.days {
			if at := b.days[n].Day.Format(time.DateOnly); !slices.Contains(w.days[began:], at) {
				t.Errorf("%s was not told again within %d days", at, days)
			}
		}
	})
}

func TestADayThatSettlesInASilenceIsToldAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		for n := 40; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 1)
		}
		settle(run(t, b, w))
		w.Lock()
		w.up = false
		w.Unlock()
		b.Lock()
		for n := range b.days {
			b.days[n].Waiting, b.days[n].Uploaded = 0, 1
		}
		b.Unlock()
		time.Sleep(10 * day)
		w.Lock()
		w.up, w.days = true, nil
		w.Unlock()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		w.Lock()
		defer w.Unlock()
		for n := range b.days {
			if at := b.days[n].Day.Format(time.DateOnly); !slices.Contains(w.days, at) {
				t.Errorf("%s was not told as settled after the silence", at)
			}
		}
	})
}

// A photo that the cloud had refused, say, goes soon after the start, and the next day
// on which its day has its turn is weeks away.
func TestAnOpenDayThatSettlesBeforeTheFirstWordIsTold(t *testing.T) {
	for _, up := range []bool{true, false} { // at the start
		synctest.Test(t, func(t *testing.T) {
			b, w := &book{}, &wire{up: true}
			for n := 40; n > 0; n-- {
				b.add(t, today().Add(-time.Duration(n)*day), 0)
			}
			open := &b.days[40-10]
			open.Waiting, open.Uploaded = 1, 0
			settle(run(t, b, w))
			w.up, w.days, w.uploaded = up, nil, nil
			b.takes = time.Millisecond
			p := run(t, b, w)
			<-p.Surveyed()
			if !up {
				settle(p)
			}
			b.Lock()
			open.Waiting, open.Uploaded = 0, 1
			b.Unlock()
			w.Lock()
			w.up = true
			w.Unlock()
			settle(p)
			w.Lock()
			defer w.Unlock()
			i := slices.Index(w.days, open.Day.Format(time.DateOnly))
			if i < 0 || w.uploaded[i] != 1 {
				t.Errorf("link up at the start: %t: the second process told %v, want %s with its photo uploaded", up, w.days, open.Day.Format(time.DateOnly))
			}
		})
	}
}

// Most of a long silence's days are settled when the next process starts.
func TestASilenceIsMadeUpForByTheNextProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		b.add(t, today().Add(-90*day), 1)
		settle(run(t, b, w))
		for n := 89; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		w.Lock()
		w.up = false
		w.Unlock()
		settle(run(t, b, w))
		w.Lock()
		w.up, w.days = true, nil
		w.Unlock()
		settle(run(t, b, w))
		w.Lock()
		defer w.Unlock()
		for n := range b.days {
			if at := b.days[n].Day.Format(time.DateOnly); !slices.Contains(w.days, at) {
				t.Errorf("%s was not told after the silence", at)
			}
		}
	})
}
