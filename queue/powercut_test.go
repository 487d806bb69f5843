package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
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
		spool.StepCreate, spool.StepWrite, spool.StepMeta, spool.StepName, spool.StepSync, spool.StepDirSync, spool.StepUnlink,
		queue.StepIndexAdd, queue.StepIndexAck, queue.StepIndexMiss, queue.StepIndexRefuse, queue.StepIndexRetry,
		queue.StepIndexTrim, queue.StepIndexURL,
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
	for _, step := range queue.Steps() {
		if !slices.Contains(append(workSteps(), recoverySteps()...), step) {
			t.Errorf("no test cuts the power at %s", step)
		}
	}
}

// promise is what the queue's callers were told, and what a call that the power
// cut short may have done besides.
type promise struct {
	states   map[photo.ID]queue.State // of every photo
	metas    map[photo.ID]photo.Meta
	slots    []time.Time                // accounted for
	maybe    map[photo.ID][]queue.State // other states allowed; "" is deleted
	extra    bool                       // one more photo may have come
	deadSlot time.Time                  // of the call cut short
}

// run makes every kind of change to r's queue until one fails.
func (p *promise) run(r *rig) error {
	add := func(shot photo.Shot) (photo.Meta, error) {
		p.extra, p.deadSlot = true, shot.Slot
		m, err := r.q.Add(shot, picture(7, 200_000))
		if err == nil {
			p.extra = false
			p.states[m.ID], p.metas[m.ID] = queue.Waiting, m
			if shot.Trigger == photo.Scheduled {
				p.slots = append(p.slots, shot.Slot)
			}
		}
		return m, err
	}
	change := func(to queue.State, call func() error, ids ...photo.ID) error {
		for _, id := range ids {
			p.maybe[id] = []queue.State{to}
		}
		err := call()
		if err == nil {
			for _, id := range ids {
				p.states[id] = to
			}
			clear(p.maybe)
		}
		return err
	}
	var m [6]photo.Meta
	for i := range m {
		shot := r.shot()
		if i == 2 {
			shot.Trigger = photo.Manual
		}
		var err error
		if m[i], err = add(shot); err != nil {
			return err
		}
	}
	if err := r.q.SetUploadURL(m[0].Seq(), "https://hub.example/files/1"); err != nil {
		return err
	}
	if err := change(queue.Refused, func() error { return r.q.Refuse(m[1].Seq(), "too ugly") }, m[1].ID); err != nil {
		return err
	}
	miss := r.shot().Slot
	if err := r.q.Miss(photo.Miss{From: miss, To: miss, Slots: 1, Cause: photo.CameraFault}); err != nil {
		return err
	}
	p.slots = append(p.slots, miss)
	ack := []photo.ID{m[0].ID, m[2].ID, m[3].ID}
	if err := change(queue.Confirmed, func() error { return r.q.Acknowledge(m[0].Seq(), m[2].Seq(), m[3].Seq()) }, ack...); err != nil {
		return err
	}
	r.setFree(511_700_000) // two photos of 200,000 bytes must go
	if err := change("", func() error { _, err := r.q.Trim(context.Background()); return err }, m[0].ID, m[2].ID); err != nil {
		return err
	}
	if err := change(queue.Waiting, func() error { _, err := r.q.Retry(); return err }, m[1].ID); err != nil {
		return err
	}
	_, err := add(r.shot())
	return err
}

// verify compares what was promised with what is there.
func (p *promise) verify(r *rig) {
	r.Helper()
	r.check()
	got := r.states()
	for id, want := range p.states {
		if s := got[id]; s != want && !slices.Contains(p.maybe[id], s) {
			r.Errorf("photo %s is %q, want %q or one of %q", id, s, want, p.maybe[id])
		}
		if got[id] != "" && got[id] != queue.Lost {
			r.intact(p.metas[id])
		}
	}
	for _, item := range r.list() {
		if p.states[item.ID] == "" && !slices.Contains(slices.Collect(maps.Keys(p.states)), item.ID) {
			if !p.extra || !item.Slot.Equal(p.deadSlot) || item.State != queue.Waiting {
				r.Errorf("photo %s (%s) of slot %s came from nowhere", item.ID, item.State, item.Slot)
			}
			p.extra = false // once
			r.intact(item.Meta)
		}
	}
	for _, slot := range p.slots {
		if !r.q.Accounted(slot) {
			r.Errorf("slot %s is not accounted for", slot)
		}
	}
	before := uint64(0)
	for id := range p.states {
		before = max(before, id.Seq())
	}
	if m := r.add(); m.Seq() <= before {
		r.Errorf("number %d came again, %d was given out before", m.Seq(), before)
	}
}

func newPromise() *promise {
	return &promise{states: map[photo.ID]queue.State{}, metas: map[photo.ID]photo.Meta{}, maybe: map[photo.ID][]queue.State{}}
}

// The ways in which a disk may keep what was not synced.
var disks = map[string]func(path string){
	"kept":   func(string) {},
	"gone":   func(path string) { os.Remove(path) },
	"half":   func(path string) { os.Truncate(path, 100_000) },
	"zeroes": func(path string) { os.WriteFile(path, make([]byte, 200_000), 0o644) }, // keeps the attributes
}

// unsynced lists the disks that are possible when the power goes before step.
func unsynced(step string) []string {
	switch step {
	case spool.StepWrite, spool.StepMeta, spool.StepName, spool.StepSync:
		return []string{"kept", "gone", "half", "zeroes"}
	case spool.StepDirSync:
		return []string{"kept", "gone"}
	}
	return []string{"kept"}
}

func TestPromisesSurvivePowerCutAtEveryStep(t *testing.T) {
	t.Parallel()
	var steps seen
	for _, step := range workSteps() {
		for _, disk := range unsynced(step) {
			for _, nth := range []int{1, 2, 7} {
				t.Run(fmt.Sprintf("%s/%s/%d", step, disk, nth), func(t *testing.T) {
					t.Parallel() // they wait for the disk
					r := newRig(t)
					r.open()
					p := newPromise()
					cut := false
					r.cutAt(step, nth, func() {
						cut = true
						mangle(r.dir, p, disk)
					})
					err := p.run(r)
					if !cut {
						return // the script doesn't meet it so often
					}
					steps.add(step)
					if step != spool.StepUnlink && !errors.Is(err, errCut) {
						t.Errorf("the call cut short returned %v, want %v", err, errCut)
					}
					r.close()
					r.setFault(nil)
					r.setFree(10 << 30)
					r.open()
					p.verify(r)
				})
			}
		}
	}
	t.Cleanup(func() { steps.all(t, workSteps()) })
}

// mangle changes the files that no one was promised as a disk may.
func mangle(dir string, p *promise, disk string) {
	names, _ := os.ReadDir(filepath.Join(dir, "spool"))
	for _, n := range names {
		known := false
		for _, m := range p.metas {
			known = known || n.Name() == spool.Name(m)
		}
		if !known {
			disks[disk](filepath.Join(dir, "spool", n.Name()))
		}
	}
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

// dirty leaves a closed queue with something for every repair, and returns the
// photos that must be waiting after it.
func dirty(r *rig) (kept []photo.Meta) {
	r.open()
	var m [6]photo.Meta
	for i := range m {
		m[i] = r.add()
	}
	// A deletion was decided and not carried out.
	r.do("Acknowledge", r.q.Acknowledge(m[0].Seq()))
	r.setFree(0)
	r.cutAt(spool.StepUnlink, 1, func() {})
	r.q.Trim(context.Background())
	r.setFree(10 << 30)
	// A picture was being written; another was whole; a third has bad bytes.
	r.cutAt(spool.StepMeta, 1, func() {})
	r.q.Add(r.shot(), picture(1, 5000))
	shot := r.shot()
	r.cutAt(queue.StepIndexAdd, 1, func() {})
	r.q.Add(shot, picture(2, 5000))
	r.cutAt(queue.StepIndexAdd, 1, func() {})
	r.q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(3, 5000)(w)
		e.Camera = "spoiled"
		return e, err
	})
	r.setFault(nil)
	r.close()
	names, err := filepath.Glob(filepath.Join(r.dir, "spool", "*.jpg"))
	r.do("glob", err)
	spoiled := names[len(names)-1]
	r.do("spoil", os.Truncate(spoiled, 17))
	// A file vanished.
	r.do("remove", os.Remove(r.file(m[3])))
	return []photo.Meta{m[1], m[2], m[4], m[5]}
}

func TestUnindexedPhotoIsAdoptedWithItsSlot(t *testing.T) {
	r := newRig(t)
	kept := dirty(r)
	q := r.open()
	rec := q.Recovery()
	if rec.Rebuilt || rec.Adopted != 1 || rec.Removed != 2 || rec.Damaged != 1 || rec.Lost != 1 {
		t.Errorf("Recovery = %+v, want 1 adopted, 2 removed, 1 damaged, 1 lost", rec)
	}
	items := r.list()
	if len(items) != len(kept)+2 {
		t.Fatalf("%d items, want %d", len(items), len(kept)+2)
	}
	adopted := items[0]
	if !q.Accounted(adopted.Slot) {
		t.Errorf("slot %s of the adopted photo is not accounted for", adopted.Slot)
	}
	if at, ok := q.LastSlot(); !ok || !at.Equal(adopted.Slot) {
		t.Errorf("LastSlot = %s, %t, want the adopted photo's, %s", at, ok, adopted.Slot)
	}
	if rec := r.reopen().Recovery(); rec.Adopted+rec.Removed+rec.Damaged+rec.Lost != 0 {
		t.Errorf("second Recovery = %+v, want nothing", rec)
	}
}
