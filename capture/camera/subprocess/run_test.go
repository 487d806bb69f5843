package subprocess_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/camera/subprocess/programsim"
)

func TestOutputComesWhole(t *testing.T) {
	r := newRig(t)
	var b bytes.Buffer
	e, err := r.runner.Run(bounded(t), r.spec(&b))
	if err != nil || e.Err() != nil {
		t.Fatalf("Run: %v, %v", err, e.Err())
	}
	if want := programsim.Picture(1, programsim.DefaultSize); !bytes.Equal(b.Bytes(), want) {
		t.Errorf("got %d bytes that are not the program's %d", b.Len(), len(want))
	}
}

func TestTheProgramSeesNothingOfTheDaemon(t *testing.T) {
	t.Setenv("FIELDCAM_SECRET", "x")
	r := newRig(t)
	var b bytes.Buffer
	s := r.spec(&b)
	s.Env = []string{"OWN=1"}
	if _, err := r.runner.Run(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	e := r.event(t, programsim.Started)
	want := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + r.dir, "TMPDIR=" + r.dir, "LC_ALL=C", "OWN=1"}
	if !slices.Equal(e.Env, want) {
		t.Errorf("environment %q, want %q", e.Env, want)
	}
	if dir, err := filepath.EvalSymlinks(r.dir); err != nil || e.Dir != dir {
		t.Errorf("directory %q (%v), want %q", e.Dir, err, dir)
	}
	if e.Input != 0 {
		t.Errorf("the input has %d bytes, want none", e.Input)
	}
}

func TestExitCodesAreToldWithTheLastLine(t *testing.T) {
	for complaint, want := range map[string]string{
		"":                               "exit code 3",
		"no camera found":                "exit code 3: no camera found",
		"first\n\x1b[31mlast\x1b[0m\n\n": "exit code 3: [31mlast [0m",
		"rtsp://admin:se/c@ret@10.0.0.9/1: refused": "exit code 3: rtsp://…@10.0.0.9/1: refused",
		strings.Repeat("x", 1000):                   "exit code 3: " + strings.Repeat("x", 150) + "…",
	} {
		r := newRig(t)
		r.program.SetFaults(programsim.Faults{Nothing: true, Code: 3, Complaint: complaint, Chatty: 100_000})
		if complaint == "" {
			r.program.SetFaults(programsim.Faults{Nothing: true, Code: 3})
		}
		e, err := r.runner.Run(bounded(t), r.spec(new(bytes.Buffer)))
		if err != nil || e.Code != 3 || e.Err() == nil || e.Err().Error() != want {
			t.Errorf("got %v, %v; want %q", err, e.Err(), want)
		}
		if len(e.Stderr) > 5<<10 {
			t.Errorf("%d bytes of stderr are kept, want 5 KiB at most", len(e.Stderr))
		}
	}
}

func TestProgramsThatAreNotThereSaySo(t *testing.T) {
	dir := t.TempDir()
	plain, foreign := filepath.Join(dir, "plain"), filepath.Join(dir, "foreign")
	if err := os.WriteFile(foreign, []byte("\x7fELF of another machine"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		argv []string
		want string
		is   error
	}{
		{nil, "want a name or an absolute path", nil},
		{[]string{""}, "want a name or an absolute path", nil},
		{[]string{"./x"}, "want a name or an absolute path", nil},
		{[]string{"no-such-program-of-ours"}, "in /usr/local/bin", fs.ErrNotExist},
		{[]string{filepath.Join(dir, "gone")}, "gone", fs.ErrNotExist},
		{[]string{plain}, "plain", fs.ErrPermission},
		{[]string{dir}, dir, fs.ErrPermission},
		{[]string{foreign}, "foreign", syscall.ENOEXEC},
	} {
		var r subprocess.Runner
		_, err := r.Run(t.Context(), subprocess.Spec{Argv: c.argv, Dir: dir})
		if !errors.Is(err, subprocess.ErrNotStarted) || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%q: got %v, want %q, %v", c.argv, err, c.want, c.is)
		}
	}
	if path, err := subprocess.Find("sh"); err != nil || !strings.HasSuffix(path, "/sh") {
		t.Errorf("Find: got %q, %v; want a path of sh", path, err)
	}
}

func TestAProgramThatHangsIsEndedByTheGentlestSignal(t *testing.T) {
	for name, c := range map[string]struct {
		faults programsim.Faults
		by     syscall.Signal
	}{
		"SIGINT":  {programsim.Faults{}, syscall.SIGINT},
		"SIGTERM": {programsim.Faults{DeafToInterrupt: true}, syscall.SIGTERM},
		"SIGKILL": {programsim.Faults{Deaf: true}, syscall.SIGKILL},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c.faults.Hang = true
			r.program.SetFaults(c.faults)
			e, err := r.runner.Run(r.cancelWhen(t, programsim.Hangs), r.spec(new(bytes.Buffer)))
			if !errors.Is(err, context.Canceled) || e.Signal != c.by {
				t.Errorf("got %v, ended by %v; want context.Canceled, %v", err, e.Signal, c.by)
			}
			if errors.Is(err, subprocess.ErrUnheeded) != (c.by != syscall.SIGINT) {
				t.Errorf("ended by %v: %v, want it to say whether the interrupt was heeded", c.by, err)
			}
			r.event(t, programsim.Gone)
			if r.runner.LeftBehind() {
				t.Error("the program is left behind")
			}
		})
	}
}

// TestADeadlineEndsTheProgramInTime: the signals come before it, so that the last of
// them does.
func TestADeadlineEndsTheProgramInTime(t *testing.T) {
	r := newRig(t)
	r.program.SetFaults(programsim.Faults{Hang: true, Deaf: true})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	e, err := r.runner.Run(ctx, r.spec(new(bytes.Buffer)))
	if !errors.Is(err, context.DeadlineExceeded) || e.Signal != syscall.SIGKILL {
		t.Errorf("got %v, ended by %v; want context.DeadlineExceeded, SIGKILL", err, e.Signal)
	}
	for _, want := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if e := r.event(t, programsim.Signalled); e.Signal != int(want) {
			t.Errorf("it got signal %d, want %v", e.Signal, want)
		}
	}
}

func TestWhatAProgramLeavesBehindHoldsNothingUp(t *testing.T) {
	for name, f := range map[string]programsim.Faults{
		"child":           {Child: true},
		"escaped child":   {Child: true, Escaped: true},
		"chatty":          {Chatty: 1 << 20},
		"failed, a child": {Child: true, Code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.program.SetFaults(f)
			var b bytes.Buffer
			e, err := r.runner.Run(bounded(t), r.spec(&b))
			if err != nil || e.Code != f.Code {
				t.Errorf("got %v, code %d; want nil, %d", err, e.Code, f.Code)
			}
			if !bytes.Equal(b.Bytes(), programsim.Picture(1, programsim.DefaultSize)) {
				t.Errorf("got %d bytes, want the picture", b.Len())
			}
			if f.Child && !f.Escaped { // killed with the group, also where it had not come as far as to say so
				r.event(t, programsim.Gone)
			}
		})
	}
}

func TestTheGroupDiesWithItsProgram(t *testing.T) {
	r := newRig(t)
	r.program.SetFaults(programsim.Faults{Child: true, Hang: true, Deaf: true})
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	go func() {
		r.event(t, programsim.ChildRuns)
		cancel()
	}()
	if _, err := r.runner.Run(ctx, r.spec(new(bytes.Buffer))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	r.event(t, programsim.Gone)
	r.event(t, programsim.Gone)
}

func TestEndlessOutputIsEnded(t *testing.T) {
	for name, f := range map[string]programsim.Faults{
		"of the program": {Endless: true},
		"of a child":     {Child: true, Escaped: true, Writing: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.program.SetFaults(f)
			n := 0
			s := r.spec(nil)
			s.Stdout = writer(func(p []byte) (int, error) { n += len(p); return len(p), nil })
			s.MaxOutput = 10 << 20
			if _, err := r.runner.Run(bounded(t), s); !errors.Is(err, subprocess.ErrTooMuch) {
				t.Errorf("got %v, want ErrTooMuch", err)
			}
			if n > 10<<20 {
				t.Errorf("%d bytes were passed on, want %d at most", n, 10<<20)
			}
		})
	}
}

func TestAFileThatGrowsForEverIsEndedByTheKernel(t *testing.T) {
	r := newRig(t)
	r.program.SetFaults(programsim.Faults{Endless: true})
	s := r.spec(nil)
	s.Argv, s.Stdout, s.MaxFile = r.program.Argv("-o", "picture.jpg"), nil, 1<<20
	e, err := r.runner.Run(bounded(t), s)
	if err != nil || e.Err() == nil {
		t.Errorf("got %v, %v; want an exit that is an error", err, e.Err())
	}
	info, err := os.Stat(filepath.Join(r.dir, "picture.jpg"))
	if err != nil || info.Size() > 1<<20 {
		t.Errorf("the file: %v, %v; want 1 MiB at most", info, err)
	}
}

func TestAWriterThatFailsEndsTheProgram(t *testing.T) {
	r := newRig(t)
	r.program.SetFaults(programsim.Faults{Endless: true})
	full := errors.New("no space left on device")
	s := r.spec(nil)
	s.Stdout = writer(func([]byte) (int, error) { return 0, full })
	_, err := r.runner.Run(bounded(t), s)
	if !errors.Is(err, full) || !subprocess.IsSink(err) {
		t.Errorf("got %v, want the writer's error, which IsSink", err)
	}
	r.event(t, programsim.Gone)
}

// TestLargeOutputNeedsLittleMemory: 50 MB from the program to a writer.
func TestLargeOutputNeedsLittleMemory(t *testing.T) {
	r := newRig(t)
	r.program.SetOrder(programsim.Order{Seed: 1, Size: 50_000_000})
	n := 0
	s := r.spec(nil)
	s.Stdout = writer(func(p []byte) (int, error) { n += len(p); return len(p), nil })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := r.runner.Run(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	t.Logf("%d bytes moved, %d allocated", n, after.TotalAlloc-before.TotalAlloc)
	if n != 50_000_000 {
		t.Errorf("got %d bytes, want 50000000", n)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated meanwhile, want 1 MiB at most", got)
	}
}

func TestAnEndedContextStartsNothing(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.runner.Run(ctx, r.spec(new(bytes.Buffer))); !errors.Is(err, context.Canceled) || r.program.Runs() != 0 {
		t.Errorf("got %v, %d runs; want context.Canceled, none", err, r.program.Runs())
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

var _ io.Writer = writer(nil)
