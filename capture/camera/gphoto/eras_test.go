package gphoto_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/gphoto/gphotosim"
)

// A picture that the card has only after its listing, for the camera was still writing it,
// is of the clock of before.
func TestAPictureThatWasStillBeingWrittenKeepsItsTime(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, -time.Hour, -26 * 365 * 24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClockRig(t, gphotosim.Options{}, ahead)
				r.press(2, time.Hour)
				files := r.body.Files()
				r.body.Swap(files[:1])
				written := time.AfterFunc(30*time.Second, func() { r.body.Swap(files) })
				defer written.Stop()
				if l, err := r.cam.List(t.Context()); err != nil || len(l.Pictures) == 0 {
					t.Errorf("List: %d pictures, %v", len(l.Pictures), err)
				}
				time.Sleep(time.Minute)
				r.press(1, time.Hour)
				r.list(3)
				if got := r.body.Ahead(); got.Abs() > 2*time.Second {
					t.Errorf("the clock is %v ahead, want that it was set", got)
				}
				if err := r.cam.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A clock that jumps by itself, as where the battery of a camera was changed: the pictures of
// before keep their times, also where the clock is set then, and jumps again.
func TestAPictureKeepsItsTimeWhereTheClockJumpsByItself(t *testing.T) {
	for _, set := range []bool{false, true} {
		for _, to := range []time.Duration{-26 * 365 * 24 * time.Hour, -3 * time.Hour, 3 * time.Hour, 400 * 24 * time.Hour} {
			t.Run(fmt.Sprintf("to=%v/set=%v", to, set), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newClockRig(t, gphotosim.Options{}, 0)
					r.cfg.SetClock = set
					r.start()
					r.press(2, time.Hour)
					r.list(2)
					left := 2
					for _, ahead := range []time.Duration{to, 0} {
						r.press(1, 30*time.Minute)
						r.body.SetAhead(ahead)
						r.press(1, 40*time.Minute)
						r.list(left + 2)
						r.press(1, 30*time.Minute)
						r.list(left + 3)
						left += 3
					}
					if err := r.cam.Close(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// A camera's clock knows no summer time: neither of its ends is a jump of it.
func TestAPictureKeepsItsTimeOverTheEndsOfSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{"begin": time.Date(2000, 3, 26, 1, 0, 0, 0, time.UTC), "end": time.Date(2000, 10, 29, 1, 0, 0, 0, time.UTC)} {
		for _, set := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/set=%v", name, set), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(at.Add(-90 * time.Minute)))
					_, offset := time.Now().In(berlin).Zone()
					r := newClockRig(t, gphotosim.Options{}, time.Duration(offset)*time.Second)
					r.zone, r.cfg.SetClock = berlin, set
					r.start()
					for n := range 5 {
						r.press(2, 20*time.Minute)
						r.list(2 * (n + 1))
					}
					if err := r.cam.Close(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// After a power cut our own clock is behind until it is told the time, and then the camera's
// seems to be ahead.
func TestAPictureKeepsItsTimeWhereOurClockIsBehindForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, gphotosim.Options{}, 3*time.Hour)
		r.press(2, time.Hour)
		r.list(2) // and sets it
		r.start()
		const behind = 2 * time.Hour
		r.clock.Step(-behind)
		r.clock.SetSynced(false)
		taken := r.press(2, 10*time.Minute)
		l, err := r.cam.List(t.Context())
		if err != nil || len(l.Pictures) != 4 {
			t.Fatalf("List: %d pictures, %v; want 4", len(l.Pictures), err)
		}
		for n, p := range l.Pictures[2:] {
			if got, want := p.At.Add(-l.Ahead), taken[n].Add(-behind); got.Sub(want).Abs() > 3*time.Second {
				t.Errorf("%s was exposed at %v, want %v", p.Name, got, want)
			}
		}
		r.clock.Step(behind)
		r.clock.SetSynced(true)
		r.list(4)
		if err := r.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Our own clock is brought to the right time while pictures are left on the card.
func TestAPictureKeepsItsTimeWhereOurClockIsSet(t *testing.T) {
	for _, step := range []time.Duration{-2 * time.Hour, time.Hour, 20 * 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClockRig(t, gphotosim.Options{}, 10*time.Minute)
				r.clock.Step(-step)
				r.clock.SetSynced(false)
				for n := range 3 {
					r.press(2, 20*time.Minute)
					r.list(2 * (n + 1))
				}
				r.clock.Step(step)
				r.clock.SetSynced(true)
				r.list(6)
				r.press(2, 40*time.Minute)
				r.list(8)
				r.start()
				r.press(2, 40*time.Minute)
				r.list(10)
				if got := r.body.Ahead(); got.Abs() > 2*time.Second {
					t.Errorf("the clock is %v ahead, want that it was set", got)
				}
				if err := r.cam.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// The clock is lost while neither camera nor controller has power: the pictures of before keep
// their times, whether the clock had ever been wrong and set or not.
func TestAPictureKeepsItsTimeWhereTheClockIsLostWithThePower(t *testing.T) {
	const lost = -26 * 365 * 24 * time.Hour
	for _, first := range []time.Duration{0, time.Hour, -time.Hour, 2 * time.Hour, lost + 3*24*time.Hour} {
		t.Run(first.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newClockRig(t, gphotosim.Options{}, first)
				r.press(1, time.Hour)
				r.list(1)
				if got := r.body.Ahead(); got.Abs() > 2*time.Second {
					t.Fatalf("the clock is %v ahead, want that it was set", got)
				}
				r.press(3, time.Hour)
				r.body.SetAhead(lost)
				r.start()
				r.press(1, time.Hour)
				r.list(5)
				if err := r.cam.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
