package queue_test

import (
	"fmt"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestTrimForgetsTheOldLedgerButNotWhatWaits(t *testing.T) {
	r := newRig(t)
	q := r.open()
	years := func(n int) time.Time { return at(8, 0).AddDate(-3*n, 0, 0) } // the ledger is kept for five
	missed := 0
	miss := func(from, to time.Time) {
		t.Helper()
		missed++ // a session each: the slots of one are one key a day
		r.do("Miss", q.Miss(photo.Miss{From: from, To: to, Slots: 1, Cause: photo.NotRunning, Session: fmt.Sprint(missed)}))
	}
	miss(years(4), years(4))
	miss(years(5), years(4).Add(time.Hour))
	old, err := q.Add(scheduled(years(3)), picture(1, 100))
	r.do("Add", err)
	gone, err := q.Add(scheduled(years(2)), picture(1, 100))
	r.do("Add", err)
	for n := range 150 { // more than one batch
		miss(years(2).Add(time.Duration(n+1)*time.Second), years(2).Add(time.Duration(n+1)*time.Second))
	}
	miss(years(2), years(0).AddDate(0, -1, 0)) // ends a month ago
	unsynced, err := q.Add(scheduled(at(8, 0)), picture(1, 100))
	r.do("Add", err)
	trim := func() {
		t.Helper()
		_, err := q.Trim(t.Context())
		r.do("Trim", err)
	}
	has := func(want bool, slots ...time.Time) {
		t.Helper()
		for _, slot := range slots {
			entries, err := q.Ledger(slot, slot.Add(1))
			r.do("Ledger", err)
			got := false
			for _, e := range entries {
				got = got || e.From.Equal(slot)
			}
			if got != want {
				t.Errorf("ledger has %s: %t, want %t", slot, got, want)
			}
		}
	}
	trim()
	has(true, years(4), years(3), years(2)) // a clock that isn't synced decides nothing
	shot := scheduled(at(8, 15))
	shot.ClockSynced = true
	_, err = q.Add(shot, picture(1, 100))
	r.do("Add", err)
	trim()
	has(false, years(4), years(5))
	has(true, old.Slot, gone.Slot) // they wait
	has(false, gone.Slot.Add(time.Second), gone.Slot.Add(150*time.Second))

	r.do("Acknowledge", q.Acknowledge(gone.Seq(), old.Seq()))
	trim()
	has(true, old.Slot, gone.Slot, unsynced.Slot) // still on the card
	if !q.Accounted(at(7, 0).AddDate(0, -2, 0)) {
		t.Error("a range that ended a month ago is dropped")
	}
	if last, ok := q.LastSlot(); !ok || !last.Equal(at(8, 15)) {
		t.Errorf("LastSlot = %s, %t, want 08:15", last, ok)
	}
}

// What became of a photo stays known as long as its day is: also where the day is
// old, and stays for the sake of another photo.
func TestWhatWasDroppedStaysKnownWithItsDay(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var old []photo.Meta
	for n := range 20 {
		m, err := q.Add(scheduled(at(0, n).AddDate(-6, 0, 0)), picture(1, 100))
		r.do("Add", err)
		old = append(old, m)
	}
	for _, m := range old[:15] {
		_, err := q.Drop(m.ID)
		r.do("Drop", err)
	}
	shot := r.shot()
	_, err := q.Add(shot, picture(1, 100))
	r.do("Add", err)
	for range 2 {
		_, err := q.Trim(t.Context())
		r.do("Trim", err)
		days, err := q.Days(old[0].Slot, old[0].Slot.Add(1))
		r.do("Days", err)
		if len(days) != 1 || days[0].Dropped != 15 || days[0].Waiting != 5 || days[0].Uploaded != 0 {
			t.Errorf("Days = %+v, want 15 dropped, 5 waiting", days)
		}
	}
	for _, m := range old[15:] {
		r.do("Acknowledge", q.Acknowledge(m.Seq()))
	}
	r.setFree(0)
	_, err = q.Trim(t.Context())
	r.do("Trim", err)
	r.setFree(10 << 30)
	r.reopen() // the ledger is trimmed once a day
	_, err = r.q.Trim(t.Context())
	r.do("Trim", err)
	if days, err := r.q.Days(old[0].Slot, old[0].Slot.Add(1)); len(days) != 0 || err != nil {
		t.Errorf("Days = %+v, %v, want the day of six years ago gone", days, err)
	}
}
