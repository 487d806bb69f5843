//go:build board

package linux_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

const (
	boardVar = "FIELDCAM_BOARD"
	// patience is what a slow emulator's host may take to answer.
	patience = time.Minute
)

// device gives the board's device of that key.
func device(t testing.TB, key string) string {
	t.Helper()
	for _, f := range strings.Fields(os.Getenv(boardVar)) {
		if k, v, _ := strings.Cut(f, "="); k == key && v != "" {
			return v
		}
	}
	t.Fatalf("%s names no %s", boardVar, key)
	return ""
}

// bench holds the lines that see and steer the one under test.
type bench struct {
	t     testing.TB
	board hal.Board

	sync   hal.Output
	synced hal.Input
	on     bool // SYNC's level
}

func newBench(t testing.TB, board hal.Board) *bench {
	t.Helper()
	b := &bench{t: t, board: board}
	var err error
	if b.synced, err = board.OpenInput(hal.Line{Name: device(t, "sync_in")}, hal.InputConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.synced.Close() })
	if b.sync, b.on, err = board.ResumeOutput(hal.Line{Name: device(t, "sync")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.sync.Close() })
	return b
}

// barrier returns once every edge so far has come round: edges come in their order.
func (b *bench) barrier() {
	b.t.Helper()
	b.on = !b.on
	if err := b.sync.Set(b.on); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if e, err := b.synced.Wait(ctx); err != nil || e.On != b.on {
		b.t.Fatalf("SYNC was set to %v: SYNC_IN says %+v, %v", b.on, e, err)
	}
}

// watchOut records the levels of the line under test, through IN.
func (b *bench) watchOut() *watched {
	b.t.Helper()
	in, err := b.board.OpenInput(hal.Line{Name: device(b.t, "in")}, hal.InputConfig{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { in.Close() })
	return &watched{b: b, in: in}
}

// watched is the line under test as IN sees it.
type watched struct {
	b      *bench
	in     hal.Input
	levels []bool
}

func (w *watched) high() bool {
	w.b.t.Helper()
	w.b.barrier()
	on, err := w.in.On()
	if err != nil {
		w.b.t.Fatal(err)
	}
	return on
}

// all lists the levels so far.
func (w *watched) all() []bool {
	w.b.t.Helper()
	w.b.barrier()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		e, err := w.in.Wait(ctx)
		cancel()
		if err != nil {
			return w.levels
		}
		w.levels = append(w.levels, e.On)
	}
}

// low leaves the line under test low and let go, as each check expects it.
func low(t testing.TB, board hal.Board) {
	t.Helper()
	o, err := board.OpenOutput(hal.Line{Name: device(t, "out")}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

// keeper is a systemd within this process: it keeps copies.
type keeper struct {
	mu    sync.Mutex
	files map[string]*os.File // guarded by mu
}

func (k *keeper) Available() bool { return true }

func (k *keeper) Take(string) *os.File { return nil } // nothing is from an earlier process

func (k *keeper) Names() []string { return nil }

func (k *keeper) Keep(name string, f *os.File) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return c.Control(func(fd uintptr) {
		if n, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			k.files[name] = os.NewFile(uintptr(n), name)
		}
	})
}

func (k *keeper) Remove(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.files[name]; f != nil {
		delete(k.files, name)
		return f.Close()
	}
	return nil
}
