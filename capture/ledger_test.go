package capture_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
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
		begin := s.clock.Now()
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
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
		if n := len(s.store.spans); n != 1 {
			t.Errorf("%d spans, want one for the ranges that were joined", n)
		}
	})
}

// TestAGapOfSeveralSessionsIsToldSlotBySlot: intervals that meet at some slots, over
// several midnights, in one transaction.
func TestAGapOfSeveralSessionsIsToldSlotBySlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 15*time.Minute, 10*time.Minute, 7*time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Minute)
		stop()
		time.Sleep(3*24*time.Hour + time.Hour)
		stop = s.start()
		time.Sleep(time.Second)
		stop()
		s.mustAccount(begin, s.clock.Now())
		sessions := map[string]int{}
		for _, m := range s.store.misses() {
			sessions[m.Session] += m.Slots
			if m.Cause != photo.NotRunning {
				t.Errorf("miss %+v, want it not running", m)
			}
		}
		// By the day: gate has 144, of which 48 are yard's too; crane has 206, of
		// which 14 are yard's, 21 gate's, and 7 both's.
		if sessions["yard"] < 3*96 || sessions["gate"] < 3*(144-48) || sessions["crane"] < 3*(206-14-21+7) {
			t.Errorf("missed by session %v, want three days and an hour of each", sessions)
		}
		if s.store.calls > 40 {
			t.Errorf("%d transactions, want far fewer than slots", s.store.calls)
		}
	})
}

// TestALongGapIsToldInWholeDays: what the store refuses of it is kept, and no later
// slot is told before it.
func TestALongGapIsToldInWholeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Hour, 7*time.Hour))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(time.Minute)
		stop()
		refused := begin.Add(80 * 24 * time.Hour)
		s.store.refuse = func(m photo.Miss) bool { return !m.From.Before(refused) }
		time.Sleep(100*24*time.Hour + time.Hour)
		stop = s.start()
		time.Sleep(time.Second)
		last, _ := s.store.LastSlot()
		if got := s.service.State().Unwritten; got != 1 || !last.Before(refused) || last.Before(refused.AddDate(0, 0, -40)) {
			t.Errorf("%d ranges unwritten after %v, want one, from some days before %v", got, last, refused)
		}
		s.store.fail(func(st *store) { st.refuse = nil })
		time.Sleep(time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: s.schedule.Count(schedule.Capture, begin.Add(1), s.clock.Now())})
		s.mustAccount(begin, s.clock.Now())
		if s.store.calls > 12 {
			t.Errorf("%d transactions for 100 days, want few", s.store.calls)
		}
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
