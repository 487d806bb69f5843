package queue

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
)

// steady is a queue on a card of 164 MB, in simulated time: 100 MB for photos.
// The caller closes it.
func steady(t *testing.T, dir string, upload string) *Queue {
	t.Helper()
	c := Default()
	c.Upload = upload
	q, err := Open(t.Context(), Options{Dir: dir, Device: "cam-1", Config: c, FreeBytes: func(string) (uint64, error) { return 164_000_000, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "queue")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// pass records what came and went on the present day, without photos.
func pass(t *testing.T, q *Queue, in, out int64, kept int64) {
	t.Helper()
	err := q.update(StepIndexAck, func(t txn) error {
		return t.flow(func(d *flowDay) {
			for range in {
				d.add(Waiting, 1_000_000)
			}
			for range kept {
				d.add(Kept, 1_000_000)
			}
			d.confirm(out, out*1_000_000, out*1_000_000)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func forecastOf(t *testing.T, q *Queue, waiting int64) Forecast {
	t.Helper()
	var f Forecast
	if err := q.view(func(t txn) (err error) {
		f, err = t.forecast()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	f.reckon(Stats{Waiting: waiting, WaitingBytes: waiting * 1_000_000, FreeBytes: 164_000_000}, q.stop().card)
	return f
}

func TestForecastGoesByTheRatesOfTheLastWeek(t *testing.T) {
	dir := inMemory(t)
	synctest.Test(t, func(t *testing.T) {
		q := steady(t, dir, photo.KindBoth)
		defer q.Close()
		if f := forecastOf(t, q, 0); f != (Forecast{}) {
			t.Errorf("of an empty queue: %+v", f)
		}
		pass(t, q, 30, 10, 0)
		if f := forecastOf(t, q, 20); f != (Forecast{}) {
			t.Errorf("on the first day: %+v, want nothing", f)
		}
		time.Sleep(day)
		// Today has nothing yet: yesterday counts all the same.
		f := forecastOf(t, q, 20)
		if f.Days != 1 || f.In != 30 || f.Out != 10 || f.Full != 5*day || f.Empty != 0 {
			t.Errorf("on the second day: %+v, want 30 in, 10 out, full in 5 days, never empty", f)
		}
		pass(t, q, 0, 20, 0)
		time.Sleep(day)
		if f := forecastOf(t, q, 10); f.Days != 2 || f.In != 15 || f.Out != 15 || f.Full != 0 || f.Empty != 0 {
			t.Errorf("as much comes as goes: %+v, want no end of anything", f)
		}
		time.Sleep(2 * day) // days without a photo have no entry, and count
		pass(t, q, 0, 30, 0)
		time.Sleep(day)
		if f := forecastOf(t, q, 18); f.Days != 5 || f.In != 6 || f.Out != 12 || f.Full != 0 || f.Empty != 3*day {
			t.Errorf("on the sixth day: %+v, want 6 in, 12 out, empty in 3 days", f)
		}
		if f := forecastOf(t, q, 0); f.Empty != 0 {
			t.Errorf("nothing waits: %+v", f)
		}
		// What is older than a week counts no more.
		time.Sleep(3 * day)
		if f := forecastOf(t, q, 18); f.Days != 7 || f.In != 0 || f.Out != 50.0/7 {
			t.Errorf("on the ninth day: %+v, want 0 in, 50 out in 7 days", f)
		}
		time.Sleep(30 * day)
		if f := forecastOf(t, q, 18); f.Days != 7 || f.In != 0 || f.Out != 0 || f.Full != 0 || f.Empty != 0 {
			t.Errorf("after a month without anything: %+v, want no rate", f)
		}
		for range 20 {
			pass(t, q, 10, 0, 0)
			time.Sleep(day)
		}
		if f := forecastOf(t, q, 18); f.Days != 7 || f.In != 10 || f.Full != 10*day {
			t.Errorf("after 20 days alike: %+v, want 10 in, full in 10 days", f)
		}
	})
}

// Photos that aren't uploaded fill the card, and are no backlog.
func TestForecastTellsCardFromBacklog(t *testing.T) {
	dir := inMemory(t)
	synctest.Test(t, func(t *testing.T) {
		q := steady(t, dir, photo.KindJPEG)
		defer q.Close()
		pass(t, q, 4, 6, 22)
		time.Sleep(day)
		f := forecastOf(t, q, 8)
		if f.In != 4 || f.Out != 6 || f.Kept != 22 || f.Full != 5*day || f.Empty != 4*day {
			t.Errorf("%+v, want 4 in, 22 kept, 6 out, full in 5 days, empty in 4", f)
		}
	})
}

// The clock jumps ahead and back: the rates of the days before stand.
func TestForecastOutlivesAWrongClock(t *testing.T) {
	encode := func(t *testing.T, q *Queue, days ...flowDay) {
		t.Helper()
		if err := q.update(StepIndexAck, func(t txn) error {
			var v []byte
			for _, d := range days {
				for _, n := range []int64{d.day, d.in, d.inBytes, d.out, d.outBytes, 0, 0, 0} {
					v = append(v, seqKey(uint64(n))...)
				}
			}
			return t.put(bucketMeta, []byte(keyFlow), v)
		}); err != nil {
			t.Fatal(err)
		}
	}
	dir := inMemory(t)
	synctest.Test(t, func(t *testing.T) {
		q := steady(t, dir, photo.KindBoth)
		defer q.Close()
		time.Sleep(100 * day)
		today := time.Now().Unix() / 86400
		one := func(day int64) flowDay { return flowDay{day: day, in: 10, inBytes: 10_000_000} }
		want := Forecast{Days: 2, In: 10, InBytes: 10_000_000, Full: 10 * day}
		for name, days := range map[string][]flowDay{
			"ahead": {one(today + 9000), one(today - 1), one(today - 2)},
			"1970":  {one(today), one(today - 1), one(today - 2), one(0)},
		} {
			encode(t, q, days...)
			if f := forecastOf(t, q, 10); f != want {
				t.Errorf("%s: %+v, want %+v", name, f, want)
			}
			pass(t, q, 1, 0, 0)
			if f := forecastOf(t, q, 10); f != want {
				t.Errorf("%s, after one more photo: %+v, want %+v", name, f, want)
			}
			var all []flowDay
			q.read("flow", func(t txn) (err error) { all, err = t.flows(); return err })
			if len(all) != 3 || all[0].day != today || all[2].day != today-2 {
				t.Errorf("%s: days %+v are remembered, want today and the two before", name, all)
			}
		}
		// Full already, or farther than anybody plans.
		f := Forecast{Days: 1, InBytes: 1}
		f.reckon(Stats{FreeBytes: 164_000_000}, 64_000_000)
		if f.Full != 0 {
			t.Errorf("100 MB at a byte a day: full in %s, want no word", f.Full)
		}
		f.reckon(Stats{FreeBytes: 1}, 64_000_000)
		if f.Full <= 0 || f.Full > time.Second {
			t.Errorf("a full card is full in %s, want now", f.Full)
		}
	})
}
