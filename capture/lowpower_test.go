package capture_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

// TestLowPowerModeLosesNothingWhateverHappens draws a life of power cuts, restarts,
// lost pictures, fetches that are cut short and pauses, and checks at its end that
// every slot has one account, that every picture is in the store once, and that each
// is at the slot for which it was fired.
func TestLowPowerModeLosesNothingWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		interval := rapid.SampledFrom([]time.Duration{5 * time.Second, 17 * time.Second, time.Minute}).Draw(rt, "interval")
		ahead := rapid.SampledFrom([]time.Duration{0, 2 * time.Second, -90 * time.Second, 7 * time.Hour}).Draw(rt, "camera ahead")
		var events []event
		for range rapid.IntRange(1, 10).Draw(rt, "events") {
			e := event{what: rapid.SampledFrom([]string{
				"go on", "fetch", "fetch cut short", "power cut", "power cut in a fetch", "restart", "pictures lost", "pictures kept", "lines broken", "lines well", "pause",
			}).Draw(rt, "event")}
			e.d = time.Duration(rapid.Int64Range(0, int64(10*interval)).Draw(rt, "duration"))
			events = append(events, e)
		}
		var failure error
		synctest.Test(t, func(t *testing.T) { failure = liveDeferred(t, interval, ahead, events) })
		if failure != nil {
			rt.Fatalf("interval %v, ahead %v, events %v: %v", interval, ahead, events, failure)
		}
	})
}

func liveDeferred(t *testing.T, interval, ahead time.Duration, events []event) error {
	s, r := newRollSite(t, interval)
	r.ahead = ahead
	begin := s.clock.Now()
	var pausedTill atomic.Int64 // Unix seconds
	s.paused = func(at time.Time) bool { return at.Unix() < pausedTill.Load() }
	stop := s.start()
	off := func(d time.Duration) {
		stop()
		s.store.fail(func(st *store) { st.dead = false })
		time.Sleep(d)
		stop = s.start()
	}
	fetch := func() {
		time.Sleep(5*time.Minute + 100*time.Millisecond)
		if _, err := s.service.Fetch(t.Context()); err != nil {
			t.Errorf("fetch: %v", err)
		}
	}
	time.Sleep(10*interval + time.Second)
	fetch() // so that the camera's clock is known, as it is after the first day
	for _, e := range events {
		switch e.what {
		case "fetch":
			fetch()
		case "fetch cut short", "power cut in a fetch":
			n := 0
			r.change(func(r *roll) {
				r.during = func() {
					if n++; n == 3 && e.what != "fetch cut short" {
						s.store.fail(func(st *store) { st.dead = true })
					}
				}
				if e.what == "fetch cut short" {
					r.fetchErr = func(string) error {
						if n > 3 {
							return errors.New("the cable")
						}
						return nil
					}
				}
			})
			time.Sleep(5 * time.Minute)
			s.service.Fetch(t.Context())
			r.change(func(r *roll) { r.during, r.fetchErr = nil, nil })
			if e.what != "fetch cut short" {
				off(e.d)
			}
		case "power cut":
			s.store.fail(func(st *store) { st.dead = true })
			off(e.d)
		case "restart":
			off(e.d / 4)
		case "pictures lost":
			r.change(func(r *roll) { r.drop = func(n int) bool { return n%3 == 0 } })
		case "pictures kept":
			r.change(func(r *roll) { r.drop = nil })
		case "lines broken":
			r.change(func(r *roll) { r.fireErr = errLens })
		case "lines well":
			r.change(func(r *roll) { r.fireErr = nil })
		case "pause":
			pausedTill.Store(s.clock.Now().Add(e.d).Unix())
		}
		time.Sleep(e.d)
	}
	time.Sleep(2 * time.Minute)
	fetch()
	time.Sleep(2 * time.Minute)
	fetch()
	stop()
	// The slot of this moment may be open, for the next start.
	if err := s.account(begin, s.clock.Now().Add(-interval)); err != nil {
		return err
	}
	return errors.Join(s.albumIs(r, begin, interval), s.bulkAddsUp())
}

// albumIs checks that each picture of the roll is in the store once, at its slot. A
// slot that was fired again after a power cut of no time has one, and the other
// picture is kept as a manual photo.
func (s *site) albumIs(r *roll, begin time.Time, interval time.Duration) error {
	at, taken := map[string]photo.Meta{}, map[time.Time]bool{}
	for _, m := range s.store.photos() {
		if _, twice := at[m.SHA256]; twice {
			return fmt.Errorf("photo %+v is a picture that was there already", m)
		}
		at[m.SHA256] = m
		taken[m.Slot] = taken[m.Slot] || m.Trigger == photo.Scheduled
	}
	for _, p := range r.pictures {
		sum := sha256.Sum256([]byte(p.Name))
		m, ok := at[hex.EncodeToString(sum[:])]
		fired := p.At.Add(-r.ahead)
		if !ok {
			// Those of the last minute may still be on the camera.
			if fired.Before(s.clock.Now().Add(-3 * time.Minute)) {
				return fmt.Errorf("picture %s of %v did not come", p.Name, fired)
			}
			continue
		}
		if m.Trigger == photo.Manual && taken[begin.Add(fired.Sub(begin).Round(interval))] {
			continue
		}
		if m.Trigger != photo.Scheduled || m.Slot.Sub(fired).Abs() > s.cfg.Late+time.Second {
			return fmt.Errorf("picture %s of %v is of slot %v, %s", p.Name, fired, m.Slot, m.Trigger)
		}
	}
	return nil
}

// bulkAddsUp checks the counts of this run.
func (s *site) bulkAddsUp() error {
	b := s.service.State().Bulk
	if b.Fired > b.Open+b.Fetched+b.Missing {
		return fmt.Errorf("%+v does not add up", b)
	}
	return nil
}

var _ capture.Deferred = (*roll)(nil)
