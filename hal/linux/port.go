package linux

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

const (
	// bitsPerByte is what 8N1 takes: start bit, eight data bits, stop bit.
	bitsPerByte = 10
	// fifoBytes is the most that a UART's own FIFO holds, after the kernel has
	// handed over all it had (16550: 16, 16750: 64, 16950: 128).
	fifoBytes = 128
	// drainSpare is added to the computed time that unsent bytes need, for the
	// scheduler and for USB.
	drainSpare = 500 * time.Millisecond
	// drainPoll is how often the unsent bytes are counted.
	drainPoll = time.Millisecond
	// tiocSerGetLSR asks for the transmitter's state (asm-generic/ioctls.h);
	// lsrEmpty says that the last stop bit has left.
	tiocSerGetLSR = 0x5459
	lsrEmpty      = 0x01
)

// port is a serial port. The kernel's poller gives it deadlines.
type port struct {
	name string
	file *os.File
	baud atomic.Int64 // the rate last set

	closing  sync.Once
	closeErr error // guarded by closing
}

var _ hal.Port = (*port)(nil)

func openPort(name string, baud int) (*port, error) {
	if _, ok := rates[baud]; !ok {
		return nil, putRate(new(unix.Termios), baud)
	}
	// O_NONBLOCK also keeps the open itself from waiting for a carrier.
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := claim(f); err != nil {
		f.Close()
		return nil, err
	}
	p := &port{name: name, file: f}
	p.baud.Store(int64(baud))
	err = setRaw(f, baud)
	if err == nil {
		err = p.Discard()
	}
	if err == nil {
		// Fails where the file has no poller, and then nothing is bounded.
		err = f.SetDeadline(time.Time{})
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// claim takes the terminal for this process alone. TIOCEXCL keeps out every
// later open but root's; the lock keeps out other fieldcams of root's.
func claim(f *os.File) error {
	return control(f, func(fd int) error {
		if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
			if errors.Is(err, unix.EWOULDBLOCK) {
				return errors.New("held by another process")
			}
			return fmt.Errorf("lock: %w", err)
		}
		if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
			return fmt.Errorf("take for this process alone (is it a serial port?): %w", err)
		}
		return nil
	})
}

// Read implements hal.Port.
func (p *port) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	if n == 0 && errors.Is(err, io.EOF) {
		// A terminal whose device has gone reads as ended.
		err = fmt.Errorf("read %s: the port has gone: %w", p.name, io.ErrUnexpectedEOF)
	}
	return n, err
}

// Write implements hal.Port.
func (p *port) Write(b []byte) (int, error) { return p.file.Write(b) }

// SetDeadline implements hal.Port.
func (p *port) SetDeadline(t time.Time) error { return p.file.SetDeadline(t) }

// SetBaud implements hal.Port. It waits for what was written to leave, at most
// as long as that takes at the present rate and half a second, and never in the
// kernel, whose own wait (TCSETSW) has no bound.
func (p *port) SetBaud(baud int) error {
	if err := p.drain(); err != nil {
		return fmt.Errorf("set rate of %s: %w", p.name, err)
	}
	if err := setRate(p.file, baud); err != nil {
		return fmt.Errorf("set rate of %s: %w", p.name, err)
	}
	p.baud.Store(int64(baud))
	return nil
}

// drain waits until everything written has left the wire, as far as the driver tells,
// and else for as long as that takes.
func (p *port) drain() error {
	perByte := time.Second * bitsPerByte / time.Duration(p.baud.Load())
	unsent, err := p.unsent()
	if err != nil {
		return err
	}
	end := time.Now().Add(time.Duration(unsent+fifoBytes)*perByte + drainSpare)
	for unsent > 0 {
		if time.Now().After(end) {
			return fmt.Errorf("%d written bytes do not leave", unsent)
		}
		time.Sleep(drainPoll)
		if unsent, err = p.unsent(); err != nil {
			return err
		}
	}
	for time.Now().Before(end) {
		empty, known, err := p.shifted()
		switch {
		case err != nil:
			return err
		case !known:
			time.Sleep(fifoBytes * perByte)
			return nil
		case empty:
			return nil
		}
		time.Sleep(drainPoll)
	}
	// All was handed over, without flow control, for longer than any FIFO takes: it
	// has left. The driver of an FTDI adapter says so only where the chip does, which
	// some, and QEMU's, never do.
	return nil
}

// unsent counts the bytes that the kernel has not handed to the UART.
func (p *port) unsent() (n int, err error) {
	err = control(p.file, func(fd int) error {
		n, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		return err
	})
	return n, err
}

// shifted tells whether the UART itself is empty, where the driver knows
// (USB adapters and ptys mostly do not).
func (p *port) shifted() (empty, known bool, err error) {
	err = control(p.file, func(fd int) error {
		if v, err := unix.IoctlGetUint32(fd, tiocSerGetLSR); err == nil {
			empty, known = v&lsrEmpty != 0, true
		}
		return nil
	})
	return empty, known, err
}

// Discard implements hal.Port.
func (p *port) Discard() error { return p.flush(unix.TCIFLUSH) }

func (p *port) flush(queue int) error {
	err := control(p.file, func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, queue) })
	if err != nil {
		return fmt.Errorf("flush %s: %w", p.name, err)
	}
	return nil
}

// Close implements hal.Port. What is unsent is dropped first: the kernel would
// wait up to 30 s for it (closing_wait).
func (p *port) Close() error {
	p.closing.Do(func() {
		_ = p.flush(unix.TCIOFLUSH) // fails where the device has gone: nothing to wait for
		// The mark would outlive this descriptor where somebody else has the terminal
		// open, as a simulator has its pty; and the lock where a program is being
		// started, which has a copy of the descriptor until it runs.
		_ = control(p.file, func(fd int) error {
			return errors.Join(unix.IoctlSetInt(fd, unix.TIOCNXCL, 0), unix.Flock(fd, unix.LOCK_UN))
		}) // fails where the device has gone: nobody opens that again
		if err := p.file.Close(); err != nil {
			p.closeErr = fmt.Errorf("close %s: %w", p.name, err)
		}
	})
	return p.closeErr
}
