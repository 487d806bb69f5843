package queue_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/ledger"
)

// sums are the days from from to to, whose parts must add up.
func (r *rig) sums(from, to time.Time) []queue.Day {
	r.Helper()
	days, err := r.q.Days(from, to)
	r.do("Days", err)
	for _, d := range days {
		failed, skipped := 0, 0
		for n := range maps.Values(d.Failed) {
			failed += n
		}
		for n := range maps.Values(d.Skipped) {
			skipped += n
		}
		if d.Due != d.Taken+failed+skipped || d.Photos != d.Waiting+d.Uploaded+d.Kept+d.Lost+d.Dropped+d.Thinned ||
			d.Deleted > d.Uploaded || d.Photos < d.Taken || len(d.Proof) > ledger.MaxProof {
			r.Errorf("%s, session %q does not add up: %+v", d.Day.Format(time.DateOnly), d.Session, d)
		}
	}
	return days
}

func TestDaysAccountForEveryPhoto(t *testing.T) {
	r := newRig(t)
	r.with = func(o *queue.Options) { o.Config.Upload = photo.KindJPEG }
	q := r.open()
	var all []photo.Meta
	for range 6 {
		jpeg, raw, err := r.pair(5000) // from 07:15
		r.do("Add", err)
		all = append(all, jpeg, raw)
	}
	r.do("Miss", q.Miss(
		photo.Miss{From: at(9, 0), To: at(9, 30), Every: 15 * time.Minute, Slots: 3, Session: "day", Cause: photo.CameraFault, Detail: "timeout"},
		photo.Miss{From: at(9, 45), To: at(9, 45), Slots: 1, Session: "day", Cause: photo.CardFull},
		photo.Miss{From: at(10, 0), To: at(11, 0), Every: time.Hour, Slots: 2, Session: "day", Cause: photo.NotRunning},
		photo.Miss{From: at(12, 0), To: at(12, 0), Slots: 1, Session: "night", Cause: photo.ClockStep}))
	night := scheduled(at(30, 0))
	night.Session = "night"
	last, err := q.Add(night, picture(1, 5000))
	r.do("Add", err)
	manual := r.shot()
	manual.Trigger = photo.Manual
	_, err = q.Add(manual, picture(1, 5000))
	r.do("Add", err)

	r.do("Acknowledge", q.Acknowledge(all[0].Seq(), all[2].Seq()))
	r.do("Refuse", q.Refuse(all[4].Seq(), "415"))
	_, err = q.Hold(all[6].ID)
	r.do("Hold", err)
	r.do("remove", os.Remove(r.file(all[8])))
	if _, err := q.Open(all[8]); err == nil {
		t.Error("a photo without file was opened")
	}
	_, err = q.Drop(all[11].ID, all[2].ID) // one is kept, one confirmed
	r.do("Drop", err)
	for range 2 {
		days := r.sums(at(0, 0), at(0, 0).AddDate(0, 0, 2))
		if len(days) != 3 {
			t.Fatalf("Days = %+v, want day and night, and the next day's night", days)
		}
		if d := days[0]; d.Session != "day" || d.Due != 12 || d.Taken != 6 || d.Photos != 12 || d.Failed[photo.CameraFault] != 3 ||
			d.Failed[photo.CardFull] != 1 || d.Skipped[photo.NotRunning] != 2 ||
			d.Uploaded != 2 || d.Deleted != 1 || d.Waiting != 3 || d.Kept != 5 || d.Lost != 1 || d.Dropped != 1 {
			t.Errorf("day = %+v", d)
		}
		if d := days[1]; d.Session != "night" || d.Due != 1 || d.Photos != 0 || d.Skipped[photo.ClockStep] != 1 {
			t.Errorf("night = %+v", d)
		}
		if d := days[2]; d.Session != "night" || !d.Day.Equal(at(24, 0)) || d.Due != 1 || d.Waiting != 1 {
			t.Errorf("next night = %+v", d)
		}
		if got := r.sums(last.Slot, last.Slot.Add(1)); len(got) != 1 || !got[0].Day.Equal(at(24, 0)) {
			t.Errorf("Days of one instant = %+v, want its day", got)
		}
		if got := r.sums(at(0, 0), at(0, 0)); len(got) != 0 {
			t.Errorf("Days of no time = %+v, want none", got)
		}
		q = r.reopen()
	}
	if words, err := q.Account(1, 2, 3, 5, 7, 9, 12); err != nil || strings.Join(words, " ") != "confirmed kept deleted refused held lost dropped" {
		t.Errorf("Account = %v, %v", words, err)
	}
}

func TestDaysRefuseTimesThatNoSlotHas(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.add()
	for _, ends := range [][2]time.Time{{{}, at(8, 0)}, {at(8, 0), at(8, 0).AddDate(500, 0, 0)}} {
		if days, err := q.Days(ends[0], ends[1]); err == nil {
			t.Errorf("Days(%s, %s) = %+v, want an error", ends[0], ends[1], days)
		}
		if entries, err := q.Ledger(ends[0], ends[1]); err == nil {
			t.Errorf("Ledger(%s, %s) = %+v, want an error", ends[0], ends[1], entries)
		}
	}
}

// A name is what a person wrote into the config.
func TestOddSessionNamesKeepTheirDays(t *testing.T) {
	r := newRig(t)
	r.open()
	names := []string{"", "day", "Tag/Nacht ü\n\x00\"", "../../etc", strings.Repeat("n", 150), "day "}
	for n, name := range names {
		shot := scheduled(at(8, n))
		shot.Session = name
		_, err := r.q.Add(shot, picture(n, 100))
		r.do("Add", err)
	}
	got := map[string]int{}
	for _, d := range r.sums(at(0, 0), at(23, 0)) {
		got[d.Session] = d.Waiting
	}
	for _, name := range names {
		if got[name] != 1 {
			t.Errorf("session %q has %d photos, want 1", name, got[name])
		}
	}
	r.close()
	_, err := queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	r.open()
	if again := r.sums(at(0, 0), at(23, 0)); len(again) != len(names) {
		t.Errorf("%d sessions after a rebuild, want %d", len(again), len(names))
	}
}
