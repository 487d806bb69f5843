package capture_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

func wantCauses(t *testing.T, s *site, want map[photo.Cause]int) {
	t.Helper()
	if got := s.causes(); !maps.Equal(got, want) {
		t.Errorf("missed slots by cause: %v, want %v", got, want)
	}
}

func TestEverySlotOfADayIsTakenAtItsInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 10*time.Second))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(24*time.Hour - time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		photos := s.store.photos()
		if len(photos) != 8640 {
			t.Fatalf("%d photos in a day at 10 s, want 8640", len(photos))
		}
		for i, m := range photos {
			if want := begin.Add(time.Duration(i) * 10 * time.Second); !m.Slot.Equal(want) || !m.Taken.Equal(want) {
				t.Fatalf("photo %d of slot %v was taken at %v, want both %v", i, m.Slot, m.Taken, want)
			}
		}
		wantCauses(t, s, map[photo.Cause]int{})
	})
}

func TestEverySlotOfADaylightSavingDayIsTaken(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	session := schedule.NewSession()
	session.Name, session.Kind = "yard", schedule.Capture
	sched, err := schedule.New(zone, schedule.Plan{Sessions: []schedule.Session{session}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day  time.Time
		want int
	}{
		{time.Date(2026, 3, 29, 0, 0, 0, 0, zone), 23 * 4},
		{time.Date(2026, 10, 25, 0, 0, 0, 0, zone), 25 * 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, sched)
			s.clock.set(c.day)
			end := c.day.AddDate(0, 0, 1)
			stop := s.start()
			time.Sleep(end.Sub(c.day) - time.Second)
			stop()
			if n := len(s.store.photos()); n != c.want {
				t.Errorf("%d photos on %v, want %d", n, c.day, c.want)
			}
			s.mustAccount(c.day, end)
		})
	}
}

func TestNothingWasDueBeforeTheFirstStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		time.Sleep(90 * time.Second)
		stop := s.start()
		defer stop()
		time.Sleep(45 * time.Second)
		if n := len(s.store.photos()); n != 1 {
			t.Errorf("%d photos after one slot, want 1", n)
		}
		wantCauses(t, s, map[photo.Cause]int{})
	})
}

func TestSlotsWhileOffAreNotRunningAndAFreshOneIsTakenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(90 * time.Second) // slots 0 and 1
		stop()
		time.Sleep(3*time.Minute - 10*time.Second) // off over 2 and 3, and 20 s past 4
		stop = s.start()
		time.Sleep(30 * time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 2})
		s.mustAccount(begin, s.clock.Now())
		last := s.store.photos()[2]
		if !last.Slot.Equal(begin.Add(4*time.Minute)) || last.Taken.Sub(last.Slot) != 20*time.Second {
			t.Errorf("the first photo after the restart is of %v at %v, want slot 4, 20 s late", last.Slot, last.Taken)
		}
		// Too late now, and a restart does not repeat what was taken.
		stop = s.start()
		time.Sleep(5 * time.Second)
		stop()
		time.Sleep(40 * time.Second) // 35 s past slot 5
		stop = s.start()
		time.Sleep(20 * time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 3})
		s.mustAccount(begin, s.clock.Now())
	})
}

func TestAGapOfYearsIsAccountedForAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		s.clock.set(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		stop := s.start()
		time.Sleep(2 * time.Second)
		stop()
		s.clock.set(time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC))
		stop = s.start()
		defer stop()
		time.Sleep(2 * time.Second)
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: (365+366)*17280 - 1})
	})
}

func TestAStopInTheMiddleOfAPhotoLeavesTheSlotToTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(500 * time.Millisecond)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if s.store.Accounted(begin) {
			t.Fatal("the slot is accounted for after the stop, want it open")
		}
		// There is no ledger yet: a slot before the start would not be due. Let
		// a photo make one.
		time.Sleep(59 * time.Second)
		stop = s.start()
		time.Sleep(time.Minute + 500*time.Millisecond)
		stop() // in the middle of the slot at 2 min
		time.Sleep(10 * time.Second)
		stop = s.start()
		time.Sleep(5 * time.Second)
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		s.mustAccount(begin.Add(time.Minute), s.clock.Now())
	})
}

func TestAFailedPhotoIsTriedAgainAndThenAccountedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n < 3 || n > 3 && n < 7 {
				return errLens
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(150 * time.Second)
		stop()
		s.mustAccount(begin, s.clock.Now())
		want := []photo.Miss{{
			From: begin.Add(time.Minute), To: begin.Add(time.Minute), Session: "yard", Slots: 1,
			Cause: photo.CameraFault, Detail: "add photo: lens stuck",
		}}
		if got := s.store.misses(); !slices.Equal(got, want) {
			t.Errorf("misses %+v, want %+v", got, want)
		}
		if want := []string{"camera-fault", "camera-fault over"}; !slices.Equal(s.problems, want) {
			t.Errorf("problems %q, want %q", s.problems, want)
		}
		if got := s.service.State(); got.Failures != 0 || got.LastMiss != want[0] || got.Last.ID == "" || got.Running {
			t.Errorf("state %+v, want no failures, the miss and a photo", got)
		}
	})
}

func TestAHangingPhotoEndsInTimeForTheNextSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, 5*time.Second))
		begin := s.clock.Now()
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			if n%2 == 1 {
				<-ctx.Done()
				time.Sleep(400 * time.Millisecond) // to make the camera safe
				return ctx.Err()
			}
			return expose(ctx, w, time.Second)
		})
		stop := s.start()
		time.Sleep(time.Minute - time.Second)
		stop()
		s.mustAccount(begin, s.clock.Now())
		wantCauses(t, s, map[photo.Cause]int{photo.CameraFault: 6})
		for _, m := range s.store.photos() {
			if !m.Taken.Equal(m.Slot) {
				t.Errorf("slot %v was taken at %v, want on time", m.Slot, m.Taken)
			}
		}
	})
}

func TestAFullCardIsNotTriedTwiceAndIsOverWhenThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		begin := s.clock.Now()
		s.store.fail(func(st *store) { st.writeErr = fullError{} })
		stop := s.start()
		time.Sleep(150 * time.Second)
		if n := s.camera.count(); n != 3 {
			t.Errorf("%d exposures for three slots on a full card, want 3", n)
		}
		s.store.fail(func(st *store) { st.writeErr, st.addErr = nil, fullError{} })
		time.Sleep(time.Minute)
		s.store.fail(func(st *store) { st.addErr = nil })
		time.Sleep(time.Minute)
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.CardFull: 4})
		s.mustAccount(begin, s.clock.Now())
		if last := s.problems[len(s.problems)-1]; last != "card-full over" {
			t.Errorf("the last problem is %q, want the end of card-full", last)
		}
	})
}

func TestAStoreThatFailsIsNotTheCamerasFault(t *testing.T) {
	for name, fail := range map[string]func(*store){
		"before the picture": func(st *store) { st.addErr = errors.New("input/output error") },
		"during the picture": func(st *store) { st.writeErr = errors.New("input/output error") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, every(t, time.Minute))
				begin := s.clock.Now()
				s.store.fail(fail)
				stop := s.start()
				time.Sleep(30 * time.Second)
				stop()
				wantCauses(t, s, map[photo.Cause]int{photo.StoreFault: 1})
				s.mustAccount(begin, s.clock.Now())
			})
		})
	}
}

func TestUnsyncedPhotosAreTakenAndSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		s.clock.vouch(false)
		stop := s.start()
		time.Sleep(10 * time.Second)
		stop()
		if p := s.store.photos(); len(p) != 1 || p[0].ClockSynced {
			t.Errorf("photos %+v, want one with an unsynced clock", p)
		}
	})
}

func TestRunRunsOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, every(t, time.Minute))
		stop := s.start()
		if err := s.service.Run(context.Background()); err == nil {
			t.Error("a second Run beside the first: no error")
		}
		stop()
		if _, err := s.service.Shoot(context.Background()); !errors.Is(err, capture.ErrNotRunning) {
			t.Errorf("Shoot after the end of Run: %v, want ErrNotRunning", err)
		}
	})
}
