package capture_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func TestAShotIsTakenOnceItsPictureIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(9*time.Minute + 30*time.Second)
		if n := len(s.store.photos()); n != 0 || r.count() != 10 {
			t.Errorf("%d photos, %d shots before the fetch, want 0 and 10", n, r.count())
		}
		if b := s.service.State().Bulk; b.Fired != 10 || b.Open != 10 || b.Fetched != 0 {
			t.Errorf("before the fetch %+v, want 10 fired and open", b)
		}
		f := s.fetch()
		if f.Slots != 15 || f.Extra+f.Missing+f.Left != 0 {
			t.Errorf("fetched %+v, want 15 slots", f)
		}
		s.wantFrames(begin, time.Minute, upTo(15)...)
		if b := s.service.State().Bulk; b.Fired != 15 || b.Open != 0 || b.Fetched != 15 || b.Error != "" {
			t.Errorf("after the fetch %+v, want 15 fired and fetched", b)
		}
		stop()
		wantCauses(t, s, map[photo.Cause]int{})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestNoShotCostsAWriteOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, 5*time.Second)
		stop := s.start()
		time.Sleep(20*time.Hour + time.Second)
		if s.store.callCount() > 1 || r.count() != 20*720+1 {
			t.Errorf("%d writes of misses, %d shots, want the ledger's beginning alone and %d", s.store.callCount(), r.count(), 20*720+1)
		}
		stop()
		wantCauses(t, s, map[photo.Cause]int{photo.NotFetched: r.count()})
	})
}

func TestADayEndsWithAllItsSlotsAccountedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newRollSite(t, 10*time.Minute)
		begin := s.clock.Now()
		defer s.start()()
		time.Sleep(24*time.Hour + time.Minute)
		if err := s.account(begin, begin.Add(24*time.Hour)); err != nil {
			t.Error(err)
		}
		wantCauses(t, s, map[photo.Cause]int{photo.NotFetched: 144})
	})
}

func TestAPictureThatIsMissingIsAccountedFor(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * time.Second, -40 * time.Second, 26 * time.Hour, -20 * 365 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newRollSite(t, 5*time.Second)
			r.ahead = ahead
			begin := s.clock.Now()
			stop := s.start()
			defer stop()
			time.Sleep(time.Minute)
			f := s.fetch() // learns the clock
			if d := (f.Ahead - ahead).Abs(); f.Missing != 0 || d > time.Second {
				t.Errorf("ahead by %v: %+v, want no picture missing", ahead, f)
			}
			first := r.count()
			r.change(func(r *roll) { r.drop = func(n int) bool { return n%7 == 0 } })
			time.Sleep(10 * time.Minute)
			f = s.fetch()
			var have, late int
			for n := first + 1; n <= r.count(); n++ {
				settled := time.Duration(r.count()-n)*5*time.Second >= time.Minute
				switch {
				case n%7 != 0:
					have++
				case settled:
				default:
					late++
				}
			}
			missing := r.count() - first - have - late
			if f.Slots != have || f.Missing != missing || f.Extra != 0 {
				t.Errorf("ahead by %v: %+v, want %d slots, %d missing", ahead, f, have, missing)
			}
			for _, m := range s.store.photos() {
				if n := int(m.Slot.Sub(begin)/(5*time.Second)) + 1; n > first && n%7 == 0 {
					t.Errorf("ahead by %v: slot %v has a photo, want none", ahead, m.Slot)
				}
			}
			if p := s.takeProblems(); !slices.Contains(p, string(photo.NotFetched)) {
				t.Errorf("problems %v, want %s", p, photo.NotFetched)
			}
		})
	}
}

func TestAPowerCutLosesNoShot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		r.ahead = 3 * time.Second
		begin := s.clock.Now()
		stop := s.start()
		time.Sleep(30*time.Minute + time.Second)
		s.store.fail(func(st *store) { st.dead = true })
		stop()
		s.store.fail(func(st *store) { st.dead = false })
		time.Sleep(10 * time.Minute) // off: ten slots, the last of which is taken late
		stop = s.start()
		time.Sleep(10 * time.Minute)
		f := s.fetch()
		stop()
		if f.Slots != r.count() || f.Extra != 0 {
			t.Errorf("fetched %+v, want all %d shots", f, r.count())
		}
		wantCauses(t, s, map[photo.Cause]int{photo.NotRunning: 9})
		if err := s.account(begin, s.clock.Now()); err != nil {
			t.Error(err)
		}
	})
}

func TestAPowerCutInAFetchLosesNoSlot(t *testing.T) {
	for cut := range 12 {
		synctest.Test(t, func(t *testing.T) {
			s, r := newRollSite(t, time.Minute)
			r.change(func(r *roll) { r.drop = func(n int) bool { return n == 4 || n == 8 } })
			begin := s.clock.Now()
			stop := s.start()
			time.Sleep(10*time.Minute + time.Second)
			n := 0
			r.change(func(r *roll) {
				r.during = func() {
					if n++; n > cut {
						s.store.fail(func(st *store) { st.dead = true })
					}
				}
				r.forgetful = true // of the last one: the power goes before it is remembered
			})
			time.Sleep(5 * time.Minute)
			s.service.Fetch(t.Context())
			stop()
			had := len(s.store.photos())
			if had != min(cut, 14) {
				t.Fatalf("cut %d: %d photos before it", cut, had)
			}
			r.change(func(r *roll) {
				r.during, r.forgetful = nil, false
				for i := range had - 1 {
					r.gone[slices.Collect(func(yield func(string) bool) {
						for _, p := range r.pictures {
							if !yield(p.Name) {
								return
							}
						}
					})[i]] = true
				}
			})
			s.store.fail(func(st *store) { st.dead = false })
			stop = s.start()
			time.Sleep(time.Second)
			s.fetch()
			s.fetch()
			stop()
			wantCauses(t, s, map[photo.Cause]int{photo.NotFetched: 2})
			sums := map[string]int{}
			for _, m := range s.store.photos() {
				sums[m.SHA256]++
				if sums[m.SHA256] > 1 {
					t.Errorf("cut %d: the picture of slot %v is in the store twice", cut, m.Slot)
				}
			}
			if err := s.account(begin, s.clock.Now()); err != nil {
				t.Errorf("cut %d: %v", cut, err)
			}
		})
	}
}

func TestAPictureWithoutASlotIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		stop := s.start()
		defer stop()
		time.Sleep(20 * time.Second)
		if m, err := s.service.Shoot(t.Context()); !errors.Is(err, capture.ErrFired) || m.Trigger != photo.Manual || m.ID != "" {
			t.Errorf("Shoot = %+v, %v; want ErrFired", m, err)
		}
		time.Sleep(10 * time.Second)
		pressed := s.clock.Now()
		r.change(func(r *roll) {
			r.expose() // by a finger
			r.pictures = append(r.pictures, capture.Picture{Name: "OLD_0001", At: today.AddDate(-3, 0, 0)}, capture.Picture{Name: "OLD_0002"})
		})
		f := s.fetch()
		if f.Slots != 6 || f.Extra != 4 || f.Missing != 0 {
			t.Errorf("fetched %+v, want 6 slots and 4 others", f)
		}
		found := false
		for _, m := range s.store.photos() {
			found = found || m.Trigger == photo.Manual && m.Taken.Equal(pressed)
		}
		if !found {
			t.Errorf("no manual photo taken at %v", pressed)
		}
	})
}
