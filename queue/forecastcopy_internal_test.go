package queue

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
)

// RAW files go to the second copy, JPEG to the cloud: a card that is full of the
// former fills up no more.
func TestForecastCountsWhatTheSecondCopyTakes(t *testing.T) {
	dir := inMemory(t)
	synctest.Test(t, func(t *testing.T) {
		q := steady(t, dir, photo.KindJPEG)
		defer q.Close()
		q.o.Copies = func(format string) bool { return format == "nef" }
		if err := q.SetDisk("disk-a"); err != nil {
			t.Fatal(err)
		}
		var seqs []uint64
		if err := q.update(StepIndexAdopt, func(t txn) error {
			seqs = nil
			for n := range 20 {
				at := minutes(n)
				m := photo.Meta{
					ID: photo.MakeID(at, uint64(n+1), [3]byte{}), Device: "cam-1", Slot: at, Taken: at, Trigger: photo.Manual,
					Size: 1_000_000, SHA256: strings.Repeat("ab", 32), Exposure: photo.Exposure{Format: "nef"},
				}
				if err := t.flow(func(d *flowDay) { d.add(Kept, m.Size) }); err != nil {
					return err
				}
				if err := q.accepted(t, m); err != nil {
					return err
				}
				seqs = append(seqs, m.Seq())
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(day)
		if s := q.Stats(); s.Forecast.Full == 0 || s.Copied != 0 {
			t.Errorf("nothing is copied: %+v, want a card that fills", s)
		}
		for range 2 { // the second time says nothing new
			if err := q.Copied(seqs...); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(day)
		s := q.Stats()
		if s.Forecast.Full != 0 || s.Forecast.GoneBytes != 10_000_000 || s.Copied != 20 || s.CopiedBytes != 20_000_000 {
			t.Errorf("all is copied: %+v, want 20 that may go, and no card that fills", s)
		}
		if err := q.Acknowledge(seqs[0]); err != nil { // it could go already
			t.Fatal(err)
		}
		if err := q.SetDisk("disk-b"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(day)
		if s := q.Stats(); s.Copied != 0 || s.Forecast.Full == 0 {
			t.Errorf("another disk: %+v, want none that may go", s)
		}
	})
}
