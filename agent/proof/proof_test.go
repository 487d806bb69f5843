package proof_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/agent/proof"
	"fieldcam/queue"
	"fieldcam/queue/ledger"
)

const day = 24 * time.Hour

// book is a ledger of whole days; each has one slot.
type book struct {
	sync.Mutex
	days   []queue.Day
	proved time.Time
	ahead  time.Duration // of the clock
	takes  time.Duration // to read days, as from a slow card
}

func (b *book) Days(from, to time.Time) (some []queue.Day, err error) {
	time.Sleep(b.takes)
	b.Lock()
	defer b.Unlock()
	for _, d := range b.days {
		if d.Day.Add(day).After(from) && d.Day.Before(to) {
			some = append(some, d)
		}
	}
	return some, nil
}

func (b *book) LastSlot() (time.Time, bool) {
	b.Lock()
	defer b.Unlock()
	if len(b.days) == 0 {
		return time.Time{}, false
	}
	return b.days[len(b.days)-1].Day.Add(6 * time.Hour), true
}

func (b *book) Proved() (time.Time, error)    { return b.proved, nil }
func (b *book) SetProved(day time.Time) error { b.proved = day; return nil }
func (b *book) Now() time.Time {
	b.Lock()
	defer b.Unlock()
	return time.Now().Add(b.ahead)
}
func (b *book) Synced() bool { return true }

// add is a day with one photo, which waits or is in the cloud.
func (b *book) add(t *testing.T, at time.Time, waiting int) {
	t.Helper()
	var d ledger.Day
	if !d.Take(at.Add(6*time.Hour), uint64(len(b.days)+1)) {
		t.Fatal("slot refused")
	}
	b.days = append(b.days, queue.Day{Day: at, Session: "capture", Counts: d.Counts(), Photos: 1, Waiting: waiting, Uploaded: 1 - waiting, Proof: d.Proof()})
}

// wire takes messages while it is up.
type wire struct {
	sync.Mutex
	up       bool
	days     []string
	uploaded []int64
	last     message.Ledger
}

func (w *wire) Publish(_ context.Context, topic string, payload []byte, retained bool) error {
	w.Lock()
	defer w.Unlock()
	if !w.up {
		return errors.New("offline")
	}
	l, err := message.ParseLedger(payload)
	if err != nil || retained || topic != message.Topic("pole", message.KindLedger) {
		return errors.New("bad message on " + topic)
	}
	w.days, w.uploaded, w.last = append(w.days, l.Day), append(w.uploaded, l.Uploaded), l
	return nil
}

// run starts a Prover in the bubble.
func run(t *testing.T, b *book, w *wire) *proof.Prover {
	t.Helper()
	p := proof.New(proof.Options{Device: "pole", Ledger: b, Link: w, Clock: b, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v, want nil", err)
		}
	})
	return p
}

func settle(p *proof.Prover) {
	p.Nudge()
	time.Sleep(time.Minute)
	synctest.Wait()
}

// today is the bubble's UTC midnight.
func today() time.Time { return time.Now().UTC().Truncate(day) }

func TestEachDayIsToldOnceUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		for n := 5; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		b.days[1].Waiting, b.days[1].Uploaded = 1, 0
		p := run(t, b, w)
		settle(p)
		if len(w.days) != 5 || !slices.IsSorted(w.days) {
			t.Fatalf("told %v, want the five days, the oldest first", w.days)
		}
		settle(p)
		if len(w.days) != 5 {
			t.Errorf("told again without a change: %v", w.days[5:])
		}
		b.Lock()
		b.days[1].Waiting, b.days[1].Uploaded = 0, 1
		b.Unlock()
		settle(p)
		if len(w.days) != 6 || w.last.Day != b.days[1].Day.Format(time.DateOnly) || w.last.Uploaded != 1 {
			t.Errorf("told %v, last %+v, want the changed day with its photo uploaded", w.days[5:], w.last)
		}
		if want := b.days[3].Day; !b.proved.Equal(want) {
			t.Errorf("all days told before %v, want %v: yesterday may still change", b.proved, want)
		}
	})
}

func TestALongSilenceIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{}
		for n := 90; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		p := run(t, b, w)
		settle(p)
		time.Sleep(5 * time.Hour)
		w.Lock()
		w.up = true
		w.Unlock()
		settle(p)
		if len(w.days) != 90 {
			t.Errorf("told %d days after the silence, want all 90", len(w.days))
		}
	})
}

func TestAClockThatRanAheadSilencesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ahead := range []time.Duration{400 * day, 5 * day, -400 * day} {
			b, w := &book{ahead: ahead}, &wire{up: true}
			for n := 6; n > 0; n-- {
				b.add(t, today().Add(-time.Duration(n)*day), 1)
			}
			p := run(t, b, w)
			settle(p)
			b.Lock()
			b.ahead = 0
			for i := range b.days {
				b.days[i].Waiting, b.days[i].Uploaded = 0, 1
			}
			b.Unlock()
			settle(p)
			w.Lock()
			told := map[string]int64{}
			for i, d := range w.days {
				told[d] = w.uploaded[i]
			}
			w.Unlock()
			for _, d := range b.days {
				if told[d.Day.Format(time.DateOnly)] != 1 {
					t.Errorf("clock %v ahead, then right: %s was not told with its photo uploaded: %v", ahead, d.Day.Format(time.DateOnly), told)
				}
			}
		}
	})
}

func TestAHeldPhotoDoesNotHideWhatComesAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &book{}, &wire{up: true}
		for n := 9; n > 0; n-- {
			b.add(t, today().Add(-time.Duration(n)*day), 0)
		}
		b.days[0].Waiting, b.days[0].Uploaded = 1, 0
		b.days[4].Waiting, b.days[4].Uploaded = 1, 0
		p := run(t, b, w)
		settle(p)
		b.Lock()
		b.days[4].Waiting, b.days[4].Uploaded = 0, 1
		b.Unlock()
		settle(p)
		w.Lock()
		defer w.Unlock()
		if n := len(w.days); n != 10 || w.last.Day != b.days[4].Day.Format(time.DateOnly) {
			t.Errorf("told %d days, the last %s, want nine and then the changed one", n, w.last.Day)
		}
	})
}

func TestADayTakesAtMost200BytesOnTheWire(t *testing.T) {
	var d ledger.Day
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for n := range 96 {
		switch n {
		case 10, 13, 31, 33, 37, 50, 60, 71, 80, 85:
			d.Miss(at.Add(time.Duration(n)*15*time.Minute), "camera-fault", "no answer")
		default:
			d.Take(at.Add(time.Duration(n)*15*time.Minute), uint64(1000+n))
		}
	}
	l := message.Ledger{At: message.At(at), Day: "2026-11-21", Session: "capture", Proof: d.Proof(), Photos: 86, Uploaded: 60, Deleted: 10, Waiting: 26}
	b, err := l.Marshal()
	if err != nil || len(b) > 200 {
		t.Errorf("%d bytes, %v, want at most 200: %s", len(b), err, b)
	}
	t.Logf("%d bytes: %s", len(b), b)
	wild := ledger.Day{}
	for n := range 1440 {
		if n*n%7 < 3 {
			wild.Take(at.Add(time.Duration(n)*time.Minute), uint64(n+n*n%5))
		} else {
			wild.Miss(at.Add(time.Duration(n)*time.Minute), "camera-fault", "no answer")
		}
	}
	l.Proof, l.Photos, l.Uploaded, l.Waiting = wild.Proof(), 617, 400, 217
	if b, err = l.Marshal(); err != nil || len(b) > 200 {
		t.Errorf("a wild day: %d bytes, %v, want at most 200: %s", len(b), err, b)
	}
}
