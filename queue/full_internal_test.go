package queue

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	berrors "go.etcd.io/bbolt/errors"

	"fieldcam/capture/photo"
)

// tiny is a queue on an empty card, whose index takes so many bytes: 48 KiB are
// some 300 photos.
func tiny(t *testing.T, bytes int) *Queue {
	dir, err := os.MkdirTemp("/dev/shm", "queue")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	q, err := Open(t.Context(), Options{
		Dir: dir, Device: "cam-1", Config: Default(), maxIndex: indexReserve + indexGrowBytes + bytes,
		FreeBytes: func(string) (uint64, error) { return 1 << 40, nil },
	})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(q.Check(), q.Close()); err != nil {
			t.Errorf("at the end: %v", err)
		}
	})
	return q
}

// shoot adds the nth photo of one byte.
func shoot(q *Queue, n int) (photo.Meta, error) {
	slot := time.Date(2026, 11, 21, 7, 0, 5*n, 0, time.UTC)
	return q.Add(photo.Shot{Slot: slot, Session: "day", Trigger: photo.Scheduled, Taken: slot, ClockSynced: true},
		func(w io.Writer) (photo.Exposure, error) {
			_, err := w.Write([]byte{1})
			return photo.Exposure{Camera: "VC0706 1.00", Format: "jpg", Attempts: 1}, err
		})
}

func TestSmallPhotosNeverFillTheIndex(t *testing.T) {
	for name, every := range map[string]int{"with Trim": 50, "by Add alone": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := tiny(t, 64<<10)
			const photos = 500
			for n := range photos {
				m, err := shoot(q, n)
				if err == nil {
					err = q.Acknowledge(m.Seq())
				}
				if err == nil && n%every == every-1 {
					_, err = q.Trim(t.Context())
				}
				if err != nil {
					t.Fatalf("photo %d: %v", n, err)
				}
			}
			used, err := q.indexUsed()
			if _, stop := q.indexLimits(); err != nil || used > stop+indexPage*8 {
				t.Errorf("index uses %d bytes (%v), want at most about %d", used, err, stop)
			}
			// The card has room: only as many go as the index needs.
			if got := q.Stats(); got.Confirmed < 50 || got.Confirmed == photos {
				t.Errorf("%d photos are left, want the newest few hundred", got.Confirmed)
			}
		})
	}
}

func TestIndexFullOfWaitingPhotosStillTakesAcknowledgements(t *testing.T) {
	t.Parallel()
	q := tiny(t, 48<<10)
	var seqs []uint64
	for n := range 2000 {
		m, err := shoot(q, n)
		if err != nil {
			if !errors.Is(err, ErrCardFull) || errors.Is(err, berrors.ErrMaxSizeReached) {
				t.Fatalf("photo %d: %v, want %v before bbolt's limit", n, err, ErrCardFull)
			}
			break
		}
		seqs = append(seqs, m.Seq())
	}
	if got := q.Stats(); got.Waiting != int64(len(seqs)) || len(seqs) < 200 || len(seqs) == 2000 {
		t.Fatalf("Stats = %+v, want all of %d waiting", got, len(seqs))
	}
	if err := q.Acknowledge(seqs...); err != nil {
		t.Errorf("Acknowledge = %v", err)
	}
	if _, err := shoot(q, 2000); err != nil {
		t.Errorf("Add after the acknowledgement = %v, want room made", err)
	}
}

func TestMissAtTheIndexLimitMakesRoomFromConfirmedPhotos(t *testing.T) {
	t.Parallel()
	q := tiny(t, 48<<10)
	const photos = 3 * trimBatch
	for n := range photos {
		m, err := shoot(q, n)
		if err == nil {
			err = q.Acknowledge(m.Seq())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	detail := strings.Repeat("x", detailLimit)
	slot := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	next := func() time.Time { slot = slot.Add(time.Second); return slot }
	var err error
	for n := 0; err == nil && n < 2000; n++ {
		at := next() // of a session each, as slots of one take next to nothing
		err = q.Miss(photo.Miss{From: at, To: at, Slots: 1, Cause: photo.Busy, Session: fmt.Sprintf("%0*d", sessionLimit, n), Detail: detail})
	}
	if !errors.Is(err, ErrCardFull) || !errors.Is(err, berrors.ErrMaxSizeReached) {
		t.Errorf("Miss = %v, want %v and %v", err, ErrCardFull, berrors.ErrMaxSizeReached)
	}
	if got := q.Stats(); got.Confirmed != 1 {
		t.Errorf("%d confirmed photos are left, want all but the newest given up for the misses", got.Confirmed)
	}
}

// A ledger that alone fills the index gives way down to a month.
func TestLedgerGivesWayWhereTheIndexIsShort(t *testing.T) {
	t.Parallel()
	q := tiny(t, 256<<10)
	for n := range 64 {
		if _, err := shoot(q, n); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC) // 112 days before the photos
	trim, _ := q.indexLimits()
	for n, used := 0, int64(0); used <= trim; n++ {
		slot := begin.Add(time.Duration(n) * time.Hour)
		err := q.Miss(photo.Miss{From: slot, To: slot, Slots: 1, Cause: photo.Busy, Session: fmt.Sprintf("%0*d", sessionLimit, n)})
		if err == nil {
			used, err = q.indexUsed()
		}
		if err != nil || n > 1500 {
			t.Fatalf("Miss %d: %v, index uses %d", n, err, used)
		}
	}
	if _, err := q.Trim(t.Context()); err != nil {
		t.Fatalf("Trim: %v", err)
	}
	if used, _ := q.indexUsed(); used > trim {
		t.Errorf("index uses %d, want at most %d", used, trim)
	}
	if q.Accounted(begin) || !q.Accounted(time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)) {
		t.Error("the old slots are still there, or a new one isn't")
	}
}
