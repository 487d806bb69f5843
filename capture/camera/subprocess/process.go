package subprocess

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is one program that was started. When it has ended, ended is closed, and
// its group is gone.
type process struct {
	os     *os.Process
	stdout *os.File // our end; nil where nobody reads
	stderr *os.File // our end
	ended  chan struct{}
	state  *os.ProcessState // once ended; nil where the kernel did not tell

	mu     sync.Mutex
	reaped bool // its number may be another's; guarded by mu
}

// start starts the program.
func start(s Spec) (_ *process, err error) {
	if len(s.Argv) == 0 {
		return nil, fmt.Errorf("program %q: %w: want a name or an absolute path", "", ErrNotStarted)
	}
	path, err := Find(s.Argv[0])
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{})}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			p.close()
		}
	}()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open an empty input: %w", err)
	}
	theirs = append(theirs, null)
	out, failed := null, (*os.File)(nil)
	if s.Stdout != nil {
		if p.stdout, out, err = os.Pipe(); err != nil {
			return nil, fmt.Errorf("make a pipe: %w", err)
		}
		theirs = append(theirs, out)
	}
	if p.stderr, failed, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	theirs = append(theirs, failed)
	p.os, err = os.StartProcess(path, s.Argv, &os.ProcAttr{
		Dir: s.Dir, Env: s.environment(), Files: []*os.File{null, out, failed},
		Sys: &syscall.SysProcAttr{Setsid: true}, // its own group, and no terminal to ask at
	})
	if err != nil {
		return nil, fmt.Errorf("program %s: %w: %w", path, ErrNotStarted, err)
	}
	limit(p.os.Pid, s.MaxFile)
	go p.wait()
	return p, nil
}

// limit bounds what the process can do to the board. It may have ended already; what
// it did in the moment before does not count for much.
func limit(pid int, maxFile int64) {
	// A core file of a program that is stopped by SIGXFSZ would be the largest of all.
	_ = unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	if maxFile > 0 {
		_ = unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(maxFile), Max: uint64(maxFile)}, nil)
	}
	// The daemon's own value may protect it (systemd's OOMScoreAdjust); a photo can be
	// taken again.
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("900"), 0)
}

// wait waits for the program's end and then clears up after it: what is left of its
// group is killed while the process is not reaped, for so long nobody else can have
// its number.
func (p *process) wait() {
	defer close(p.ended)
	for {
		err := unix.Waitid(unix.P_PID, p.os.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			break
		}
	}
	p.signal(syscall.SIGKILL)
	p.mu.Lock()
	p.state, _ = p.os.Wait() // at once: it has ended
	p.reaped = true
	p.mu.Unlock()
	p.readUntil(time.Now().Add(lingerTime))
}

// signal sends sig to the whole group, or what is left of it.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.os.Pid, sig)
	}
}

// readUntil bounds the reading of the output.
func (p *process) readUntil(t time.Time) {
	for _, f := range []*os.File{p.stdout, p.stderr} {
		if f != nil {
			_ = f.SetReadDeadline(t)
		}
	}
}

// hasEnded tells whether the program has ended.
func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *process) close() {
	for _, f := range []*os.File{p.stdout, p.stderr} {
		if f != nil {
			f.Close()
		}
	}
}
