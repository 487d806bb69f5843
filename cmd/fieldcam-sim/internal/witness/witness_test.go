package witness_test

import (
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

func TestWhatIsHeardIsTiedToThePosition(t *testing.T) {
	firstSlot := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	length, there := int64(0), true
	grow := func(n int64) { length = n }
	picture := []byte("one")
	w := witness.New(func() (int64, bool) { return length, there }, func() []byte { return picture })
	taken, filed := photo.NewID(firstSlot, 1), photo.NewID(firstSlot, 2)
	grow(100)
	w.Hear(`{"photo":"` + string(taken) + `","slot":"2026-11-21T07:00:05Z","session":"photos","message":"photo taken"}`)
	grow(200)
	picture = []byte("two")
	w.Hear(`{"level":"info","photo":"` + string(filed) + `","message":"photo filed"}`)
	grow(300)
	w.Hear(`{"level":"info","photo":"` + string(filed) + `","message":"photo filed"}`) // the same again
	w.Hear(`{"photo":"` + string(filed) + `","slot":"2026-11-21T07:00:06Z","message":"photo taken"}`)
	others := []string{"", "[    1.0] Linux", `{"message":"photo taken"}`, `{"photo":"x","message":"photo taken"}`, `{"photo":`}
	for _, other := range others {
		w.Hear(other)
	}
	there = false // nothing is noted without a position
	w.Hear(`{"photo":"` + string(taken) + `","message":"photo filed"}`)
	s := w.Result()
	want := []witness.Sighting{{ID: taken, Slot: firstSlot.Add(5 * time.Second), At: 100}, {ID: filed, At: 300}}
	if len(s.Accepted) != 2 || s.Accepted[0] != want[0] || s.Accepted[1] != want[1] {
		t.Errorf("accepted: %v, want %v", s.Accepted, want)
	}
	if len(s.Filed) != 1 || s.Filed[filed] != 200 {
		t.Errorf("filed: %v, want %s at 200", s.Filed, filed)
	}
	for _, p := range []string{"one", "two"} {
		if !s.Pictures[witness.Sum([]byte(p))] {
			t.Errorf("the picture %q was not seen", p)
		}
	}
	if rest := w.Unfiled([]photo.ID{taken, filed}); len(rest) != 1 || rest[0] != taken {
		t.Errorf("unfiled: %v, want %s", rest, taken)
	}
}
