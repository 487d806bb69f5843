package gphoto_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
	"fieldcam/queue"
)

// A camera with an hourly picture whose clock is off, and which is fetched from hourly, the
// first time late: whether its clock is set meanwhile or not, each photo is of its slot.
func TestEachPhotoIsOfItsSlotHoweverWrongTheClockWas(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, -20 * 365 * 24 * time.Hour} {
		for _, first := range []int{1, 5} { // pictures that the first fetch finds
			for _, set := range []bool{false, true} {
				t.Run(fmt.Sprintf("ahead=%v/first=%d/set=%v", ahead, first, set), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { testSlots(t, ahead, first, set) })
				})
			}
		}
	}
}

func testSlots(t *testing.T, ahead time.Duration, first int, set bool) {
	s := newSocketOf(t, gphotosim.Options{}, func(c *gphoto.Config, _ *sim.Clock) { c.SetClock = set })
	s.body.SetAhead(ahead)
	session := schedule.NewSession()
	session.Name, session.Kind, session.Every = "hourly", schedule.Capture, time.Hour
	plan, err := schedule.New(time.UTC, schedule.Plan{Sessions: []schedule.Session{session}})
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.Open(t.Context(), queue.Options{Dir: filepath.Join(t.TempDir(), "queue"), Device: "pole-7", Config: queue.Default(), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	service := capture.New(capture.Default(), capture.Options{Deferred: s.cam, Store: q, Schedule: plan, Clock: sim.NewClock(), Log: zerolog.Nop()})
	begun := time.Now() // at a slot, which is not due
	time.Sleep(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	time.Sleep(10*time.Minute + time.Duration(first)*time.Hour)
	for n := range 4 {
		f, err := service.Fetch(t.Context())
		if err != nil {
			t.Error(err)
		}
		want := 1
		if n == 0 {
			want = first
		}
		if f.Slots != want || f.Extra > 0 || f.Missing > 0 {
			t.Errorf("fetch %d: %d photos of slots, %d of none and %d slots without one; want %d of slots", n, f.Slots, f.Extra, f.Missing, want)
		}
		time.Sleep(time.Hour)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	items, err := q.List(queue.Filter{})
	if err != nil {
		t.Error(err)
	}
	slots, known := map[string]time.Time{}, sums{}
	for _, i := range items {
		slots[i.SHA256] = i.Slot
	}
	for n, f := range s.body.Files()[:len(items)] {
		if got, want := slots[known.of(f)], begun.Add(time.Duration(n+1)*time.Hour); !got.Equal(want) {
			t.Errorf("%s is of slot %v, want %v", f.Path, got, want)
		}
	}
	if err := s.cam.Close(); err != nil {
		t.Error(err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}
