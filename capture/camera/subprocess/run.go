package subprocess

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// Exit is how a program ended, and what it said.
type Exit struct {
	// Code is its exit code; -1 where a signal ended it.
	Code int
	// Signal is what ended it; 0 where it ended by itself.
	Signal syscall.Signal
	// Stderr is the end of what it printed there, 4 KiB at most.
	Stderr string
	// Took is how long it ran.
	Took time.Duration
}

// Err is nil where the program ended by itself with exit code 0, and else says how
// it ended, with its last line of stderr.
func (e Exit) Err() error {
	what := ""
	switch {
	case e.Signal != 0:
		what = fmt.Sprintf("ended by signal %d (%v) after %v", int(e.Signal), e.Signal, e.Took.Round(time.Millisecond))
	case e.Code != 0:
		what = fmt.Sprintf("exit code %d", e.Code)
	default:
		return nil
	}
	if said := e.Said(); said != "" {
		what += ": " + said
	}
	return errors.New(what)
}

// Said is the last line that the program printed to stderr, within bounds; empty
// where there is none.
func (e Exit) Said() string { return lastLine(e.Stderr) }

// Runner runs one program at a time: Run is for one goroutine at a time. The zero
// Runner is ready.
type Runner struct {
	mu   sync.Mutex
	left <-chan struct{} // closed when the one that was left behind has gone; nil: none was; guarded by mu
}

// ErrLeftBehind is the cause of Run's error where an earlier program is still there
// although it was killed: its device does not let it go.
var ErrLeftBehind = errors.New("a program of before was killed and has not gone: the kernel holds it")

// LeftBehind tells whether an earlier program is still there although it was killed.
func (r *Runner) LeftBehind() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.left:
		r.left = nil
	default:
	}
	return r.left != nil
}

// Run runs the program to its end. A nil error says that it ended by itself, with
// whatever Exit.Code or Signal, and that Stdout has all of its output. Else the error
// says why it did not start or was ended: ctx's own error (also a little before its
// deadline), ErrNotStarted, ErrTooMuch, ErrLeftBehind, or that of Stdout (IsSink); and
// ErrUnheeded where it was ended by more than SIGINT.
func (r *Runner) Run(ctx context.Context, s Spec) (Exit, error) {
	if err := ctx.Err(); err != nil {
		return Exit{}, err
	}
	if r.LeftBehind() {
		return Exit{}, ErrLeftBehind
	}
	began := time.Now()
	p, err := start(s)
	if err != nil {
		return Exit{}, err
	}
	defer p.close()
	var said tail
	out, heard := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(heard)
		p.hear(&said)
	}()
	if p.stdout == nil {
		out <- nil
	} else {
		go func() { out <- p.pump(ctx, p.stdout, s.Stdout, s.MaxOutput) }()
	}
	why, copied := r.await(ctx, s, p, out)
	heeded := true
	if why != nil {
		heeded = r.end(ctx, s, p)
	}
	if !copied {
		if err := <-out; why == nil {
			why = err
		}
	}
	<-heard
	e := Exit{Code: -1, Stderr: said.text(), Took: time.Since(began)}
	if p.hasEnded() && p.state != nil {
		e.Code = p.state.ExitCode()
		if w, ok := p.state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			e.Signal = w.Signal()
		}
	}
	if why == nil {
		return e, nil
	}
	if !heeded {
		why = fmt.Errorf("%w: %w", ErrUnheeded, why)
	}
	if said := e.Said(); said != "" {
		return e, fmt.Errorf("ended after %v: %w; it said: %s", e.Took.Round(time.Millisecond), why, said)
	}
	return e, fmt.Errorf("ended after %v: %w", e.Took.Round(time.Millisecond), why)
}

// await waits until the program has ended, or there is a reason to end it: why.
// copied says that out has given its result.
func (r *Runner) await(ctx context.Context, s Spec, p *process, out <-chan error) (why error, copied bool) {
	var soon <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		t := time.NewTimer(left - s.Lead(left))
		defer t.Stop()
		soon = t.C
	}
	for {
		select {
		case <-p.ended:
			return nil, copied
		case err := <-out:
			if copied = true; err != nil {
				return err, true
			}
			out = nil
		case <-soon:
			return context.DeadlineExceeded, copied
		case <-ctx.Done():
			return ctx.Err(), copied
		}
	}
}

// end ends the program; heeded: the first signal was enough. Where it does not go, it is
// left behind.
func (r *Runner) end(ctx context.Context, s Spec, p *process) (heeded bool) {
	interrupt, terminate := s.times()
	if deadline, ok := ctx.Deadline(); ok {
		// In the proportion of the two, and with time to go in.
		if left := max(time.Until(deadline)-reapTime, 0); left < interrupt+terminate {
			interrupt, terminate = left*2/3, left/3
		}
	}
	grace, stop := s.grace(ctx)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
		least  time.Duration // where ctx has ended
		stop   <-chan struct{}
	}{
		{syscall.SIGINT, interrupt, grace, stop},
		{syscall.SIGTERM, terminate, cancelTerminate, nil},
		{syscall.SIGKILL, reapTime, reapTime, nil},
	} {
		p.signal(step.signal)
		if p.endsWithin(ctx, step.wait, step.least, step.stop) {
			return step.signal == syscall.SIGINT
		}
	}
	r.mu.Lock()
	r.left = p.ended
	r.mu.Unlock()
	p.readUntil(time.Now())
	return false
}

// endsWithin waits for the program's end: for d, but once ctx has ended for no more
// than short from then on, and once stop is closed for no more than cancelInterrupt.
func (p *process) endsWithin(ctx context.Context, d, short time.Duration, stop <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	for done := ctx.Done(); ; {
		select {
		case <-p.ended:
			return true
		case <-t.C:
			return p.hasEnded()
		case <-done:
			done = nil
			t.Reset(min(d, short))
		case <-stop:
			done, stop = nil, nil
			t.Reset(min(d, cancelInterrupt))
		}
	}
}
