package queue

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// A photo whose own metadata proves its bytes right is whole: what the index said
// of it is written anew, and a power cut in that changes nothing.
func TestAWrongRecordIsMendedFromItsPhoto(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/dev/shm", "queue")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	errCut, cut := errors.New("the power is off"), false
	q, err := Open(t.Context(), Options{Dir: dir, Device: "cam-1", Config: Default(), Fault: func(step string) error {
		if cut && step == StepIndexMend {
			return errCut
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	slot := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	m, err := q.Add(photo.Shot{Slot: slot, Trigger: photo.Manual, Taken: slot}, func(w io.Writer) (photo.Exposure, error) {
		_, err := w.Write([]byte("picture"))
		return photo.Exposure{Format: "jpg"}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.update(StepIndexMend, func(tx txn) error {
		r, err := tx.record(m.Seq())
		if err != nil {
			return err
		}
		r.sum[0] ^= 1
		return tx.putRecord(m.Seq(), r)
	}); err != nil {
		t.Fatal(err)
	}
	wrong, err := q.Item(m.ID)
	if err != nil || wrong.SHA256 == m.SHA256 {
		t.Fatalf("Item = %+v, %v, want the record's wrong SHA-256", wrong, err)
	}
	cut = true
	if err := q.Verify(wrong.Meta); !errors.Is(err, errCut) {
		t.Errorf("Verify = %v, want %v", err, errCut)
	}
	cut = false
	if err := q.Verify(wrong.Meta); err != nil {
		t.Errorf("Verify = %v, want the photo whole", err)
	}
	if item, err := q.Item(m.ID); err != nil || item.Meta != m || item.State != Waiting {
		t.Errorf("Item = %+v, %v, want %+v waiting", item, err, m)
	}
	if err := errors.Join(q.Check(), q.Close()); err != nil {
		t.Error(err)
	}
}
