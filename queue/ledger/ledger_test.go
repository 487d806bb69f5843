package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/ledger"
)

// fill is n slots from 06:00, or earlier if the day is too short, with photos
// numbered from seq on. Those that lost tells a cause for have none.
func fill(n int, every time.Duration, seq uint64, lost func(int) photo.Cause) *ledger.Day {
	var d ledger.Day
	begin := midnight.Add(min(6*time.Hour, 24*time.Hour-time.Duration(n)*every))
	for i := range n {
		slot := begin.Add(time.Duration(i) * every)
		if cause := lost(i); cause != "" {
			d.Miss(slot, cause, fmt.Sprintf("read byte %d: no answer", i))
			continue
		}
		d.Take(slot, seq)
		seq++
	}
	return &d
}

func none(int) photo.Cause { return "" }

// onePercent loses a random slot of a hundred to the camera.
func onePercent() func(int) photo.Cause {
	r := rand.New(rand.NewPCG(1, 2))
	return func(int) photo.Cause {
		if r.IntN(100) == 0 {
			return photo.CameraFault
		}
		return ""
	}
}

func TestADayTakesFewBytes(t *testing.T) {
	disturbed := func(i int) photo.Cause {
		switch {
		case i%5 == 3:
			return photo.CameraFault
		case i > 40:
			return photo.NotRunning
		}
		return ""
	}
	for _, c := range []struct {
		name string
		day  *ledger.Day
		want int // bytes at most
	}{
		{"no slot", &ledger.Day{}, 3},
		{"49 slots taken", fill(49, 15*time.Minute, 123_456_789, none), 24},
		{"17,280 slots taken", fill(17_280, 5*time.Second, 123_456_789, none), 24},
		{"17,280 slots, 1 % failed", fill(17_280, 5*time.Second, 123_456_789, onePercent()), 4 << 10},
		{"49 slots, ten disturbances", fill(49, 15*time.Minute, 123_456_789, disturbed), 400},
	} {
		if got := len(c.day.Encode()); got > c.want {
			t.Errorf("%s: %d bytes, want %d at most", c.name, got, c.want)
		} else {
			t.Logf("%s: %d bytes, proof %d", c.name, got, len(c.day.Proof()))
		}
	}
}

func TestTheProofOfATenTimesDisturbedDayIsExact(t *testing.T) {
	d := fill(49, 15*time.Minute, 7, func(i int) photo.Cause {
		if i%5 == 3 {
			return photo.StoreFault
		}
		return ""
	})
	list, err := ledger.ReadProof(noon, d.Proof())
	if err != nil || slices.ContainsFunc(list, func(s ledger.Stretch) bool { return s.Mixed }) {
		t.Errorf("ReadProof = %+v, %v, want nothing mixed", list, err)
	}
}

func TestTheProofOfAWildDayKeepsItsCalmStretchesExact(t *testing.T) {
	d := fill(17_280, 5*time.Second, 7, func(i int) photo.Cause {
		if i < 600 && i%2 == 0 {
			return photo.CameraFault
		}
		return ""
	})
	list, err := ledger.ReadProof(noon, d.Proof())
	if err != nil {
		t.Fatal(err)
	}
	last := list[len(list)-1]
	if !list[0].Mixed || last.Mixed || last.Slots < 16_000 || last.Every != 5*time.Second {
		t.Errorf("the proof begins with %+v and ends with %+v, want mixed slots, and over 16,000 in a row", list[0], last)
	}
}

func TestTwoFilesOfEachShotAreOneRun(t *testing.T) {
	var d ledger.Day
	for i := range 49 {
		slot := midnight.Add(6*time.Hour + time.Duration(i)*15*time.Minute)
		d.Take(slot, uint64(100+2*i)) // JPEG
		d.Take(slot, uint64(101+2*i)) // RAW
	}
	if got := len(d.Encode()); got > 24 {
		t.Errorf("Encode: %d bytes, want 24 at most", got)
	}
	ranges := 0
	for first, n := range d.Photos() {
		ranges++
		if first != 100 || n != 98 {
			t.Errorf("photos %d and %d more, want 98 from 100 on", first, n-1)
		}
	}
	if ranges != 1 {
		t.Errorf("%d ranges of photos, want 1", ranges)
	}
}

func TestWhatWasSeenStandsAboveAGap(t *testing.T) {
	slot := noon
	for _, c := range []struct {
		name string
		do   func(*ledger.Day)
		want photo.Cause
		took int
	}{
		{"a gap after a failure", func(d *ledger.Day) {
			d.Miss(slot, photo.CameraFault, "")
			d.Miss(slot, photo.ClockStep, "")
		}, photo.CameraFault, 0},
		{"a failure after a gap", func(d *ledger.Day) {
			d.Miss(slot, photo.NotRunning, "")
			d.Miss(slot, photo.Busy, "")
		}, photo.Busy, 0},
		{"two gaps", func(d *ledger.Day) {
			d.Miss(slot, photo.NotRunning, "")
			d.Miss(slot, photo.ClockStep, "")
		}, photo.ClockStep, 0},
		{"two failures", func(d *ledger.Day) {
			d.Miss(slot, photo.CardFull, "")
			d.Miss(slot, photo.CameraFault, "")
		}, photo.CameraFault, 0},
		{"a failure after a photo", func(d *ledger.Day) {
			d.Take(slot, 7)
			d.Miss(slot, photo.CameraFault, "")
		}, "", 1},
		{"a photo after a gap", func(d *ledger.Day) {
			d.Miss(slot, photo.NotRunning, "")
			d.Take(slot, 7)
		}, "", 1},
		{"a photo that was fetched later", func(d *ledger.Day) {
			d.Miss(slot, photo.NotFetched, "fired")
			d.Take(slot, 7)
		}, "", 1},
		{"a gap after a shot", func(d *ledger.Day) {
			d.Miss(slot, photo.NotFetched, "fired")
			d.Miss(slot, photo.NotRunning, "")
		}, photo.NotFetched, 0},
		{"a pause after a failure", func(d *ledger.Day) {
			d.Miss(slot, photo.CameraFault, "")
			d.Miss(slot, photo.Paused, "")
		}, photo.CameraFault, 0},
		{"a photo after a failure", func(d *ledger.Day) {
			d.Miss(slot, photo.CameraFault, "")
			d.Take(slot, 7)
			d.Take(slot, 7)
		}, photo.CameraFault, 1},
		{"no cause at all", func(d *ledger.Day) { d.Miss(slot, "", "") }, photo.NotRunning, 0},
	} {
		var d ledger.Day
		c.do(&d)
		if got, ok := d.At(slot); !ok || got.Cause != c.want || len(got.Photos) != c.took || d.Len() != 1 {
			t.Errorf("%s: %+v, %t, of %d accounts, want cause %q, %d photos, one account", c.name, got, ok, d.Len(), c.want, c.took)
		}
	}
}

func TestASlotOfAnotherDayIsRefused(t *testing.T) {
	var d ledger.Day
	last := midnight.Add(24*time.Hour - 1)
	if !d.Take(midnight, 1) || !d.Miss(last, photo.Busy, "") {
		t.Fatal("the day's first and last instant are refused")
	}
	for _, slot := range []time.Time{midnight.Add(-1), midnight.Add(24 * time.Hour), {}} {
		if d.Take(slot, 2) || d.Miss(slot, photo.Busy, "") {
			t.Errorf("a slot at %s is accepted", slot)
		}
		if _, ok := d.At(slot); ok {
			t.Errorf("At(%s) is an account", slot)
		}
	}
	if d.Len() != 2 {
		t.Errorf("Len = %d, want 2", d.Len())
	}
}

func TestDaysLongBefore1970AndFarAheadHaveTheirSlots(t *testing.T) {
	for _, year := range []int{1, 1969, 1970, 9999} {
		slot := time.Date(year, 1, 1, 23, 59, 59, 999, time.UTC)
		var d ledger.Day
		d.Take(slot, 1)
		d, err := ledger.Decode(slot, d.Encode())
		if got, ok := d.Last(); err != nil || !ok || !got.Equal(slot) {
			t.Errorf("Last = %s, %t, %v, want %s", got, ok, err, slot)
		}
	}
}

func TestALongDetailIsClippedToWholeCharacters(t *testing.T) {
	var d ledger.Day
	d.Miss(noon, photo.CameraFault, "x"+strings.Repeat("ö", 150))
	if got, _ := d.At(noon); got.Detail != "x"+strings.Repeat("ö", 99) {
		t.Errorf("detail of %d bytes %q, want 199", len(got.Detail), got.Detail)
	}
}

func TestACameraThatNeverFailsTheSameWayDoesNotFillTheCard(t *testing.T) {
	d := fill(17_280, 5*time.Second, 1, func(int) photo.Cause { return photo.CameraFault })
	if got := len(d.Encode()); got > 2<<10 {
		t.Errorf("Encode: %d bytes, want 2 KB at most", got)
	}
	last, _ := d.Last()
	if a, _ := d.At(last); a.Detail == "" {
		t.Error("the newest detail is gone")
	}
}

// BenchmarkTake is what an Add does to a day of 5 s with 1 % of failures.
func BenchmarkTake(b *testing.B) {
	whole := fill(17_270, 5*time.Second, 7, onePercent()).Encode()
	for _, c := range []struct {
		name string
		slot time.Duration
	}{{"at the end", 24*time.Hour - time.Second}, {"within", 12 * time.Hour}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := ledger.Decode(noon, whole)
				if err != nil {
					b.Fatal(err)
				}
				d.Take(midnight.Add(c.slot), 1<<40)
				d.Encode()
			}
		})
	}
}
