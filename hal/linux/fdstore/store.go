// Package fdstore keeps open files beyond the end of this process, in systemd's
// file descriptor store (systemd.service(5), FileDescriptorStoreMax=; sd_notify(3),
// FDSTORE=1): what was kept comes back at the next start of the service, however
// the last one ended.
//
// systemd drops what it keeps when the service is stopped for good, and when a file
// reports a hang-up, as a GPIO line does whose chip has gone.
//
// Whether systemd keeps files at all is up to the unit, and is found out at the start;
// see Available.
//
// Out of scope: what the files are. Their names are the caller's.
package fdstore

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// firstFD is the number of the first file that systemd hands over
	// (SD_LISTEN_FDS_START).
	firstFD = 3
	// maxFDs bounds what a broken environment can claim.
	maxFDs = 1024
	// MaxName is how long a name may be, escaped (sd_notify(3), FDNAME=).
	MaxName = 255
	// tellTime bounds a message to a systemd whose queue is full.
	tellTime = 2 * time.Second
)

// Store is what systemd keeps for this service. Its methods may be called from any
// goroutine.
type Store struct {
	socket string // where systemd listens; empty: there is none
	keeps  bool   // systemd keeps files for this service
	reason string // how that is known

	mu    sync.Mutex
	files map[string]*os.File // handed over and not taken yet; guarded by mu
}

// Open takes over what systemd kept for this process, and takes the claim on it out
// of the environment, so that no child believes that it is meant. Call it once,
// before other files are opened: what is not in systemd's list is left alone.
// Where systemd does not run the program the Store is empty and keeps nothing.
// Close closes the files that nobody has taken.
func Open() *Store {
	s := &Store{socket: os.Getenv("NOTIFY_SOCKET"), files: make(map[string]*os.File)}
	pid, count, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	most, told := os.LookupEnv("FDSTORE")
	for _, v := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "FDSTORE"} {
		os.Unsetenv(v)
	}
	if pid == strconv.Itoa(os.Getpid()) {
		s.takeOver(count, names)
	}
	s.findOut(most, told)
	return s
}

// takeOver takes over what systemd hands over, as its variables tell.
func (s *Store) takeOver(count, names string) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || n > maxFDs {
		return
	}
	list := strings.Split(names, ":")
	for i := range n {
		fd := firstFD + i
		unix.CloseOnExec(fd)
		name := ""
		if i < len(list) {
			name, err = url.PathUnescape(list[i])
		}
		if f := os.NewFile(uintptr(fd), name); err == nil && name != "" && s.files[name] == nil {
			s.files[name] = f
		} else {
			f.Close() // a name that is not ours, or a second one of that name
		}
	}
}

// Available tells whether systemd keeps files for this service. Where the unit does not
// ask for it (FileDescriptorStoreMax=, which is 0 by default) it drops them without a
// word. From version 254 on it tells how many it keeps; an older one was tried with a
// pipe. false also where that has come to nothing: what is not known to be kept is not
// relied on.
func (s *Store) Available() bool { return s.keeps }

// Reason says how that is known, for people.
func (s *Store) Reason() string { return s.reason }

// Take gives the file that was kept under name, nil where there is none. It is the
// caller's from then on, and kept by systemd all the same, until Remove.
func (s *Store) Take(name string) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[name]
	delete(s.files, name)
	return f
}

// Names lists what nobody has taken yet.
func (s *Store) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.files))
	for n := range s.files {
		names = append(names, n)
	}
	return names
}

// Keep has systemd keep f under name, also while it is open here. A name must be kept
// once only: systemd would hold both.
func (s *Store) Keep(name string, f *os.File) error {
	if err := s.keep(name, f); err != nil {
		return fmt.Errorf("keep %q beyond this process: %w", name, err)
	}
	return nil
}

func (s *Store) keep(name string, f *os.File) error {
	escaped, err := escape(name)
	if err != nil {
		return err
	}
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = c.Control(func(fd uintptr) {
		inner = s.tell("FDSTORE=1\nFDNAME="+escaped, unix.UnixRights(int(fd)))
	})
	return errors.Join(err, inner)
}

// Remove has systemd close what it keeps under name. It does so some time later.
func (s *Store) Remove(name string) error {
	escaped, err := escape(name)
	if err == nil {
		err = s.tell("FDSTOREREMOVE=1\nFDNAME="+escaped, nil)
	}
	if err != nil {
		return fmt.Errorf("keep %q no longer: %w", name, err)
	}
	return nil
}

// Close closes the files that nobody has taken; systemd keeps them still.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for n, f := range s.files {
		err = errors.Join(err, f.Close())
		delete(s.files, n)
	}
	return err
}

// escape makes a name that systemd takes: no colon, no control character.
func escape(name string) (string, error) {
	// PathEscape leaves the colon.
	e := strings.ReplaceAll(url.PathEscape(name), ":", "%3A")
	if e == "" || len(e) > MaxName {
		return "", fmt.Errorf("a name of %d bytes: want 1 to %d", len(e), MaxName)
	}
	return e, nil
}

// tell sends systemd one message.
func (s *Store) tell(message string, rights []byte) error {
	if s.socket == "" {
		return errors.New("systemd does not run this program")
	}
	// Not package net, which sends no descriptors on a connected datagram socket.
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make socket: %w", err)
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(tellTime.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return fmt.Errorf("bound socket: %w", err)
	}
	// A leading @ is an abstract socket, for package unix too.
	if err := unix.Sendmsg(fd, []byte(message), rights, &unix.SockaddrUnix{Name: s.socket}, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	return nil
}
