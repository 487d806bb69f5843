package queue_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/queue"
	"fieldcam/queue/spool"
)

// seen is a set of the steps at which the power went.
type seen struct {
	mu    sync.Mutex
	steps map[string]bool
}

func (s *seen) add(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.steps == nil {
		s.steps = map[string]bool{}
	}
	s.steps[step] = true
}

// all fails the test where one of these steps was never met: it proves nothing
// of them then.
func (s *seen) all(t *testing.T, steps []string) {
	for _, step := range steps {
		if !s.steps[step] {
			t.Errorf("the power never went at %s", step)
		}
	}
}

// workSteps are those that the daily work meets.
func workSteps() []string {
	return []string{
		spool.StepShard, spool.StepCreate, spool.StepWrite, spool.StepMeta, spool.StepName, spool.StepSync, spool.StepDirSync,
		spool.StepUnlink, queue.StepIndexAdd, queue.StepIndexAck, queue.StepIndexMiss, queue.StepIndexRefuse, queue.StepIndexHand,
		queue.StepIndexDrop, queue.StepIndexTrim, queue.StepIndexCopied, queue.StepIndexScrub, queue.StepIndexCompact,
		queue.StepIndexLose, queue.StepIndexProved,
	}
}

// recoverySteps are those that Open meets.
func recoverySteps() []string {
	return []string{
		spool.StepSync, spool.StepDirSync, spool.StepUnlink, spool.StepSetAside, queue.StepIndexCreate,
		queue.StepIndexSetAside, queue.StepIndexAdopt, queue.StepIndexLose, queue.StepIndexUnlinked,
	}
}

func TestEveryStepIsCutSomewhere(t *testing.T) {
	// The last two have tests of their own.
	others := []string{queue.StepIndexMigrate, queue.StepIndexMend}
	for _, step := range queue.Steps() {
		if !slices.Contains(slices.Concat(workSteps(), recoverySteps(), others), step) {
			t.Errorf("no test cuts the power at %s", step)
		}
	}
}

// surfacesOf lists what a disk may hold when the power goes before step.
func surfacesOf(step string) []string {
	switch step {
	case spool.StepWrite, spool.StepMeta, spool.StepName, spool.StepSync:
		return []string{"as written", "gone", "short", "empty", "zeros"}
	case spool.StepShard, spool.StepCreate, spool.StepDirSync, spool.StepUnlink, queue.StepIndexAdd:
		return []string{"as written", "gone"}
	}
	return []string{"as written"}
}

// bloat makes the closed index large and nearly empty.
func (r *rig) bloat() {
	r.Helper()
	junk := []byte("junk")
	r.edit(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(junk)
		if err != nil {
			return err
		}
		return b.Put(junk, make([]byte, 2<<20))
	})
	r.edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket(junk) })
}

// edit changes the closed index as bbolt, behind the queue's back.
func (r *rig) edit(f func(tx *bbolt.Tx) error) {
	r.Helper()
	db, err := bbolt.Open(r.index(), 0o644, &bbolt.Options{NoFreelistSync: true, NoSync: true})
	r.do("open", err)
	r.do("update", db.Update(f))
	r.do("close", db.Close())
}

func TestPromisesSurvivePowerCutAtEveryStep(t *testing.T) {
	t.Parallel()
	var steps seen
	for _, step := range workSteps() {
		for _, surface := range surfacesOf(step) {
			for _, nth := range []int{1, 9} {
				t.Run(fmt.Sprintf("%s/%s/%d", step, surface, nth), func(t *testing.T) {
					t.Parallel() // they wait for the disk
					r := newRig(t)
					r.with = both
					r.open()
					r.close()
					r.bloat()
					r.open()
					p, d, cut := newPromise(), newDisk(r), false
					r.watch = d.meet
					r.cutAt(step, nth, func() { cut = true })
					err := p.run(r)
					if !cut {
						if err != nil {
							t.Errorf("the script, whole: %v", err)
						}
						return // it doesn't meet the step so often
					}
					steps.add(step)
					if !errors.Is(err, errCut) {
						t.Errorf("the call cut short returned %v, want %v", err, errCut)
					}
					r.close()
					r.watch = nil
					d.cut(surface)
					r.setFault(nil)
					r.setFree(10 << 30)
					r.open()
					p.verify(r)
					if rec := r.reopen().Recovery(); rec.Adopted+rec.Removed+rec.Damaged+rec.Lost+rec.Found != 0 {
						t.Errorf("second Recovery = %+v, want nothing left to do", rec)
					}
				})
			}
		}
	}
	t.Cleanup(func() { steps.all(t, workSteps()) })
}

// The power goes while Open repairs; the second Open must end the work.
func TestRecoverySurvivesPowerCutAtEveryStep(t *testing.T) {
	t.Parallel()
	var met seen
	messes := map[string]func(r *rig){
		"sound index":   func(*rig) {},
		"garbage index": func(r *rig) { r.do("write", os.WriteFile(r.index(), []byte("no database"), 0o644)) },
		"no index":      func(r *rig) { r.do("remove", os.Remove(r.index())) },
	}
	for mess, spoil := range messes {
		for _, step := range recoverySteps() {
			for nth := 1; nth <= 2; nth++ {
				t.Run(fmt.Sprintf("%s/%s/%d", mess, step, nth), func(t *testing.T) {
					t.Parallel()
					r := newRig(t)
					kept := dirty(r)
					spoil(r)
					cut := false
					r.cutAt(step, nth, func() { cut = true })
					q, err := queue.Open(t.Context(), r.options())
					if err == nil {
						q.Close()
					}
					r.setFault(nil)
					if !cut {
						return
					}
					met.add(step)
					if !errors.Is(err, errCut) {
						t.Errorf("Open returned %v, want %v", err, errCut)
					}
					r.open()
					r.check()
					got := r.states()
					for _, m := range kept {
						if got[m.ID] != queue.Waiting {
							t.Errorf("photo %s is %q, want it waiting", m.ID, got[m.ID])
						}
						r.intact(m)
					}
				})
			}
		}
	}
	t.Cleanup(func() { met.all(t, recoverySteps()) })
}

// photos are the paths of all photos' files, ascending.
func (r *rig) photos() []string {
	r.Helper()
	names, err := filepath.Glob(filepath.Join(r.dir, "spool", "*", "*-*.jpg"))
	r.do("glob", err)
	return names
}
