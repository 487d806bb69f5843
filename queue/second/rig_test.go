package second_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue/second"
)

// rig is a controller with a mount point and disks. A disk is a directory, which
// is plugged in by giving it the mount point's name; what has that name
// otherwise is an empty directory of the card.
type rig struct {
	testing.TB
	base  string
	queue *queue
	c     second.Config
	o     second.Options

	mu     sync.Mutex
	in     string                  // the disk that is plugged in
	disk   os.FileInfo             // the same
	fault  func(step string) error // nil: none
	busy   bool
	full   map[string]uint64 // bytes of each disk that has a size; see space
	worker *second.Worker
}

func newRig(t testing.TB) *rig {
	r := &rig{TB: t, base: t.TempDir(), full: make(map[string]uint64)}
	r.queue = &queue{r: r}
	for _, dir := range []string{"card", "mnt", "disk-a", "disk-b"} {
		r.do(os.Mkdir(filepath.Join(r.base, dir), 0o755))
	}
	r.c = second.Default()
	r.c.Mount = r.mount()
	r.o = second.Options{
		Queue: r.queue, Device: "cam-1", Dir: filepath.Join(r.base, "card"), Log: zerolog.Nop(),
		Busy:    func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.busy },
		Mounted: r.mounted, Fault: r.step, Space: r.space,
	}
	return r
}

func (r *rig) do(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) mount() string { return filepath.Join(r.base, "mnt") }

func (r *rig) mounted(dir, _ os.FileInfo) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.disk != nil && os.SameFile(dir, r.disk)
}

func (r *rig) step(step string) error {
	r.mu.Lock()
	fault := r.fault
	r.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(step)
}

func (r *rig) faults(fault func(step string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = fault
}

// plug plugs a disk in, in place of any other.
func (r *rig) plug(disk string) {
	r.Helper()
	r.unplug()
	r.do(os.Remove(r.mount()))
	r.do(os.Rename(filepath.Join(r.base, disk), r.mount()))
	info, err := os.Stat(r.mount())
	r.do(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in, r.disk = disk, info
}

// unplug pulls the disk out. Whoever has its root open still has it, as with a
// disk; the mount point is the card's again.
func (r *rig) unplug() {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.in == "" {
		return
	}
	r.do(os.Rename(r.mount(), filepath.Join(r.base, r.in)))
	r.do(os.Mkdir(r.mount(), 0o755))
	r.in, r.disk = "", nil
}

// space is that of a disk with a size, of which its files take theirs.
func (r *rig) space(root *os.File) (free, total uint64, err error) {
	const unlimited = 1 << 40
	r.mu.Lock()
	in, total := r.in, uint64(unlimited)
	if size, ok := r.full[in]; ok {
		total = size
	}
	r.mu.Unlock()
	if in == "" {
		return 0, 0, syscall.EIO
	}
	used := uint64(0)
	err = filepath.WalkDir(r.mount(), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				used += uint64(info.Size())
			}
		}
		return err
	})
	return total - min(total, used), total, err
}

// start runs a new Worker until the test, or stop, ends it.
func (r *rig) start() (stop func()) {
	r.worker = second.New(r.c, r.o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.Errorf("Run: %v, want nil", err)
		}
	})
	r.Cleanup(stop)
	return stop
}

// until waits, in simulated time, for what must come about.
func (r *rig) until(what string, ok func() bool) {
	r.Helper()
	for range 2000 {
		synctest.Wait()
		if ok() {
			return
		}
		time.Sleep(time.Second)
	}
	r.Fatalf("%s: not in %d s; state %+v", what, 2000, r.worker.State())
}

func (r *rig) allCopied() bool { return r.queue.waiting() == 0 }

func (r *rig) failed(want error) func() bool {
	return func() bool { return errors.Is(r.worker.State().Err, want) }
}

// path is where the copy of m must be.
func (r *rig) path(m photo.Meta) string {
	return filepath.Join(r.mount(), "fieldcam", m.Device, m.ID.Time().Format("2006-01-02"), string(m.ID)+"."+m.Format)
}

// whole tells whether the plugged disk has a whole copy of m.
func (r *rig) whole(m photo.Meta) error {
	data, err := os.ReadFile(r.path(m))
	if err == nil && sum(data) != m.SHA256 {
		err = errors.New("another content")
	}
	return err
}

// wantNothingAt fails where there is anything in a directory.
func (r *rig) wantNothingAt(dir string) {
	r.Helper()
	entries, err := os.ReadDir(dir)
	r.do(err)
	for _, e := range entries {
		r.Errorf("%s is in %s, want nothing there", e.Name(), dir)
	}
}

func (r *rig) write(name string, data string) {
	r.Helper()
	r.do(os.MkdirAll(filepath.Dir(name), 0o755))
	r.do(os.WriteFile(name, []byte(data), 0o644))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
