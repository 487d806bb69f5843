// Package child runs the programs that a demonstration or an end-to-end test
// consists of, each a process that can be stopped, or killed without warning,
// and started again.
package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// ErrStopTime means that a process had to be killed because it did not end in
// time after SIGTERM.
var ErrStopTime = errors.New("did not end in time, killed")

// Process is one program with its arguments, run at most once at a time. Its
// output is appended to a log file.
type Process struct {
	name string
	log  string
	argv []string

	mu     sync.Mutex // guards all below
	cmd    *exec.Cmd  // the last one started; nil before the first Start
	done   chan struct{}
	err    error // of Wait, valid once done is closed
	killed bool  // by Kill, since the last Start
}

// New allocates a Process that will write its output to the file log.
func New(name, log string, argv ...string) *Process {
	return &Process{name: name, log: log, argv: argv}
}

// Log is the path of the output.
func (p *Process) Log() string { return p.log }

// Start starts the program. A Process that runs is left alone.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return nil
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", p.name, err)
	}
	defer out.Close()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	// Its own process group: a Ctrl-C in the terminal reaches the parent alone,
	// which then stops its children in order. And no orphans: the kernel kills
	// it should the parent die.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done, p.err, p.killed = cmd, done, nil, false
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// running needs mu.
func (p *Process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running tells whether the program runs.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// PID is the process's number; 0 before the first Start.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Err is how the program ended: nil for exit code 0, while it runs, before the
// first Start, and after Kill.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() || p.killed || p.err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", p.name, p.err)
}

// Kill ends the program at once, as a power cut does, and waits for its end.
func (p *Process) Kill() {
	if done := p.signal(syscall.SIGKILL); done != nil {
		<-done
	}
}

// Stop asks the program to end and waits for it, for at most limit; then it is
// killed and ErrStopTime returned. Otherwise the error is Err's, also where the
// program had ended on its own before.
func (p *Process) Stop(limit time.Duration) error {
	done := p.signal(syscall.SIGTERM)
	if done == nil {
		return p.Err()
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
		return p.Err()
	case <-t.C:
		p.Kill()
		return fmt.Errorf("%s: %w", p.name, ErrStopTime)
	}
}

// signal sends sig to a running program and returns what its end closes; nil
// where it does not run.
func (p *Process) signal(sig syscall.Signal) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Signal(sig); err == nil && sig == syscall.SIGKILL {
		p.killed = true
	} // else it has ended just now
	return p.done
}
