package subprocess_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/camera/subprocess/programsim"
)

// TestTheContractOfARunner is what a driver relies on, of the Runner with a real
// program and of programsim's, which has none: a fake that drifts lies.
func TestTheContractOfARunner(t *testing.T) {
	t.Run("subprocess", func(t *testing.T) {
		contract(t, func(t *testing.T, o programsim.Order, check func(*testing.T, subject)) {
			r := newRig(t)
			r.program.SetOrder(o)
			check(t, subject{run: r.runner.Run, argv: r.program.Argv("-o", "-"), dir: r.dir})
		})
	})
	t.Run("programsim", func(t *testing.T) {
		contract(t, func(t *testing.T, o programsim.Order, check func(*testing.T, subject)) {
			synctest.Test(t, func(t *testing.T) {
				r := programsim.Runner{Next: func() programsim.Order { return o }, Takes: 100 * time.Millisecond}
				check(t, subject{run: r.Run, argv: []string{"x", "-o", "-"}, dir: t.TempDir()})
			})
		})
	})
}

// subject is a runner, and a program for it that writes to standard output.
type subject struct {
	run  func(context.Context, subprocess.Spec) (subprocess.Exit, error)
	argv []string
	dir  string
}

// failure is any exit that is one: what a program makes of SIGXFSZ is its own affair.
const failure = -2

func contract(t *testing.T, run func(*testing.T, programsim.Order, func(*testing.T, subject))) {
	picture := programsim.Picture(1, programsim.DefaultSize)
	full := errors.New("no space left on device")
	for name, c := range map[string]struct {
		faults programsim.Faults
		spec   func(*subprocess.Spec)
		within time.Duration // 0: as long as it takes; below: it has ended
		err    error
		code   int
		out    []byte // nil: not compared
		said   string
	}{
		"a picture":      {out: picture},
		"half a picture": {faults: programsim.Faults{CutAt: 1000}, out: picture[:1000]},
		"nothing":        {faults: programsim.Faults{Nothing: true}, out: []byte{}},
		"an exit code":   {faults: programsim.Faults{Code: 7, Complaint: "camera busy"}, code: 7, out: picture, said: "camera busy"},
		"output for ever": {faults: programsim.Faults{Endless: true}, err: subprocess.ErrTooMuch, code: -1,
			spec: func(s *subprocess.Spec) { s.MaxOutput = 1e6 }},
		"a file for ever": {faults: programsim.Faults{Endless: true}, code: failure,
			spec: func(s *subprocess.Spec) { s.Argv[len(s.Argv)-1], s.Stdout, s.MaxFile = "picture.jpg", nil, 1e6 }},
		"a writer's fault": {err: full, code: -1,
			spec: func(s *subprocess.Spec) {
				s.Stdout = writer(func([]byte) (int, error) { return 0, full })
			}},
		"a hang":           {faults: programsim.Faults{Hang: true}, within: time.Second, err: context.DeadlineExceeded, code: -1, out: []byte{}},
		"a deaf hang":      {faults: programsim.Faults{Hang: true, Deaf: true}, within: time.Second, err: context.DeadlineExceeded, code: -1},
		"an ended context": {within: -1, err: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, programsim.Order{Seed: 1, Size: programsim.DefaultSize, Faults: c.faults}, func(t *testing.T, r subject) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if c.within > 0 {
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				} else if c.within < 0 {
					cancel()
				}
				var b bytes.Buffer
				s := subprocess.Spec{Argv: r.argv, Dir: r.dir, Stdout: &b}
				if c.spec != nil {
					c.spec(&s)
				}
				e, err := r.run(ctx, s)
				if !errors.Is(err, c.err) || e.Code != c.code && (c.code != failure || e.Err() == nil) || c.said != "" && e.Said() != c.said {
					t.Errorf("got %v, exit %+v; want %v, code %d, %q", err, e, c.err, c.code, c.said)
				}
				if c.out != nil && !bytes.Equal(b.Bytes(), c.out) {
					t.Errorf("got %d bytes, want %d", b.Len(), len(c.out))
				}
			})
		})
	}
}
