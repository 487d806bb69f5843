package queue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/photo"
)

// many is a queue with so many manual photos, the nth taken at taken(n). They
// have no files, which thousands of fsyncs would have to make.
func many(t *testing.T, photos int, taken func(n int) time.Time) (q *Queue, all []photo.Meta) {
	t.Helper()
	copies := func(string) bool { return true }
	q, err := Open(t.Context(), Options{
		Dir: inMemory(t), Device: "cam-1", Config: Default(), Copies: copies,
		CopyDisk: func() string { return "disk-a" }, MissingCopies: func(string, []photo.Meta) ([]uint64, error) { return nil, nil },
		FreeBytes: func(string) (uint64, error) { return 1 << 40, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	for n := range photos {
		at := taken(n)
		all = append(all, photo.Meta{
			ID: photo.NewID(at, q.allot()), Device: "cam-1", Slot: at, Taken: at, Trigger: photo.Manual,
			Size: 16, SHA256: strings.Repeat("ab", 32), Exposure: photo.Exposure{Format: "jpg"},
		})
		q.written(uint64(n + 1))
	}
	if err := q.update(StepIndexAdopt, func(t txn) error {
		for _, m := range all {
			if err := q.accepted(t, m); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return q, all
}

func minutes(n int) time.Time { return time.Date(2026, 11, 21, 0, n, 0, 0, time.UTC) }

// The model is a list that is looked through.
func TestNextIsWhatASlowListSays(t *testing.T) {
	const photos = 1100                                                                    // three blocks of a set
	q, all := many(t, photos, func(n int) time.Time { return minutes(n * 7919 % photos) }) // the clock steps about
	held := map[photo.ID]bool{}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(0, 5).Draw(t, "states") {
			id := all[rapid.IntRange(0, photos-1).Draw(t, "photo")].ID
			change := q.Hold
			if held[id] {
				change = q.Release
			}
			if n, err := change(id); n != 1 || err != nil {
				t.Fatalf("%d changed, %v", n, err)
			}
			held[id] = !held[id]
		}
		ends := rapid.Custom(func(t *rapid.T) time.Time {
			if rapid.Bool().Draw(t, "open") {
				return time.Time{}
			}
			return minutes(rapid.IntRange(-1, photos).Draw(t, "minute"))
		})
		modulo := rapid.Uint64Range(1, 5).Draw(t, "modulo")
		s := Select{
			Order: rapid.SampledFrom([]Order{NewestFirst, OldestFirst}).Draw(t, "order"),
			From:  ends.Draw(t, "from"), To: ends.Draw(t, "to"),
			Skip: func(seq uint64) bool { return seq%modulo == 1 },
		}
		var want uint64
		for _, m := range all {
			if !held[m.ID] && !s.Skip(m.Seq()) && (s.From.IsZero() || !m.Taken.Before(s.From)) && (s.To.IsZero() || m.Taken.Before(s.To)) &&
				(want == 0 || s.Order == NewestFirst) {
				want = m.Seq()
			}
		}
		m, ok, err := q.Next(s)
		if err != nil || ok != (want > 0) || m.Seq() != want {
			t.Fatalf("Next(%+v) = %d, %t, %v, want %d", s, m.Seq(), ok, err, want)
		}
	})
}

func TestAllMeansMoreThanOneBatch(t *testing.T) {
	const photos = 2*handsBatch + 76
	q, all := many(t, photos, minutes)
	if n, err := q.Hold(); n != photos || err != nil {
		t.Errorf("Hold = %d, %v, want %d", n, err, photos)
	}
	if n, err := q.Release(); n != photos || err != nil {
		t.Errorf("Release = %d, %v, want %d", n, err, photos)
	}
	var ids []photo.ID
	for _, m := range all[100:300] {
		ids = append(ids, m.ID)
	}
	if n, err := q.Drop(ids...); n != len(ids) || err != nil {
		t.Errorf("Drop = %d, %v, want %d", n, err, len(ids))
	}
	if got := q.Stats(); got.Waiting != photos-200 {
		t.Errorf("%d wait, want %d", got.Waiting, photos-200)
	}
}

// More photos are away than one look at the index would pass.
func TestManyPhotosThatAreAwayHideNoOther(t *testing.T) {
	const photos = 6000
	q, all := many(t, photos, minutes)
	var seqs []uint64
	for _, m := range all {
		seqs = append(seqs, m.Seq())
	}
	if err := errors.Join(q.SetDisk("disk-a"), q.Copied(seqs...)); err != nil {
		t.Fatal(err)
	}
	gone := 0
	for gone < photos {
		n, _, err := q.trimOnce(room{card: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		gone += n
	}
	if gone != photos-1 {
		t.Errorf("%d files could go, want %d: all but the newest", gone, photos-1)
	}
	if got := q.Stats(); got.Waiting != photos {
		t.Errorf("%d wait, want %d", got.Waiting, photos)
	}
}
