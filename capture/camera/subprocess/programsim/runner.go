package programsim

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"fieldcam/capture/camera/subprocess"
)

// Runner is a subprocess.Runner without processes, for simulated time: it does what a
// Program would do under one. Of the Faults those that leave something behind (Child
// and what goes with it) and Chatty do nothing.
type Runner struct {
	// Next says what the next run does.
	Next func() Order
	// Takes is how long the program needs for a picture; half of it has passed when
	// the first half of the picture is written.
	Takes time.Duration
	// Left tells whether an earlier program is held by the kernel. nil: none ever is.
	Left func() bool
}

const (
	// deafTime is how long a deaf program holds a cancelled Run up.
	deafTime = 250 * time.Millisecond
	// endTime is from the first signal to the last.
	endTime = subprocess.DefaultInterrupt + subprocess.DefaultTerminate
)

// LeftBehind implements command.Runner.
func (r *Runner) LeftBehind() bool { return r.Left != nil && r.Left() }

// Run implements command.Runner.
func (r *Runner) Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error) {
	if err := ctx.Err(); err != nil {
		return subprocess.Exit{}, err
	}
	if r.LeftBehind() {
		return subprocess.Exit{}, subprocess.ErrLeftBehind
	}
	began := time.Now()
	soft := ctx
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		soft, cancel = context.WithTimeout(ctx, left-s.Lead(left))
		defer cancel()
	}
	o := r.Next()
	err := r.work(soft, o, s)
	e := subprocess.Exit{Code: o.Code, Took: time.Since(began)}
	if o.Complaint != "" {
		e.Stderr = o.Complaint + "\n"
	}
	if err == errLimit {
		e.Code, e.Signal = -1, syscall.SIGXFSZ
		return e, nil
	}
	if err == nil {
		return e, nil
	}
	e.Code, e.Signal = -1, syscall.SIGINT
	if o.Deaf {
		e.Signal = syscall.SIGKILL
		wait(ctx, endTime) // nothing where ctx has ended
		if ctx.Err() != nil {
			time.Sleep(deafTime)
		}
	}
	e.Took = time.Since(began)
	return e, fmt.Errorf("ended after %v: %w", e.Took, err)
}

// wait waits for d, or ctx's end.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errLimit: the kernel ended the program, because its file grew too large.
var errLimit = fmt.Errorf("file size limit: %w", syscall.EFBIG)

// work is the program's, until ctx ends it.
func (r *Runner) work(ctx context.Context, o Order, s subprocess.Spec) error {
	if o.Hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if o.Nothing {
		return nil
	}
	picture := Picture(o.Seed, o.Size)
	half := len(picture) / 2
	if o.Garbage {
		picture = []byte(strings.Repeat("no picture here\n", o.Size/16+1))
	}
	for _, cut := range []int{o.HangAt, o.CutAt} {
		if cut > 0 && cut < len(picture) {
			picture = picture[:cut]
		}
	}
	out, done, err := open(s)
	if err != nil {
		return err
	}
	defer done()
	for at := 0; at < len(picture) || o.Endless; {
		if at == 0 || at == half {
			if err := wait(ctx, r.Takes/2); err != nil {
				return err
			}
		}
		n := 1 << 16
		if at < half {
			n = min(n, half-at)
		}
		part := make([]byte, n)
		if at < len(picture) {
			part = picture[at:min(at+n, len(picture))]
		}
		if _, err := out.Write(part); err != nil {
			return err
		}
		at += len(part)
	}
	if o.HangAt > 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// open is where the picture goes.
func open(s subprocess.Spec) (io.Writer, func(), error) {
	path := "-"
	for i, a := range s.Argv {
		if a == "-o" && i+1 < len(s.Argv) {
			path = s.Argv[i+1]
		}
	}
	if path == "-" {
		if s.Stdout == nil {
			return io.Discard, func() {}, nil
		}
		return newBounded(s.Stdout, s.MaxOutput, subprocess.ErrTooMuch), func() {}, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	return newBounded(f, s.MaxFile, errLimit), func() { f.Close() }, nil
}

// bounded takes so many bytes, and then fails with err; where left is 0 at first, any
// number.
type bounded struct {
	w    io.Writer
	left int64
	err  error
	any  bool
}

func newBounded(w io.Writer, n int64, err error) *bounded {
	return &bounded{w: w, left: n, err: err, any: n == 0}
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 && !b.any {
		return 0, b.err
	}
	return b.w.Write(p)
}
