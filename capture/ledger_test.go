package capture_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
)

func TestMissesThatTheStoreRefusesAreKeptAndPhotosGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.store.fail(func(st *store) { st.missErr = errors.New("read-only file system") })
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n <= 3 || n > 4 && n <= 10 { // slots 0, 2 and 3 of five
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(4*time.Minute + 30*time.Second)
		if n := len(s.store.photos()); n != 2 {
			t.Errorf("%d photos while misses are refused, want 2", n)
		}
		if got := s.service.State().Unwritten; got != 2 {
			t.Errorf("%d unwritten ranges, want 2: slot 0, and slots 2 to 3", got)
		}
		s.store.fail(func(st *store) { st.missErr = nil })
		time.Sleep(15 * time.Second)
		if got := s.service.State().Unwritten; got != 0 {
			t.Errorf("%d unwritten ranges after the store has recovered, want 0", got)
		}
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.CameraFault: 3})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestRefusedMissesAreJoinedRatherThanDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		s.cfg.Attempts = 1
		s.store.fail(func(st *store) { st.missErr = errors.New("read-only file system") })
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n%2 == 1 {
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(400*time.Minute - time.Second)
		if got := s.service.State().Unwritten; got > 64 {
			t.Errorf("%d unwritten ranges, want 64 at most", got)
		}
		s.store.fail(func(st *store) { st.missErr = nil })
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.CameraFault: 200})
	})
}

func TestOneRefusedMissHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.store.refuse = func(m photo.Miss) bool { return m.From.Equal(begin) }
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n <= 3 || n == 5 || n == 6 || n == 7 { // slots 0 and 2
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(3*time.Minute + 30*time.Second)
		stop()
		if got := s.store.misses(); len(got) != 1 || !got[0].From.Equal(begin.Add(2*time.Minute)) {
			t.Errorf("misses %+v, want slot 2", got)
		}
	})
}

func TestSlotsOfAYearThatNoStoreHoldsAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 24*time.Hour))
		begin := s.clock.Now()
		s.store.refuse = func(m photo.Miss) bool { return !time.Unix(0, m.To.UnixNano()).Equal(m.To) }
		stop := s.start()
		time.Sleep(time.Minute)
		stop() // there is a ledger now
		stop = s.start()
		s.clock.set(begin.AddDate(250, 0, 0).Add(time.Hour))
		time.Sleep(time.Minute)
		if got := s.service.State().Unwritten; got != 0 {
			t.Errorf("%d unwritten ranges, want none", got)
		}
		if got := s.store.misses(); len(got) != 1 || got[0].To.Year() != 2261 {
			t.Errorf("misses %+v, want one until 2261", got)
		}
		stop()
	})
}
