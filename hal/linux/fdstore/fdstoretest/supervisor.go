// Package fdstoretest is systemd for one service, as far as a test needs it: it
// starts a program, keeps the files that the program gives it, and hands them over
// at the next start (sd_notify(3), FDSTORE=1; sd_listen_fds(3)).
//
// Out of scope: whether systemd does the same. That was seen once by hand; see
// docs/hardware.md.
package fdstoretest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Supervisor is one service's systemd. Its methods may be called from any goroutine.
type Supervisor struct {
	t      testing.TB
	socket *net.UnixConn
	path   string

	mu    sync.Mutex
	kept  []kept        // in their order; guarded by mu
	heard chan struct{} // closed and replaced at each message; guarded by mu
	most  int           // files that are kept; guarded by mu
	tells bool          // the program is told how many; guarded by mu
}

// kept is one file in the store. systemd holds two of one name as well.
type kept struct {
	name string
	file *os.File
}

// SetMost has no more than n files be kept from now on, as FileDescriptorStoreMax= of the
// unit does, and tells programs that are started so where tells is true, as systemd does
// from version 254 on. A new Supervisor keeps many, and tells nobody.
func (s *Supervisor) SetMost(n int, tells bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most, s.tells = n, tells
}

// New gives a Supervisor that ends with the test.
func New(t testing.TB) *Supervisor {
	t.Helper()
	// A socket's path is short; a test's directory need not be.
	dir, err := os.MkdirTemp("", "fdstore")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Supervisor{t: t, path: filepath.Join(dir, "notify"), heard: make(chan struct{}), most: 32}
	if s.socket, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.listen()
	}()
	t.Cleanup(func() {
		s.socket.Close()
		<-done
		s.Drop()
	})
	return s
}

// listen takes messages until the socket is closed.
func (s *Supervisor) listen() {
	message, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(16*4))
	for {
		n, rn, _, _, err := s.socket.ReadMsgUnix(message, rights)
		if err != nil {
			return
		}
		s.take(string(message[:n]), rights[:rn])
	}
}

func (s *Supervisor) take(message string, rights []byte) {
	var files []*os.File
	if all, err := unix.ParseSocketControlMessage(rights); err == nil {
		for _, m := range all {
			fds, err := unix.ParseUnixRights(&m)
			if err != nil {
				continue
			}
			for _, fd := range fds {
				unix.CloseOnExec(fd)
				files = append(files, os.NewFile(uintptr(fd), "kept"))
			}
		}
	}
	name, _ := value(message, "FDNAME")
	_, store := value(message, "FDSTORE")
	_, remove := value(message, "FDSTOREREMOVE")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		if store && len(s.kept) < s.most {
			s.kept = append(s.kept, kept{name, f})
		} else {
			f.Close()
		}
	}
	if remove {
		s.kept = slices.DeleteFunc(s.kept, func(k kept) bool {
			if k.name == name {
				k.file.Close()
			}
			return k.name == name
		})
	}
	close(s.heard)
	s.heard = make(chan struct{})
}

// value is the value of key in a message.
func value(message, key string) (string, bool) {
	for _, l := range strings.Split(message, "\n") {
		if v, ok := strings.CutPrefix(l, key+"="); ok {
			return v, true
		}
	}
	return "", false
}

// Names lists what is kept, as the service named it, in its order.
func (s *Supervisor) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, k := range s.kept {
		names = append(names, k.name)
	}
	return names
}

// AwaitNames waits until what is kept is want, in any order.
func (s *Supervisor) AwaitNames(want ...string) {
	s.t.Helper()
	slices.Sort(want)
	late := time.After(time.Minute)
	for {
		s.mu.Lock()
		heard := s.heard
		s.mu.Unlock()
		got := s.Names()
		slices.Sort(got)
		if slices.Equal(got, want) {
			return
		}
		select {
		case <-heard:
		case <-late:
			s.t.Fatalf("kept are %q, want %q", got, want)
		}
	}
}

// Drop closes all that is kept, as systemd does when the service is stopped.
func (s *Supervisor) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		k.file.Close()
	}
	s.kept = nil
}

// Command is the service's program, to be started once, with what is kept now.
func (s *Supervisor) Command(program string, args ...string) *exec.Cmd {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	// The program's own number is known only to itself.
	c := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, program}, args...)...)
	var names []string
	for _, k := range s.kept {
		names = append(names, k.name)
		c.ExtraFiles = append(c.ExtraFiles, s.copied(k.file))
	}
	c.Env = append(os.Environ(), "NOTIFY_SOCKET="+s.path,
		fmt.Sprintf("LISTEN_FDS=%d", len(names)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	if s.tells && s.most > 0 {
		c.Env = append(c.Env, fmt.Sprintf("FDSTORE=%d", s.most))
	}
	return c
}

// copied gives a descriptor of its own for a program, which ends with the test: what is
// kept may be removed while the program starts.
func (s *Supervisor) copied(f *os.File) *os.File {
	s.t.Helper()
	c, err := f.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	n := -1
	var inner error
	err = c.Control(func(fd uintptr) { n, inner = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil || inner != nil {
		s.t.Fatal(err, inner)
	}
	own := os.NewFile(uintptr(n), "copied")
	s.t.Cleanup(func() { own.Close() })
	return own
}
