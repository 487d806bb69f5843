package second_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/second"
)

func TestCopiesArePlainFilesWithTheirMetadataBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		photos := r.queue.add(20) // over midnight, in UTC
		r.plug("disk-a")
		r.start()
		r.until("all copied", r.allCopied)
		for _, e := range photos {
			if err := r.whole(e.Meta); err != nil {
				t.Fatalf("copy of %s: %v", e.ID, err)
			}
			var m photo.Meta
			data, err := os.ReadFile(strings.TrimSuffix(r.path(e.Meta), ".jpg") + ".json")
			r.do(err)
			r.do(json.Unmarshal(data, &m))
			if m.ID != e.ID || m.SHA256 != e.SHA256 || !m.Taken.Equal(e.Taken) {
				t.Errorf("metadata = %+v, want %+v", m, e.Meta)
			}
		}
		for _, day := range []string{"2026-11-21", "2026-11-22"} {
			if _, err := os.Stat(filepath.Join(r.mount(), "fieldcam", "cam-1", day)); err != nil {
				t.Error(err)
			}
		}
		r.do(filepath.WalkDir(r.mount(), func(name string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(name, ".part") {
				t.Errorf("%s is left", name)
			}
			return err
		}))
		if s := r.worker.State(); !s.Mounted || s.Err != nil || s.Copied != 20 || s.Waiting != 0 || s.FreeBytes == 0 || s.Disk == "" {
			t.Errorf("State = %+v, want 20 copied and all well", s)
		}
		if r.queue.told > 3 {
			t.Errorf("%d transactions for 20 photos, want one for many", r.queue.told)
		}
	})
}

func TestPhotosAreCopiedInBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.queue.add(1)
		r.plug("disk-a")
		r.start()
		r.until("the first copied", r.allCopied)
		r.queue.add(1)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := r.queue.waiting(); n != 1 || r.worker.State().Waiting != 1 {
			t.Errorf("%d photos wait, want the one to wait for more", n)
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if n := r.queue.waiting(); n != 0 {
			t.Errorf("%d photos wait, want the one copied after 15 min", n)
		}
		r.queue.add(20)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.queue.waiting(); n != 0 {
			t.Errorf("%d photos wait, want 20 copied at once", n)
		}
		r.queue.add(1)
		r.unplug()
		r.until("the disk gone", r.failed(second.ErrAbsent))
		r.plug("disk-a")
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.queue.waiting(); n != 0 {
			t.Errorf("%d photos wait, want all copied when the disk is back", n)
		}
	})
}

// TestUnplugAtEveryStep pulls the disk out at each durable step of three
// photos, in turn; sometimes the daemon is started anew before it comes back.
func TestUnplugAtEveryStep(t *testing.T) {
	steps := 0
	seen := make(map[string]bool)
	for cut := 0; ; cut++ {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			photos := r.queue.add(3)
			r.plug("disk-a")
			steps = 0
			r.faults(func(step string) error {
				if steps++; steps <= cut {
					return nil
				}
				seen[step] = true
				r.unplug()
				return syscall.EIO
			})
			stop := r.start()
			r.until("the disk gone, or all copied", func() bool { return r.worker.State().Err != nil || r.allCopied() })
			if steps <= cut {
				return // that was the last step
			}
			if step := r.worker.State().Err; step == nil {
				t.Errorf("cut %d: no error in State", cut)
			}
			time.Sleep(time.Hour) // it waits in vain
			synctest.Wait()
			r.wantNothingAt(r.mount())
			if _, err := r.worker.Open(photos[0].Meta); !errors.Is(err, second.ErrAbsent) {
				t.Errorf("cut %d: Open without a disk: %v, want ErrAbsent", cut, err)
			}
			r.faults(nil)
			if cut%2 == 0 {
				stop()
				stop = r.start()
			}
			r.plug("disk-a")
			r.until("all copied", r.allCopied)
			for _, e := range photos {
				if err := r.whole(e.Meta); err != nil {
					t.Errorf("cut %d: copy of %s: %v", cut, e.ID, err)
				}
			}
			stop()
		})
		if steps <= cut {
			break
		}
	}
	for _, step := range second.Steps() {
		if !seen[step] && step != second.StepDelete {
			t.Errorf("step %s was not met", step)
		}
	}
}

func TestDamagedCopyIsFoundAndWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		photos := r.queue.add(3)
		bad := r.path(photos[1].Meta) + ".part"
		damaged := 0
		r.faults(func(step string) error {
			if step != second.StepCheck || damaged == 2 {
				return nil
			}
			data, err := os.ReadFile(bad)
			if err != nil {
				return nil // another photo
			}
			damaged++
			data[len(data)/2] ^= 1
			return os.WriteFile(bad, data, 0o644)
		})
		r.plug("disk-a")
		r.start()
		r.until("the damage found", r.failed(second.ErrDamaged))
		if _, err := os.Stat(bad); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what is damaged is left: %v", err)
		}
		r.until("all copied", r.allCopied)
		if damaged != 2 {
			t.Errorf("damaged %d times, want 2", damaged)
		}
		if s := r.worker.State(); s.Err != nil {
			t.Errorf("State.Err = %v, want nil again", s.Err)
		}
	})
}

func TestPhotoThatTheCardCantGiveHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		photos := r.queue.add(4)
		good := photos[1].data
		r.queue.change(func() {
			photos[0].openErr = syscall.EIO
			photos[1].data = []byte(strings.Repeat("x", len(good)))
		})
		r.plug("disk-a")
		r.start()
		r.until("the others copied", func() bool { return r.queue.waiting() == 2 })
		s := r.worker.State()
		if s.Err != nil || s.Skipped != 2 || s.LastSkip == nil {
			t.Errorf("State = %+v, want 2 skipped and no error of the disk", s)
		}
		r.queue.change(func() { photos[0].openErr = nil; photos[1].data = good })
		time.Sleep(time.Hour) // in the next pass
		r.until("tried again", r.allCopied)
	})
}

func TestWhatIsThereIsNotWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		photos := r.queue.add(3)
		r.plug("disk-a")
		stop := r.start()
		r.until("all copied", r.allCopied)
		stop()
		r.queue.change(func() { // the card lost its last transaction, and a copy rotted
			for _, e := range photos {
				e.copied = false
			}
		})
		r.write(r.path(photos[2].Meta), strings.Repeat("x", len(photos[2].data)))
		created := 0
		r.faults(func(step string) error {
			if step == second.StepCreate {
				created++
			}
			return nil
		})
		r.start()
		r.until("all copied again", r.allCopied)
		if created != 1 {
			t.Errorf("%d copies written, want only the one that rotted", created)
		}
	})
}

func TestNothingIsCopiedWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.queue.add(2)
		r.plug("disk-a")
		r.busy = true
		r.faults(func(step string) error {
			if step == second.StepWrite || step == second.StepCheck {
				r.mu.Lock()
				defer r.mu.Unlock()
				if r.busy {
					t.Errorf("%s while busy", step)
				}
			}
			return nil
		})
		stop := r.start()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := r.queue.waiting(); n != 2 {
			t.Errorf("%d photos wait, want both", n)
		}
		r.mu.Lock()
		r.busy = false
		r.mu.Unlock()
		r.until("all copied", r.allCopied)
		stop()
		r.mu.Lock()
		r.busy = true
		r.mu.Unlock()
		r.queue.add(1)
		stop = r.start()
		synctest.Wait()
		stop() // in the middle of a photo
	})
}

func TestReadOnlyDiskIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.queue.add(2)
		r.plug("disk-a")
		tries := 0
		r.faults(func(step string) error {
			if step == second.StepCreate {
				tries++
				return syscall.EROFS
			}
			return nil
		})
		r.start()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if !r.failed(syscall.EROFS)() {
			t.Errorf("State = %+v, want EROFS", r.worker.State())
		}
		if most := 24 * 60 / 2; tries > most || tries < 24*12 {
			t.Errorf("%d tries in a day, want 288 to %d", tries, most)
		}
		r.faults(nil)
		r.until("all copied", r.allCopied)
	})
}
