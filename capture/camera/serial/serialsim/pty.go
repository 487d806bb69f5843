package serialsim

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// releaseEvery is how often the terminal is opened to others again.
const releaseEvery = 200 * time.Millisecond

// Pty is a Line whose other end is a terminal that any serial driver can open:
// the path stays good while drivers come, go and are killed.
type Pty struct {
	path   string
	master *os.File
	// slave is held open so that the terminal keeps its settings between two
	// users, and reads of master do not fail while it has none.
	slave *os.File
}

// OpenPty makes a pair of terminals. The port starts raw, at 38400 baud.
func OpenPty() (*Pty, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open pty: %w", err)
	}
	var number uint32
	err = control(master, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		return err
	})
	if err != nil {
		master.Close()
		return nil, fmt.Errorf("open pty: %w", err)
	}
	p := &Pty{path: fmt.Sprintf("/dev/pts/%d", number), master: master}
	if p.slave, err = os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err != nil {
		master.Close()
		return nil, fmt.Errorf("open pty: %w", err)
	}
	err = control(p.slave, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		// Without this the terminal would send the boot text back as an echo.
		t.Iflag, t.Oflag, t.Lflag = unix.IGNBRK, 0, 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B38400
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("set up pty: %w", err)
	}
	return p, nil
}

// Path is the terminal to open as a serial port.
func (p *Pty) Path() string { return p.path }

// Read implements Line. It takes the time that the bytes would take on a line.
func (p *Pty) Read(b []byte) (int, error) {
	for {
		if err := p.master.SetReadDeadline(time.Now().Add(releaseEvery)); err != nil {
			return 0, err
		}
		n, err := p.master.Read(b)
		if n > 0 {
			if baud := p.Baud(); baud > 0 {
				time.Sleep(WireTime(n, baud))
			}
			return n, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		// A driver that was killed leaves the terminal marked for itself alone,
		// which a real port forgets with its last user, but this one never has
		// none.
		if err := control(p.slave, func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCNXCL, 0) }); err != nil {
			return 0, err
		}
	}
}

// Write implements Line. It never waits: what finds no room is lost, as on a
// line that nobody listens to.
func (p *Pty) Write(b []byte) (int, error) {
	c, err := p.master.SyscallConn()
	if err != nil {
		return 0, err
	}
	var werr error
	err = c.Write(func(fd uintptr) bool {
		for {
			if _, werr = unix.Write(int(fd), b); !errors.Is(werr, unix.EINTR) {
				return true // once, whatever came of it
			}
		}
	})
	if err == nil && werr != nil && !errors.Is(werr, unix.EAGAIN) {
		err = werr
	}
	if err != nil {
		return 0, fmt.Errorf("write pty: %w", err)
	}
	return len(b), nil
}

// Baud implements Line: the rate that the driver has set, read at our end.
func (p *Pty) Baud() int {
	baud := 0
	_ = control(p.master, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		baud = bauds(uint32(t.Cflag & unix.CBAUD))
		return nil
	})
	return baud
}

// bauds is the rate of a termios constant; 0 for those that no camera uses.
func bauds(code uint32) int {
	switch code {
	case unix.B1200:
		return 1200
	case unix.B2400:
		return 2400
	case unix.B4800:
		return 4800
	case unix.B9600:
		return 9600
	case unix.B19200:
		return 19200
	case unix.B38400:
		return 38400
	case unix.B57600:
		return 57600
	case unix.B115200:
		return 115200
	case unix.B230400:
		return 230400
	case unix.B460800:
		return 460800
	case unix.B921600:
		return 921600
	}
	return 0
}

// Close implements Line. A second Close does nothing.
func (p *Pty) Close() error {
	var all error
	for _, f := range []*os.File{p.master, p.slave} {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			all = errors.Join(all, fmt.Errorf("close pty: %w", err))
		}
	}
	return all
}

// control runs do on f's descriptor, which stays open meanwhile.
func control(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
