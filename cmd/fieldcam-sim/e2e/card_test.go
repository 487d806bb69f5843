//go:build e2e

package e2e_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
	"fieldcam/queue"
)

// mayMount tells whether this process may mount file systems. Where it may not,
// the test runs again as root of a namespace of its own, and that has decided it.
func mayMount(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nA full card needs a mount of its own: run this test as root, or allow user namespaces.", err, out)
	}
	return false
}

// smallCard is a file system of 40 MB in place of the state directory.
func (r *rig) smallCard() {
	r.Helper()
	must(r, syscall.Mount("tmpfs", r.StateDir(), "tmpfs", 0, "size=40m"))
	r.deletes = true
	r.after = append(r.after, func() {
		if err := syscall.Unmount(r.StateDir(), 0); err != nil {
			r.Errorf("unmount the card: %v", err)
		}
	})
}

// fill writes a file until the card has no room for another byte.
func (r *rig) fill() (empty func()) {
	r.Helper()
	file := filepath.Join(r.StateDir(), "filler")
	f, err := os.Create(file)
	must(r, err)
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			r.Fatal(err)
		}
	}
	return func() { must(r, os.Remove(file)) }
}

func TestAFullCardCostsOnlyTheSlotsOfItsTime(t *testing.T) {
	t.Parallel()
	if !mayMount(t) {
		return
	}
	r := newRig(t, usual+"\n[queue]\nstop_free_mb = 16\nkeep_free_mb = 16\n", `"condition":"card-full"`, `"condition":"storage-fault"`)
	r.smallCard()
	r.startAll()
	first := r.firstSlot()
	r.awaitConfirmed(1) // it may be deleted for room
	upload, _ := r.Network()
	must(t, upload.SetMode(proxy.Cut))
	r.awaitStatus("two photos wait", func(s control.Status) bool { return s.Queue.Waiting >= 2 })
	r.awaitStatus("a photo is being taken", func(s control.Status) bool { return s.Capture.Shooting != nil })
	empty := r.fill()
	before := r.status()
	full := func(s control.Status) bool {
		return has(s, health.CardFull) && s.Capture.LastMiss != nil && s.Capture.LastMiss.Cause == photo.CardFull
	}
	r.awaitStatus("the slot has failed for want of room", full)
	// The photo in hand may have been whole just before the card was full.
	s := r.status()
	if more := s.Queue.Waiting - before.Queue.Waiting; more < 0 || more > 1 || s.Queue.Lost > 0 {
		t.Errorf("got %+v on the full card, want those of before: %+v", s.Queue, before.Queue)
	}
	r.wantSpool(int(s.Queue.Waiting), int(s.Queue.Confirmed))

	// It starts on a full card, too.
	r.Daemon().Kill()
	must(t, r.StartDaemon(r.ctx))
	r.awaitStatus("the slot after the start has failed for want of room", full)
	// What the cloud has may have been deleted for room, on either side of the
	// start; what waits may not.
	now := r.status().Queue
	if now.Waiting != s.Queue.Waiting || now.Confirmed > s.Queue.Confirmed {
		t.Errorf("got %+v after a start on the full card, want those of before: %+v", now, s.Queue)
	}
	r.wantSpool(int(now.Waiting), int(now.Confirmed))
	empty()
	r.awaitStatus("photos are taken again", func(s control.Status) bool {
		return s.Capture.Failures == 0 && s.Queue.Waiting > before.Queue.Waiting+1 && !has(s, health.CardFull) && !has(s, health.StorageFault)
	})
	must(t, upload.SetMode(proxy.Open))
	end := r.finish(drainTime)
	v := r.judge(first, end)
	t.Log(v)
	if v.missed[photo.CardFull] < 1 {
		t.Errorf("no slot is missed for %s", photo.CardFull)
	}
}

// wantSpool wants the photos that wait in the spool, of those that the cloud has
// confirmed at most so many, since they are deleted for room at any time, and
// nothing that is half one.
func (r *rig) wantSpool(waiting, confirmed int) {
	r.Helper()
	whole, half := r.inSpool()
	for _, name := range half {
		r.Errorf("%s is half a photo", name)
	}
	if n := len(whole); n < waiting || n > waiting+confirmed {
		r.Errorf("%d photos in the spool, want %d and at most %d confirmed: %v", n, waiting, confirmed, whole)
	}
}

func TestADamagedIndexIsRebuiltAndKeepsEveryPhoto(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	r.startAll()
	first := r.firstSlot()
	r.awaitConfirmed(2)
	upload, _ := r.Network()
	must(t, upload.SetMode(proxy.Cut))
	r.awaitStatus("a photo waits", func(s control.Status) bool { return s.Queue.Waiting >= 1 })
	r.stop()
	q := r.openQueue()
	s := q.Stats()
	// What was missed by then is told nowhere but in the index.
	first = r.afterMisses(q, first)
	must(t, q.Close())

	index := filepath.Join(r.StateDir(), "queue.db")
	text, err := os.ReadFile(index)
	must(t, err)
	rng := rand.New(rand.NewPCG(seed(t), 3))
	for range len(text) / 512 {
		text[rng.IntN(len(text))] ^= byte(1 + rng.IntN(255))
	}
	// Random bytes may all fall where nothing is written: the kind of each page,
	// byte 8 of its header, is damage in any case.
	const pageSize = 4096
	for at := 8; at < len(text); at += pageSize {
		text[at] ^= 0xff
	}
	must(t, os.WriteFile(index, text, 0o644))

	must(t, r.StartDaemon(r.ctx))
	now := r.status()
	if !has(now, health.IndexRebuilt) {
		t.Errorf("conditions %+v, want %s", now.Conditions, health.IndexRebuilt)
	}
	if now.Queue.Lost > 0 || now.Queue.Waiting+now.Queue.Confirmed < s.Waiting+s.Confirmed {
		t.Errorf("got %+v after the damage, want the %d photos of before", now.Queue, s.Waiting+s.Confirmed)
	}
	must(t, upload.SetMode(proxy.Open))
	r.awaitConfirmed(s.Waiting + s.Confirmed + 1) // and a new one
	end := r.finish(drainTime)
	t.Log(r.judge(first, end))
	if aside, err := filepath.Glob(filepath.Join(r.StateDir(), "damaged", "queue-*.db")); err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v, %v; want the damaged index", aside, err)
	}
}

// afterMisses is the first slot, from the one given on, after which none has been
// missed.
func (r *rig) afterMisses(q *queue.Queue, first time.Time) time.Time {
	r.Helper()
	entries, err := q.Ledger(first, time.Now())
	must(r, err)
	for _, e := range entries {
		if len(e.Photos) == 0 && !e.To.Before(first) {
			first = e.To.Add(interval)
		}
	}
	return first
}
