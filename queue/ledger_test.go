package queue_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 0, 0, time.UTC) }

func scheduled(slot time.Time) photo.Shot {
	return photo.Shot{Slot: slot, Session: "day", Trigger: photo.Scheduled, Taken: slot}
}

func TestMissedRangeAccountsForItsSlots(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.do("Miss", q.Miss(photo.Miss{From: at(8, 0), To: at(18, 0), Slots: 41, Cause: photo.NotRunning}))
	r.do("Miss", q.Miss(photo.Miss{From: at(9, 0), To: at(9, 30), Slots: 3, Cause: photo.ClockStep})) // inside the first
	for range 2 {                                                                                     // the second time from the disk
		for _, c := range []struct {
			slot time.Time
			want bool
		}{
			{at(7, 59), false}, {at(8, 0), true}, {at(9, 15), true}, {at(10, 0), true}, {at(18, 0), true},
			{at(18, 0).Add(time.Nanosecond), false}, {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), false},
		} {
			if got := q.Accounted(c.slot); got != c.want {
				t.Errorf("Accounted(%s) = %t, want %t", c.slot, got, c.want)
			}
		}
		if got, ok := q.LastSlot(); !ok || !got.Equal(at(18, 0)) {
			t.Errorf("LastSlot = %s, %t, want 18:00, the end of the longer range", got, ok)
		}
		q = r.reopen()
	}
}

// A clock that ran ahead can leave a range of a year. What happens inside it is
// recorded all the same, and told from it.
func TestMissInsideMissedRangeStandsBesideIt(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.do("Miss", q.Miss(photo.Miss{From: at(0, 0), To: at(0, 0).AddDate(1, 0, 0), Slots: 9999, Cause: photo.ClockStep}))
	r.do("Miss", q.Miss(photo.Miss{From: at(8, 0), To: at(8, 0), Slots: 1, Cause: photo.CameraFault}))
	r.do("Miss", q.Miss(photo.Miss{From: at(9, 0), To: at(9, 30), Slots: 3, Cause: photo.NotRunning}))
	_, err := q.Add(scheduled(at(8, 15)), picture(1, 100))
	r.do("Add", err)
	q = r.reopen()
	entries, err := q.Ledger(at(7, 0), at(10, 0))
	r.do("Ledger", err)
	if len(entries) != 4 || entries[1].Cause != photo.CameraFault || len(entries[2].Photos) != 1 || entries[3].Slots != 3 {
		t.Errorf("Ledger = %+v, want the year, the camera's fault, the photo, the three slots", entries)
	}
	for _, c := range []struct {
		slot time.Time
		want bool
	}{{at(8, 15), true}, {at(8, 0), false}, {at(9, 0), false}, {at(12, 0), false}, {time.Time{}, false}} {
		if got := q.Taken(c.slot); got != c.want {
			t.Errorf("Taken(%s) = %t, want %t", c.slot, got, c.want)
		}
	}
}

func TestPhotoInsideMissedRangeStandsBesideIt(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.do("Miss", q.Miss(photo.Miss{From: at(8, 0), To: at(9, 0), Slots: 5, Cause: photo.NotRunning}))
	m, err := q.Add(scheduled(at(8, 30)), picture(1, 100))
	r.do("Add", err)
	entries, err := q.Ledger(at(8, 15), at(9, 0))
	r.do("Ledger", err)
	if len(entries) != 2 || entries[0].Slots != 5 || !entries[0].To.Equal(at(9, 0)) ||
		len(entries[1].Photos) != 1 || entries[1].Photos[0] != m.Seq() {
		t.Errorf("Ledger = %+v, want the range and the photo", entries)
	}
}

func TestSlotTakenAgainAfterClockStepListsBoth(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var seqs []uint64
	for _, slot := range []time.Time{at(8, 0), at(8, 15), at(8, 0)} { // the clock stepped back
		m, err := q.Add(scheduled(slot), picture(1, 100))
		r.do("Add", err)
		seqs = append(seqs, m.Seq())
	}
	r.do("Miss", q.Miss(photo.Miss{From: at(8, 0), To: at(8, 0), Slots: 1, Cause: photo.Busy, Detail: strings.Repeat("ö", 150)}))
	r.do("Miss", q.Miss(photo.Miss{From: at(8, 0), To: at(8, 0), Slots: 1, Cause: photo.Busy, Detail: strings.Repeat("ö", 150)}))
	entries, err := q.Ledger(at(0, 0), at(23, 0))
	r.do("Ledger", err)
	if len(entries) != 2 || len(entries[0].Photos) != 2 || entries[0].Photos[0] != seqs[0] || entries[0].Photos[1] != seqs[2] {
		t.Errorf("Ledger = %+v, want %d and %d at 08:00", entries, seqs[0], seqs[2])
	}
	if entries[0].Cause != "" {
		t.Errorf("cause %q, want none: a photo stands above a miss", entries[0].Cause)
	}
	if got, _ := q.LastSlot(); !got.Equal(at(8, 15)) {
		t.Errorf("LastSlot = %s, want 08:15, the latest", got)
	}
}

func TestManualPhotoIsNoSlot(t *testing.T) {
	r := newRig(t)
	q := r.open()
	if got, ok := q.LastSlot(); ok {
		t.Errorf("LastSlot of a new queue = %s, want none", got)
	}
	shot := scheduled(at(8, 0))
	shot.Trigger = photo.Manual
	_, err := q.Add(shot, picture(1, 100))
	r.do("Add", err)
	entries, err := q.Ledger(at(0, 0), at(23, 0))
	if _, ok := q.LastSlot(); ok || err != nil || len(entries) != 0 || q.Accounted(at(8, 0)) {
		t.Errorf("a manual photo is in the ledger: %+v, %v", entries, err)
	}
}

func TestLedgerOutlivesDeletedPhotos(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m := r.add()
	r.add()
	r.do("Acknowledge", q.Acknowledge(m.Seq()))
	r.setFree(0)
	if n, err := q.Trim(t.Context()); n != 1 || err != nil {
		t.Fatalf("Trim = %d, %v, want 1", n, err)
	}
	r.setFree(10 << 30)
	entries, err := q.Ledger(m.Slot, m.Slot.Add(1))
	if err != nil || len(entries) != 1 || entries[0].Photos[0] != m.Seq() {
		t.Errorf("Ledger = %+v, %v, want %d", entries, err, m.Seq())
	}
}

func TestNonsenseMissIsRefused(t *testing.T) {
	r := newRig(t)
	q := r.open()
	for name, m := range map[string]photo.Miss{
		"no slots":      {From: at(8, 0), To: at(8, 0), Cause: photo.Busy},
		"no cause":      {From: at(8, 0), To: at(8, 0), Slots: 1},
		"reversed":      {From: at(9, 0), To: at(8, 0), Slots: 1, Cause: photo.Busy},
		"unstorable":    {From: time.Time{}, To: at(8, 0), Slots: 1, Cause: photo.Busy},
		"two at once":   {From: at(8, 0), To: at(8, 0), Slots: 2, Cause: photo.Busy},
		"no such end":   {From: at(8, 0), To: at(8, 40), Every: 15 * time.Minute, Slots: 3, Cause: photo.Busy},
		"two days":      {From: at(23, 0), To: at(24, 0), Every: time.Hour, Slots: 2, Cause: photo.Busy},
		"backwards":     {From: at(8, 0), To: at(7, 45), Every: -15 * time.Minute, Slots: 2, Cause: photo.Busy},
		"far in future": {From: at(8, 0), To: at(8, 0).AddDate(400, 0, 0), Slots: 1, Cause: photo.Busy},
	} {
		if err := q.Miss(m); err == nil {
			t.Errorf("%s: Miss accepted %+v", name, m)
		}
	}
	if got := q.Stats(); got != (queue.Stats{FreeBytes: got.FreeBytes}) {
		t.Errorf("Stats = %+v, want nothing", got)
	}
}

func TestSlotsBefore1970SortBefore(t *testing.T) {
	r := newRig(t)
	q := r.open()
	old := time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC)
	for _, slot := range []time.Time{at(8, 0), time.Unix(0, 0), old} {
		_, err := q.Add(scheduled(slot), picture(1, 100))
		r.do("Add", err)
	}
	entries, err := q.Ledger(old, at(9, 0))
	if err != nil || len(entries) != 3 || !entries[0].From.Equal(old) || !entries[2].From.Equal(at(8, 0)) {
		t.Errorf("Ledger = %+v, %v, want 1969, 1970, 2026", entries, err)
	}
	// The order of capture is the numbers', whatever the clock said.
	if m, _, err := q.Next(queue.Select{}); err != nil || !m.Slot.Equal(old) {
		t.Errorf("newest = %s, %v, want the photo of 1969, taken last", m.ID, err)
	}
}

// Of a slot the ledger knows one thing: its photo, else a failure that was seen,
// else that the time passed; among equals the newest.
func TestSlotHasTheStrongestAccount(t *testing.T) {
	r := newRig(t)
	q := r.open()
	long := strings.Repeat("ö", 150)
	for _, m := range []photo.Miss{
		{Cause: photo.NotRunning}, {Cause: photo.CameraFault, Detail: long}, {Cause: photo.ClockStep}, {Cause: photo.Busy, Detail: long},
	} {
		m.From, m.To, m.Slots, m.Session = at(8, 0), at(8, 0), 1, "day"
		r.do("Miss", q.Miss(m))
	}
	entries, err := q.Ledger(at(0, 0), at(23, 0))
	if err != nil || len(entries) != 1 || entries[0].Cause != photo.Busy || entries[0].Detail != strings.Repeat("ö", 100) {
		t.Errorf("Ledger = %+v, %v, want the newest failure, cut at 200 bytes", entries, err)
	}
}

// Slots of one day that nobody took, of another session too: each has one account.
func TestRegularMissesTakeOneCall(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m, err := q.Add(scheduled(at(8, 30)), picture(1, 100))
	r.do("Add", err)
	r.do("Miss", q.Miss(
		photo.Miss{From: at(8, 0), To: at(9, 0), Every: 15 * time.Minute, Slots: 5, Session: "other", Cause: photo.NotRunning},
		photo.Miss{From: at(10, 0), To: at(10, 0), Slots: 1, Session: "day", Cause: photo.CardFull, Detail: "full"}))
	entries, err := q.Ledger(at(0, 0), at(23, 0))
	r.do("Ledger", err)
	if len(entries) != 6 || entries[2].Session != "day" || entries[2].Photos[0] != m.Seq() || entries[1].Session != "other" || entries[5].Cause != photo.CardFull {
		t.Errorf("Ledger = %+v, want 5 slots from 08:00, the photo among them, and 10:00", entries)
	}
	if err := q.Miss(photo.Miss{From: at(11, 0), To: at(11, 0), Slots: 1, Cause: photo.Busy},
		photo.Miss{From: at(12, 0), To: at(12, 0), Slots: 1}); err == nil || q.Accounted(at(11, 0)) {
		t.Errorf("Miss with one bad of two = %v, recorded the first: %t", err, q.Accounted(at(11, 0)))
	}
}
