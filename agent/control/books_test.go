package control_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/ledger"
)

// week are two days of the week before fakeDaemon.Now, and one before that.
func week() []queue.Day {
	day := func(n int) queue.Day {
		return queue.Day{
			Day: time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC), Session: "hourly", Photos: 20, Waiting: 4, Uploaded: 16, Deleted: 2, Proof: []byte{1, 2},
			Counts: ledger.Counts{Due: 24, Taken: 20, Failed: map[photo.Cause]int{photo.CameraFault: 1}, Skipped: map[photo.Cause]int{photo.NotRunning: 3}},
		}
	}
	return []queue.Day{day(14), day(15), day(21)}
}

func TestStatsSumUpTheWeek(t *testing.T) {
	oldest := photo.Meta{ID: photo.NewID(time.Unix(0, 0), 1), Size: 5}
	d := &fakeDaemon{
		days: week(), status: control.Status{Device: "cam-1", Second: &control.Second{Mounted: true}},
		stats: queue.Stats{Waiting: 3, WaitingBytes: 30, Held: 1, OldestWaiting: oldest, FreeBytes: 9,
			Forecast: queue.Forecast{Days: 2, In: 48, Out: 40, Full: 72 * time.Hour}},
	}
	got, err := serve(t, d).Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := control.Stats{
		Device: "cam-1", Now: d.Now(), TimeZone: "UTC",
		States: []control.StateSum{
			{State: queue.Waiting, Photos: 3, Bytes: 30}, {State: queue.Held, Photos: 1}, {State: queue.Refused},
			{State: queue.Kept}, {State: queue.Confirmed}, {State: queue.Lost},
		},
		Oldest: &control.Photo{Meta: oldest, State: queue.Waiting}, FreeBytes: 9,
		Forecast: control.Forecast{Days: 2, InPerDay: 48, OutPerDay: 40, FullInSecs: 259_200},
		WeekFrom: time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC), Second: &control.Second{Mounted: true},
		Week: control.Counts{
			Due: 48, Taken: 40, Photos: 40, Waiting: 8, Uploaded: 32, Deleted: 4,
			Failed: map[photo.Cause]int{photo.CameraFault: 2}, Skipped: map[photo.Cause]int{photo.NotRunning: 6},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("stats (-want +got):\n%s", d)
	}
}

func TestDaysTravelWithTheirProof(t *testing.T) {
	d := &fakeDaemon{days: week()}
	got, err := serve(t, d).Days(t.Context(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Day != "2026-11-21" || got[0].Due != 24 || len(got[0].Proof) != 2 {
		t.Errorf("got %+v, want one day of 24 slots, with its proof", got)
	}
}

func TestSlotsSayWhatBecameOfEachPhoto(t *testing.T) {
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	d := &fakeDaemon{ledger: []queue.Entry{
		{From: at, To: at, Session: "hourly", Slots: 1, Photos: []uint64{4, 5}},
		{From: at.Add(time.Hour), To: at.Add(time.Hour), Session: "hourly", Slots: 1, Cause: photo.CameraFault, Detail: "no answer"},
		{From: at.Add(2 * time.Hour), To: at.Add(2 * time.Hour), Session: "hourly", Slots: 1, Photos: []uint64{6}},
	}}
	c := serve(t, d)
	got, err := c.Slots(t.Context(), at, at.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []control.SlotAccount{
		{From: at, To: at, Session: "hourly", Slots: 1, Photos: []control.SlotPhoto{{Seq: 4, State: "state of 4"}, {Seq: 5, State: "state of 5"}}},
		{From: at.Add(time.Hour), To: at.Add(time.Hour), Session: "hourly", Slots: 1, Cause: photo.CameraFault, Detail: "no answer"},
		{From: at.Add(2 * time.Hour), To: at.Add(2 * time.Hour), Session: "hourly", Slots: 1, Photos: []control.SlotPhoto{{Seq: 6, State: "state of 6"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("slots (-want +got):\n%s", d)
	}
	if _, err := c.Slots(t.Context(), at, at.Add(72*time.Hour)); err == nil {
		t.Error("three days at once: got nil, want a word on the bound")
	}
	if _, err := c.Days(t.Context(), at, at); err == nil {
		t.Error("no day at all: got nil, want an error")
	}
}
