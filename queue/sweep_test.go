package queue_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// A start looks at the newest numbers alone, and finds there all that a power cut
// can leave; Sweep finds the rest.
func TestSweepFindsWhatAStartDoesNotLookAt(t *testing.T) {
	r := newRig(t)
	r.open()
	var all []photo.Meta
	for range 300 {
		m, err := r.q.Add(r.shot(), picture(len(all), 40))
		r.do("Add", err)
		all = append(all, m)
	}
	r.close()
	kept := filepath.Join(r.dir, "kept")
	r.do("rename", os.Rename(r.file(all[10]), kept))
	r.do("remove", os.Remove(r.file(all[290])))
	r.do("write", os.WriteFile(filepath.Join(r.dir, "spool", "DCIM0001.JPG"), nil, 0o644))
	q := r.open()
	if rec := q.Recovery(); rec.Lost != 1 || rec.Foreign != 1 {
		t.Errorf("Recovery = %+v, want the newer of two lost, and a foreign file", rec)
	}
	rec, err := q.Sweep(t.Context())
	if err != nil || rec.Lost != 1 || rec.Foreign != 1 {
		t.Errorf("Sweep = %+v, %v, want the older of two lost, and a foreign file", rec, err)
	}
	if got := r.states(); got[all[10].ID] != queue.Lost || got[all[290].ID] != queue.Lost || got[all[0].ID] != queue.Waiting {
		t.Errorf("states are %v", got)
	}
	r.check()
	r.do("rename", os.Rename(kept, r.file(all[10])))
	r.setFault(func(step string) error {
		if step == queue.StepIndexAdopt {
			t.Error("a photo that the index knows was taken in")
		}
		return nil
	})
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Lost != 0 {
		t.Errorf("second Sweep = %+v, %v, want nothing", rec, err)
	}
	if n, err := q.Retry(all[10].ID); n != 1 || err != nil {
		t.Errorf("Retry of a lost photo that is back = %d, %v, want 1", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Sweep(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Sweep = %v, want %v", err, context.Canceled)
	}
}

// A person puts a photo of another card into the spool of a running daemon: it is
// taken in, and no later photo gets its number.
func TestSweepTakesInAPhotoThatAPersonBrought(t *testing.T) {
	other, brought := filled(t, 3)
	r := newRig(t)
	q := r.open()
	first := r.add()
	for _, m := range brought[1:] {
		b, err := os.ReadFile(other.file(m))
		r.do("read", err)
		r.put(m, b)
	}
	rec, err := q.Sweep(t.Context())
	if err != nil || rec.Adopted != 2 || rec.Lost != 0 {
		t.Errorf("Sweep = %+v, %v, want 2 adopted", rec, err)
	}
	if m := r.add(); m.Seq() != 4 {
		t.Errorf("next number = %d, want 4", m.Seq())
	}
	if got := r.states(); len(got) != 4 || got[first.ID] != queue.Waiting {
		t.Errorf("states = %v, want 4 photos", got)
	}
	// One whose number is another photo's is not.
	b, err := os.ReadFile(other.file(brought[0]))
	r.do("read", err)
	r.put(brought[0], b)
	if rec, err := q.Sweep(t.Context()); err != nil || rec.Damaged != 1 || rec.Adopted != 0 {
		t.Errorf("Sweep = %+v, %v, want one set aside", rec, err)
	}
	r.intact(first)
	r.check()
}

// put makes the file of m with its metadata.
func (r *rig) put(m photo.Meta, b []byte) {
	r.Helper()
	s, err := spool.Open(spool.Options{Dir: filepath.Join(r.dir, "spool")})
	r.do("open spool", err)
	w, err := s.Create(m.ID, m.Format)
	r.do("create", err)
	_, err = w.Write(b)
	r.do("write", err)
	_, err = w.Commit(m)
	r.do("commit", err)
}

// What an Add is writing is no orphan, for a Sweep or Check beside it.
func TestSweepLeavesAPhotoThatIsBeingWritten(t *testing.T) {
	r := newRig(t)
	q := r.open()
	_, err := q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(1, 100_000)(w)
		rec, errSweep := q.Sweep(t.Context())
		if rec.Adopted+rec.Damaged+rec.Removed+rec.Lost != 0 {
			t.Errorf("Sweep = %+v, want nothing", rec)
		}
		return e, errors.Join(err, errSweep, q.Check())
	})
	r.do("Add", err)
	if got := q.Stats().Waiting; got != 1 {
		t.Errorf("%d photos wait, want 1", got)
	}
}
