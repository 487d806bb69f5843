package warden

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Watchdog is what feeds the hardware: a hal.Watchdog.
type Watchdog interface {
	Feed() error
	Timeout() (time.Duration, error)
	Close() error
}

// Options describe the service. Command, Dir and Log are required.
type Options struct {
	// Command is the service's program and its arguments.
	Command []string
	// Dir is for the socket on which the service speaks; it must exist.
	Dir string
	// Silence is how long the service may be silent; then it is killed and started
	// again. 0: for ever.
	Silence time.Duration
	// Watchdog is the hardware's; nil: there is none. It is fed a third of its
	// time-out after it was fed last, and stopped at the end.
	Watchdog Watchdog
	// Output is where the service writes.
	Output io.Writer
	// Log is where a line for each event goes.
	Log io.Writer
}

// stopTime is how long the service has to end.
const stopTime = 10 * time.Second

// Run runs the service, life after life, until ctx ends, and then stops it. The
// service did not end well is no error.
func Run(ctx context.Context, o Options) (err error) {
	s, err := listen(o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	feed, stop, err := feeding(o.Watchdog)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for n := 1; ctx.Err() == nil; n++ {
		if err := o.live(ctx, n, s, feed); err != nil {
			return err
		}
	}
	return nil
}

// feeding starts the hardware's watchdog: it is fed whenever the channel ticks.
func feeding(w Watchdog) (tick <-chan time.Time, stop func() error, err error) {
	if w == nil {
		return nil, func() error { return nil }, nil
	}
	limit, err := w.Timeout()
	if err == nil {
		err = w.Feed()
	}
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	t := time.NewTicker(limit / 3)
	return t.C, func() error { t.Stop(); return w.Close() }, nil
}

// say writes one line.
func (o Options) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(o.Log, "warden: "+format+"\n", args...); err != nil {
		return fmt.Errorf("say how the service is: %w", err)
	}
	return nil
}

// live is one life of the service.
func (o Options) live(ctx context.Context, n int, s *socket, feed <-chan time.Time) error {
	cmd := o.command(s)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	if err := o.say("life %d begins, with %d files", n, len(s.kept)); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	heed := func(m message) error {
		err := s.take(m)
		if m.says("READY=1") {
			err = errors.Join(err, o.say("life %d is ready", n))
		}
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var silence <-chan time.Time
	hear := func() { silence = nil }
	if o.Silence > 0 {
		t := time.NewTimer(o.Silence)
		defer t.Stop()
		silence = t.C
		hear = func() { t.Reset(o.Silence) }
	}
	kill := time.NewTimer(0)
	<-kill.C
	defer kill.Stop()
	asked := ctx.Done()
	var err error
	for {
		select {
		case m := <-s.messages:
			if err = heed(m); err != nil {
				_ = cmd.Process.Kill() // it may have ended
			}
			if m.says("READY=1") || m.says("WATCHDOG=1") {
				hear()
			}
		case <-silence:
			silence = nil
			err = o.say("life %d is silent", n)
			_ = cmd.Process.Kill() // it may have ended
		case <-feed:
			if e := o.Watchdog.Feed(); e != nil {
				err = e
				_ = cmd.Process.Kill() // it may have ended
			}
		case <-asked:
			asked = nil
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			kill.Reset(stopTime)
		case <-kill.C:
			_ = cmd.Process.Kill() // it may have ended
		case <-ended:
			return errors.Join(err, s.drain(heed), o.say("life %d has ended: %s", n, cmd.ProcessState))
		}
	}
}

// command is the service's, with its socket and what was kept for it. LISTEN_PID
// is known only in the process itself (sd_listen_fds(3)).
func (o Options) command(s *socket) *exec.Cmd {
	cmd := exec.Command("/bin/sh", append([]string{"-c", `export LISTEN_PID=$$; exec "$@"`, "sh"}, o.Command...)...)
	names := make([]string, len(s.kept))
	for i, k := range s.kept {
		names[i] = k.name
		cmd.ExtraFiles = append(cmd.ExtraFiles, k.file)
	}
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+s.path, fmt.Sprintf("WATCHDOG_USEC=%d", o.Silence.Microseconds()))
	if len(names) > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("LISTEN_FDS=%d", len(names)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	}
	cmd.Stdout, cmd.Stderr = o.Output, o.Output
	return cmd
}
