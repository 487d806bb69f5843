package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

func (r *rig) files() int {
	r.Helper()
	n := 0
	r.do("read spool", filepath.WalkDir(filepath.Join(r.dir, "spool"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != ".json" { // no sidecar, where there are no attributes
			n++
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a directory that went meanwhile
		}
		return err
	}))
	return n
}

func TestFullCardRefusesAndRecovers(t *testing.T) {
	r := newRig(t)
	q := r.open()
	waiting := r.add()
	r.setFree(63_999_999)
	filled := false
	_, err := q.Add(r.shot(), func(io.Writer) (photo.Exposure, error) { filled = true; return photo.Exposure{}, nil })
	if !errors.Is(err, queue.ErrCardFull) || filled {
		t.Errorf("Add = %v (filled: %t), want %v before the shutter", err, filled, queue.ErrCardFull)
	}
	r.check()
	r.intact(waiting)
	r.setFree(64_000_000)
	r.add()
}

// The card fills up while a photo is written, or in one of the steps after it.
func TestNoSpaceInAnyStepLeavesNothingBehind(t *testing.T) {
	for _, step := range []string{
		spool.StepCreate, spool.StepWrite, spool.StepMeta, spool.StepName, spool.StepSync, spool.StepDirSync, queue.StepIndexAdd,
	} {
		t.Run(step, func(t *testing.T) {
			r := newRig(t)
			q := r.open()
			before := r.add()
			r.setFault(func(s string) error {
				if s == step {
					return fmt.Errorf("write: %w", syscall.ENOSPC)
				}
				return nil
			})
			shot := r.shot()
			shot.Format = "tmp" // so that StepName is met
			_, err := q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
				if _, err := picture(1, 200_000)(w); err != nil {
					return photo.Exposure{}, errors.New("camera: transfer ended") // a driver that hides the cause
				}
				return photo.Exposure{Format: "jpg"}, nil
			})
			if !errors.Is(err, queue.ErrCardFull) || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Add = %v, want %v and %v", err, queue.ErrCardFull, syscall.ENOSPC)
			}
			r.check()
			if n := r.files(); n != 1 {
				t.Errorf("%d files in the spool, want 1", n)
			}
			r.intact(before)
			r.setFault(nil)
			r.add()
		})
	}
}

func TestBadPicturesLeaveNothingBehind(t *testing.T) {
	broken := errors.New("camera is silent")
	for name, fill := range map[string]func(io.Writer) (photo.Exposure, error){
		"camera fails": func(w io.Writer) (photo.Exposure, error) {
			w.Write(make([]byte, 100_000))
			return photo.Exposure{Format: "jpg"}, broken
		},
		"empty":     func(io.Writer) (photo.Exposure, error) { return photo.Exposure{Format: "jpg"}, nil },
		"no format": func(w io.Writer) (photo.Exposure, error) { w.Write([]byte("x")); return photo.Exposure{}, nil },
		"path format": func(w io.Writer) (photo.Exposure, error) {
			w.Write([]byte("x"))
			return photo.Exposure{Format: "/../../queue.db"}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			q := r.open()
			_, err := q.Add(r.shot(), fill)
			if err == nil || name == "camera fails" && !errors.Is(err, broken) {
				t.Errorf("Add = %v, want the cause", err)
			}
			if n := r.files(); n != 0 {
				t.Errorf("%d files in the spool, want none", n)
			}
			if _, err := os.Stat(r.index()); err != nil {
				t.Errorf("index: %v", err)
			}
		})
	}
}

func TestTrimDeletesOnlyConfirmedOldestFirst(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var all []photo.Meta
	for range 6 {
		all = append(all, r.add()) // 5,000 bytes each
	}
	r.do("Acknowledge", q.Acknowledge(all[1].Seq(), all[2].Seq(), all[3].Seq(), all[5].Seq()))
	r.do("Refuse", q.Refuse(all[4].Seq(), "415"))
	if n, err := q.Trim(t.Context()); n != 0 || err != nil {
		t.Errorf("Trim with room = %d, %v, want 0", n, err)
	}
	r.setFree(512_000_000 - 7_000) // two photos' worth
	if n, err := q.Trim(t.Context()); n != 2 || err != nil {
		t.Errorf("Trim = %d, %v, want 2", n, err)
	}
	got := r.states()
	if got[all[1].ID] != "" || got[all[2].ID] != "" || got[all[3].ID] != queue.Confirmed {
		t.Errorf("states = %v, want the two oldest confirmed gone", got)
	}
	r.setFree(0)
	if n, err := q.Trim(t.Context()); n != 1 || err != nil {
		t.Errorf("Trim of a full card = %d, %v, want 1: the newest stays for its number", n, err)
	}
	if got := q.Stats(); got.Waiting != 1 || got.Refused != 1 || got.Confirmed != 1 {
		t.Errorf("Stats = %+v, want 1 waiting, 1 refused, 1 confirmed", got)
	}
	if n := r.files(); n != 3 {
		t.Errorf("%d files, want 3", n)
	}
}

func TestAddMakesRoomFromConfirmedPhotos(t *testing.T) {
	r := newRig(t)
	o := r.options()
	o.FreeBytes = func(string) (uint64, error) { // a card for two photos
		return uint64(64_000_000 + 5_000*(2-r.files())), nil
	}
	q, err := queue.Open(t.Context(), o)
	r.do("Open", err)
	r.q = q
	for range 2 {
		m := r.add()
		r.do("Acknowledge", q.Acknowledge(m.Seq()))
	}
	r.add()
	if _, err := q.Add(r.shot(), picture(1, 5000)); err != nil {
		t.Errorf("Add = %v, want room made from the confirmed", err)
	}
	r.check()
}

// fill adds n confirmed photos and one that waits.
func (r *rig) fill(n int) (all []photo.Meta) {
	r.Helper()
	var seqs []uint64
	for range n {
		m := r.add()
		all, seqs = append(all, m), append(seqs, m.Seq())
	}
	r.do("Acknowledge", r.q.Acknowledge(seqs...))
	return append(all, r.add())
}

func TestTrimEndsWithItsContextAfterABatch(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.fill(130)
	r.setFree(0)
	ctx, cancel := context.WithCancel(t.Context())
	r.setFault(func(step string) error {
		if step == queue.StepIndexTrim {
			cancel()
		}
		return nil
	})
	if n, err := q.Trim(ctx); n != 64 || !errors.Is(err, context.Canceled) {
		t.Errorf("Trim = %d, %v, want 64, %v", n, err, context.Canceled)
	}
	if n, err := q.Trim(t.Context()); n != 66 || err != nil {
		t.Errorf("second Trim = %d, %v, want the other 66", n, err)
	}
}

// The shutter waits for one batch of a Trim that deletes a whole card. Were it
// for all, this would be a deadlock.
func TestAddWaitsForOneBatchOfTrimOnly(t *testing.T) {
	dir := filepath.Join(scratch(t), "state")
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir)
		q := r.open()
		r.fill(200)
		r.setFree(0)
		shot := r.shot()
		shuttered, ended := make(chan struct{}), make(chan error, 1)
		batches := 0
		r.setFault(func(step string) error {
			if step != queue.StepIndexTrim {
				return nil
			}
			switch batches++; batches {
			case 1:
				go func() {
					_, err := q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
						close(shuttered)
						return picture(1, 100)(w)
					})
					ended <- err
				}()
				// The fault hook's lock is held here: let the Add get to the queue's.
				r.mu.Unlock()
				synctest.Wait()
				r.mu.Lock()
				r.free = 64_000_000 // what this batch frees
			case 2:
				r.mu.Unlock()
				<-shuttered
				r.mu.Lock()
			}
			return nil
		})
		if n, err := q.Trim(t.Context()); n != 200 || err != nil {
			t.Errorf("Trim = %d, %v, want 200", n, err)
		}
		r.do("Add", <-ended)
		r.check()
		r.close()
	})
}

func TestNumbersNeverComeAgain(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var last uint64
	for range 3 {
		last = r.add().Seq()
	}
	r.do("Acknowledge", q.Acknowledge(1, 2, 3))
	r.setFree(0)
	_, err := q.Trim(t.Context())
	r.do("Trim", err)
	r.setFree(10 << 30)
	r.close()
	r.do("remove", os.Remove(r.index())) // the mark in the index is lost as well
	r.open()
	if m := r.add(); m.Seq() <= last {
		t.Errorf("number %d, want one above %d", m.Seq(), last)
	}
}
