package queue_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		f.Value.Set("15") // each check fsyncs a few hundred times
	}
	os.Exit(m.Run())
}

var errCut = errors.New("the power is off")

// rig is a queue on a directory that outlives it, with a power switch.
type rig struct {
	rapid.TB // what *testing.T and *rapid.T share
	dir      string
	with     func(*queue.Options) // changes what open passes; nil: nothing
	q        *queue.Queue         // nil while closed

	mu    sync.Mutex
	free  uint64                  // bytes on the card
	watch func(step string)       // told of each step; nil: nobody
	err   func(step string) error // nil: no fault
	hits  map[string]int          // steps met
	slot  time.Time               // of the next photo
}

// rigAt is a rig on dir; the caller closes its queue.
func rigAt(t rapid.TB, dir string) *rig {
	return &rig{TB: t, dir: dir, free: 10 << 30, hits: map[string]int{}, slot: time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)}
}

// scratch is a directory in memory where the system has one: these tests cut the
// power by the fault hook, and thousands of real fsyncs would only take minutes.
func scratch(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "queue")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newRig is a rig of t's own, checked and closed at its end.
func newRig(t testing.TB) *rig {
	r := rigAt(t, filepath.Join(scratch(t), "state"))
	t.Cleanup(func() {
		if r.q == nil && !t.Failed() {
			r.open()
		}
		if r.q != nil {
			r.check()
			r.close()
		}
	})
	return r
}

func (r *rig) options() queue.Options {
	o := queue.Options{
		Dir: r.dir, Device: "cam-1", Config: queue.Default(), LockTimeout: 100 * time.Millisecond,
		Fault: r.fault, Log: zerolog.Nop(),
		FreeBytes: func(string) (uint64, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.free, nil
		},
	}
	if r.with != nil {
		r.with(&o)
	}
	return o
}

func (r *rig) fault(step string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hits[step]++
	if r.watch != nil {
		r.watch(step)
	}
	if r.err == nil {
		return nil
	}
	return r.err(step)
}

func (r *rig) setFree(bytes uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = bytes
}

func (r *rig) setFault(f func(step string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = f
}

// cutAt turns the power off before the nth occurrence of step: it and all later
// steps fail. on runs at that moment.
func (r *rig) cutAt(step string, nth int, on func()) {
	off := false
	r.setFault(func(s string) error {
		if s == step && !off {
			if nth--; nth == 0 {
				off = true
				on()
			}
		}
		if off {
			return errCut
		}
		return nil
	})
}

func (r *rig) open() *queue.Queue {
	r.Helper()
	q, err := queue.Open(context.Background(), r.options())
	if err != nil {
		r.Fatalf("Open: %v", err)
	}
	r.q = q
	if o := r.options(); o.CopyDisk != nil && o.CopyDisk() != "" {
		if err := q.SetDisk(o.CopyDisk()); err != nil && !errors.Is(err, errCut) {
			r.Fatalf("SetDisk: %v", err)
		}
	}
	return q
}

func (r *rig) close() {
	r.Helper()
	if err := r.q.Close(); err != nil {
		r.Fatalf("Close: %v", err)
	}
	r.q = nil
}

func (r *rig) reopen() *queue.Queue {
	r.Helper()
	if r.q != nil {
		r.close()
	}
	return r.open()
}

func (r *rig) check() {
	r.Helper()
	if err := r.q.Check(); err != nil {
		r.Fatalf("Check: %v", err)
	}
}

// shot is the next slot's, 15 minutes after the last.
func (r *rig) shot() photo.Shot {
	r.slot = r.slot.Add(15 * time.Minute)
	return photo.Shot{Slot: r.slot, Session: "day", Trigger: photo.Scheduled, Taken: r.slot.Add(time.Second), ClockSynced: true}
}

// picture fills a photo with size bytes that depend on seed.
func picture(seed, size int) func(io.Writer) (photo.Exposure, error) {
	return func(w io.Writer) (photo.Exposure, error) {
		_, err := w.Write(pictureBytes(seed, size))
		return photo.Exposure{Camera: "VC0706 1.00", Format: "jpg", Attempts: 1}, err
	}
}

func pictureBytes(seed, size int) []byte {
	return bytes.Repeat([]byte{byte(seed), byte(seed >> 8), 0xd8, 0xff}, size/4+1)[:size]
}

func (r *rig) add() photo.Meta {
	r.Helper()
	m, err := r.q.Add(r.shot(), picture(len(r.hits), 5000))
	if err != nil {
		r.Fatalf("Add: %v", err)
	}
	return m
}

func (r *rig) do(what string, err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

// list gives every item, newest first, read in pages of two.
func (r *rig) list() (all []queue.Item) {
	r.Helper()
	f := queue.Filter{Limit: 2}
	for {
		page, err := r.q.List(f)
		r.do("List", err)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		f.Before = page[len(page)-1].Seq()
	}
}

func (r *rig) states() map[photo.ID]queue.State {
	r.Helper()
	all := map[photo.ID]queue.State{}
	for _, i := range r.list() {
		all[i.ID] = i.State
	}
	return all
}

// intact reads the photo back and compares it with its metadata.
func (r *rig) intact(m photo.Meta) {
	r.Helper()
	f, err := r.q.Open(m)
	r.do("Open photo", err)
	defer f.Close()
	b, err := io.ReadAll(f)
	r.do("read photo", err)
	if got := sumOf(b); got != m.SHA256 || int64(len(b)) != m.Size {
		r.Fatalf("photo %s: %d bytes, SHA-256 %s, want %d, %s", m.ID, len(b), got, m.Size, m.SHA256)
	}
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// file is the path of the photo's file.
func (r *rig) file(m photo.Meta) string { return filepath.Join(r.shard(m.Seq()), spool.Name(m)) }

// shard is the directory of the photo with that number.
func (r *rig) shard(seq uint64) string {
	return filepath.Join(r.dir, "spool", fmt.Sprintf("%017d", seq/1000))
}

func (r *rig) index() string { return filepath.Join(r.dir, "queue.db") }

// damaged is the path of what was set aside under that name.
func (r *rig) damaged(name string) string { return filepath.Join(r.dir, "damaged", name) }
