package capture_test

import (
	"context"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

const backward = "step back"

// event is something that happens to a controller in the field.
type event struct {
	what string
	d    time.Duration
}

// TestEverySlotIsAccountedForWhateverHappens draws a life of power cuts, clock
// steps and camera faults, and checks the promise at its end. A power cut is at
// any instant: what was not in the store by then never gets there.
func TestEverySlotIsAccountedForWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		interval := rapid.SampledFrom([]time.Duration{5 * time.Second, 17 * time.Second, time.Minute, 7 * time.Minute}).Draw(rt, "interval")
		intervals := []time.Duration{interval}
		if rapid.Bool().Draw(rt, "two sessions") {
			intervals = append(intervals, rapid.SampledFrom([]time.Duration{7 * time.Second, 30 * time.Second, 3 * interval}).Draw(rt, "second interval"))
		}
		var events []event
		for range rapid.IntRange(1, 12).Draw(rt, "events") {
			e := event{what: rapid.SampledFrom([]string{
				"go on", "go on", "power cut", "restart", "step", backward, "camera fails", "camera slow", "camera hangs", "camera well", "clock doubted", "clock vouched for",
			}).Draw(rt, "event")}
			e.d = time.Duration(rapid.Int64Range(0, int64(4*interval)).Draw(rt, "duration"))
			events = append(events, e)
		}
		var failure error
		synctest.Test(t, func(t *testing.T) { failure = live(t, intervals, events) })
		if failure != nil {
			rt.Fatalf("intervals %v, events %v: %v", intervals, events, failure)
		}
	})
}

func live(t *testing.T, intervals []time.Duration, events []event) error {
	s := newSite(t, every(t, intervals...))
	interval := slices.Max(intervals)
	begin := s.clock.Now()
	well := func(ctx context.Context, _ int, w io.Writer) error { return expose(ctx, w, time.Second) }
	// The life of one process: a driver that ignores its context ends with it.
	life, die := context.WithCancel(t.Context())
	stop := s.start()
	off := func(d time.Duration) {
		stop()
		die()
		synctest.Wait()
		s.store.fail(func(st *store) { st.dead = false })
		time.Sleep(d)
		life, die = context.WithCancel(t.Context())
		s.camera.behave(well)
		stop = s.start()
	}
	time.Sleep(2 * time.Second) // a first photo, with which the ledger begins
	off(0)
	repeated := false
	for _, e := range events {
		life := life
		switch e.what {
		case "power cut":
			s.store.fail(func(st *store) { st.dead = true })
			off(e.d)
		case "restart":
			off(e.d / 4)
		case "step":
			s.clock.step(10 * e.d)
		case backward:
			s.clock.step(-e.d)
			repeated = true
		case "camera fails":
			s.camera.behave(func(context.Context, int, io.Writer) error { return errLens })
		case "camera slow":
			s.camera.behave(func(_ context.Context, _ int, w io.Writer) error { return expose(life, w, e.d) })
		case "camera hangs":
			s.camera.behave(func(context.Context, int, io.Writer) error {
				<-life.Done()
				return errLens
			})
		case "clock doubted":
			s.clock.vouch(false)
		case "clock vouched for":
			s.clock.vouch(true)
		case "camera well":
			s.camera.behave(well)
		}
		time.Sleep(e.d)
	}
	off(0)
	s.clock.vouch(true)
	time.Sleep(6*interval + time.Minute)
	stop()
	die()
	synctest.Wait()
	// The slot of this moment may be open, for the next start.
	end := s.clock.Now().Add(-interval)
	if err := s.account(begin, end); err != nil || repeated {
		return err // of repeated time the store may have been told twice
	}
	return s.once(begin, end)
}
