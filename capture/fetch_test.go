package capture_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

func TestSlotsGoOnDuringAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, 5*time.Second)
		begin := s.clock.Now()
		stop := s.start()
		r.change(func(r *roll) { r.during = func() { time.Sleep(11 * time.Second) } })
		f := s.fetch()
		stop()
		passed := int(s.clock.Now().Sub(begin)/(5*time.Second)) + 1
		if r.count() != passed || f.Slots != 61 {
			t.Errorf("%d shots at %d slots, fetched %+v, want a shot at each and 61", r.count(), passed, f)
		}
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

// A camera's picture can be on its card before the shot that it is of has come to its end.
func TestThePictureOfAShotUnderWayFindsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		stop := s.start()
		time.Sleep(5*time.Minute + 30*time.Second)
		came := make(chan capture.Fetched, 1)
		r.change(func(r *roll) {
			r.expose() // by hand, at 30 s past the slot
			r.exposed = func() {
				r.change(func(r *roll) { r.exposed = nil })
				amid, err := s.service.Fetch(t.Context())
				if err != nil {
					t.Error(err)
				}
				came <- amid
			}
		})
		time.Sleep(time.Minute)
		amid := <-came
		if amid.Missing != 0 || amid.Left == 0 || amid.Extra != 0 {
			t.Errorf("a fetch amid a shot: %+v, want what may be the shot's left", amid)
		}
		then := s.fetch()
		if then.Left != 0 || then.Missing != 0 || then.Extra != 1 {
			t.Errorf("the next fetch: %+v, want all fetched, and one picture of no slot", then)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		wantCauses(t, s, map[photo.Cause]int{})
	})
}

func TestAFetchIsCutShortAndGoesOnTheNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		defer s.start()()
		r.change(func(r *roll) { r.during = func() { time.Sleep(300 * time.Millisecond) } })
		time.Sleep(20*time.Minute + time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 1600*time.Millisecond)
		defer cancel()
		f, err := s.service.Fetch(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || f.Slots < 5 || f.Left == 0 || f.Missing != 0 {
			t.Errorf("Fetch = %+v, %v; want some fetched, the others left", f, err)
		}
		if p := s.takeProblems(); len(p) > 0 {
			t.Errorf("problems %v of a fetch that was cut short", p)
		}
		if g, err := s.service.Fetch(t.Context()); g.Done || err != nil {
			t.Errorf("Fetch at once = %+v, %v; want nothing done", g, err)
		}
		s.fetch()
		if n := len(s.store.photos()); n != r.count() {
			t.Errorf("%d photos of %d shots", n, r.count())
		}
	})
}

// Three files in a row that can't be read end a fetch.
func TestPicturesThatCannotBeReadDoNotKeepTheOthersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Second) // no fetch begins at a slot
		r.change(func(r *roll) {
			r.fetchErr = func(name string) error {
				if name <= "IMG_0007" {
					return errors.New("input/output error")
				}
				return nil
			}
		})
		for range 4 {
			time.Sleep(10 * time.Minute)
			if f, err := s.service.Fetch(t.Context()); err == nil || f.Left == 0 {
				t.Errorf("Fetch = %+v, %v; want an error, and pictures left", f, err)
			}
		}
		r.change(func(r *roll) {
			if n := len(s.store.photos()); n < 30 || n != r.fired-7 {
				t.Errorf("%d photos of %d shots, want all but the seven", n, r.fired)
			}
			r.fetchErr = nil
		})
		s.fetch()
		stop()
		if n := len(s.store.photos()); n != r.count() {
			t.Errorf("%d photos of %d shots", n, r.count())
		}
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatStopsAFetchIsToldAndHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Second)
		bad := func(what string, cause photo.Cause, set, unset func()) {
			t.Helper()
			s.takeProblems()
			set()
			time.Sleep(5 * time.Minute)
			if f, err := s.service.Fetch(t.Context()); err == nil || f.Missing > 0 {
				t.Errorf("%s: Fetch = %+v, %v; want an error, nothing called missing", what, f, err)
			}
			unset()
			s.fetch()
			if p, want := s.takeProblems(), []string{string(cause), string(cause) + " over"}; !slices.Equal(p, want) {
				t.Errorf("%s: problems %v, want %v", what, p, want)
			}
		}
		bad("no card", photo.NotFetched, func() { r.change(func(r *roll) { r.listErr = errors.New("no card") }) }, func() { r.change(func(r *roll) { r.listErr = nil }) })
		bad("full", photo.CardFull, func() { s.store.fail(func(st *store) { st.addErr = fullError{} }) }, func() { s.store.fail(func(st *store) { st.addErr = nil }) })
		bad("store", photo.StoreFault, func() { s.store.fail(func(st *store) { st.writeErr = errors.New("I/O") }) }, func() { s.store.fail(func(st *store) { st.writeErr = nil }) })
		bad("unreadable", photo.NotFetched, func() {
			r.change(func(r *roll) { r.fetchErr = func(string) error { return errors.New("I/O") } })
		}, func() { r.change(func(r *roll) { r.fetchErr = nil }) })
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestOneBadPictureHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		r.fetchErr = func(name string) error {
			if name == "IMG_0002" {
				return errors.New("half-written")
			}
			return nil
		}
		stop := s.start()
		f := s.fetch()
		if f.Slots != 5 || f.Left != 1 || f.Missing != 0 {
			t.Errorf("fetched %+v, want 5 slots and one left", f)
		}
		r.change(func(r *roll) { r.fetchErr = nil })
		if f := s.fetch(); f.Slots != 6 {
			t.Errorf("fetched %+v, want the one that was left and 5 new ones", f)
		}
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
	})
}

func TestAPictureThatComesLateTakesTheMissesPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		stop := s.start()
		r.change(func(r *roll) { r.gone["IMG_0002"] = true })
		if f := s.fetch(); f.Missing != 1 {
			t.Errorf("fetched %+v, want one missing", f)
		}
		r.change(func(r *roll) { delete(r.gone, "IMG_0002") })
		s.fetch()
		if b := s.service.State().Bulk; b.Missing != 0 || b.Fetched != b.Fired || b.Extra != 0 {
			t.Errorf("%+v, want all that were fired fetched", b)
		}
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
	})
}

func TestAFailureBehindOpenShotsLeavesNoneOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(5*time.Minute + 30*time.Second)
		r.change(func(r *roll) { r.fireErr = errLens })
		time.Sleep(time.Minute)
		s.store.fail(func(st *store) { st.dead = true }) // the power goes
		stop()
		s.store.fail(func(st *store) { st.dead = false })
		stop = s.start()
		time.Sleep(time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotFetched: 6, photo.CameraFault: 1})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestAStepOfTheClockDoesNotPartShotsFromPictures(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, 17 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newRollSite(t, 5*time.Minute)
			stop := s.start()
			time.Sleep(time.Hour)
			s.clock.step(step)
			time.Sleep(time.Hour)
			f := s.fetch()
			if f.Slots != r.count() || f.Extra+f.Missing != 0 {
				t.Errorf("step by %v: %+v, want all %d", step, f, r.count())
			}
			stop()
		})
	}
}

func TestACameraThatHangsDoesNotHoldTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		r.change(func(r *roll) { r.stuck = make(chan struct{}) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		stop := s.start()
		stop()
		if _, err := s.service.Fetch(ctx); err == nil {
			t.Error("Fetch of a camera that hangs succeeded")
		}
		if _, err := s.service.Fetch(t.Context()); !errors.Is(err, capture.ErrBusy) {
			t.Errorf("Fetch beside it: %v, want ErrBusy", err)
		}
		close(r.stuck)
	})
}
