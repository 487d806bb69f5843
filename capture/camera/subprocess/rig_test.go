package subprocess_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/camera/subprocess/programsim"
)

func TestMain(m *testing.M) {
	programsim.Main()
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come: its end means that the
// machine, or the test, is broken.
const patience = time.Minute

// rig is a runner with a program.
type rig struct {
	runner  subprocess.Runner
	program *programsim.Program
	dir     string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	p, err := programsim.Open(shortDir(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return &rig{program: p, dir: t.TempDir()}
}

// shortDir is a directory whose name leaves room for a socket's: 108 bytes are all
// that there are (unix(7)).
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "p")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// spec is a run whose output goes to b.
func (r *rig) spec(b *bytes.Buffer) subprocess.Spec {
	return subprocess.Spec{Argv: r.program.Argv("-o", "-"), Dir: r.dir, Stdout: b}
}

// event waits for the next event of that kind.
func (r *rig) event(t *testing.T, kind string) programsim.Event {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case e := <-r.program.Events():
			if e.Kind == kind {
				return e
			}
		case <-late.C:
			t.Fatalf("the program did not tell %q", kind)
		}
	}
}

// bounded is a context that ends when the machine is broken.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// cancelWhen is a context that is cancelled once the program has told that.
func (r *rig) cancelWhen(t *testing.T, kind string) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(bounded(t))
	told := make(chan struct{})
	go func() {
		defer close(told)
		r.event(t, kind)
		cancel()
	}()
	t.Cleanup(func() { cancel(); <-told })
	return ctx
}
