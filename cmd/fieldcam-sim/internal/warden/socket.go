package warden

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// messageLimit is a message's in bytes, filesLimit how many files come with one
	// (systemd takes 768).
	messageLimit = 4096
	filesLimit   = 16
	// keptLimit is how many files are kept: FileDescriptorStoreMax.
	keptLimit = 64
)

// socket is where the service speaks.
type socket struct {
	path     string
	conn     *net.UnixConn
	messages chan message
	gone     chan struct{}
	reader   sync.WaitGroup
	kept     []kept // belongs to Run's goroutine
}

// message is what the service said at once, with the files that came with it.
type message struct {
	lines []string
	files []*os.File
}

// says tells whether a message has that line.
func (m message) says(line string) bool { return slices.Contains(m.lines, line) }

// kept is a file of the service's that outlives it.
type kept struct {
	name string
	file *os.File
}

func listen(dir string) (*socket, error) {
	path := filepath.Join(dir, "notify")
	if err := os.RemoveAll(path); err != nil {
		return nil, fmt.Errorf("listen to the service: %w", err)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("listen to the service: %w", err)
	}
	s := &socket{path: path, conn: conn, messages: make(chan message), gone: make(chan struct{})}
	s.reader.Go(s.read)
	return s, nil
}

// read passes on messages until the socket is closed. What is no message is left
// out, as systemd does.
func (s *socket) read() {
	text, rights := make([]byte, messageLimit), make([]byte, unix.CmsgSpace(4*filesLimit))
	for {
		n, rn, _, _, err := s.conn.ReadMsgUnix(text, rights)
		if err != nil {
			return
		}
		m := message{lines: strings.Split(string(text[:n]), "\n"), files: filesOf(rights[:rn])}
		select {
		case s.messages <- m:
		case <-s.gone:
			m.close()
			return
		}
	}
}

// filesOf are the files that came with a message.
func filesOf(rights []byte) (files []*os.File) {
	all, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for _, c := range all {
		fds, err := unix.ParseUnixRights(&c)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "kept"))
		}
	}
	return files
}

func (m message) close() {
	for _, f := range m.files {
		_ = f.Close() // nobody has used it
	}
}

// take keeps what a message gives to be kept, and lets go what it asks to.
func (s *socket) take(m message) error {
	name := "stored" // systemd's, for one without a name
	for _, l := range m.lines {
		if n, ok := strings.CutPrefix(l, "FDNAME="); ok {
			name = n
		}
	}
	var err error
	if m.says("FDSTOREREMOVE=1") {
		s.kept = slices.DeleteFunc(s.kept, func(k kept) bool {
			if k.name != name {
				return false
			}
			err = errors.Join(err, k.file.Close())
			return true
		})
	}
	if !m.says("FDSTORE=1") || len(s.kept)+len(m.files) > keptLimit {
		m.close()
		return err
	}
	for _, f := range m.files {
		s.kept = append(s.kept, kept{name: name, file: f})
	}
	return err
}

// mark is what the warden tells itself, to know that all before it has come.
const mark = "X_WARDEN_MARK=1"

// drain heeds what the service said before it ended.
func (s *socket) drain(heed func(message) error) error {
	own, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("listen to the service: %w", err)
	}
	defer own.Close()
	// As a goroutine: the socket may be full, and is emptied below.
	told := make(chan error, 1)
	wait := func() error { return <-told } // for the goroutine
	go func() {
		_, err := own.Write([]byte(mark))
		told <- err
	}()
	for {
		select {
		case m := <-s.messages:
			if m.says(mark) {
				return wait()
			}
			if err := heed(m); err != nil {
				return errors.Join(err, wait())
			}
		case err := <-told:
			if err != nil {
				return fmt.Errorf("listen to the service: %w", err)
			}
			told, wait = nil, func() error { return nil }
		}
	}
}

func (s *socket) close() error {
	close(s.gone)
	err := s.conn.Close()
	s.reader.Wait()
	for _, k := range s.kept {
		err = errors.Join(err, k.file.Close())
	}
	if err != nil {
		return fmt.Errorf("close the service's socket: %w", err)
	}
	return nil
}
