package linux_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/linux"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pty opens a pair of terminals: the port's path, and the far end.
func pty(t testing.TB) (path string, far *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	var n uint32
	onFd(t, far, func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		return err
	})
	return fmt.Sprintf("/dev/pts/%d", n), far
}

func onFd(t testing.TB, f *os.File, do func(fd int) error) {
	t.Helper()
	c, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
}

// baudOf reads the port's rate at the far end, as a simulator does.
func baudOf(t testing.TB, far *os.File) (baud int) {
	t.Helper()
	onFd(t, far, func(fd int) error {
		s, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		baud = map[uint32]int{unix.B9600: 9600, unix.B19200: 19200, unix.B38400: 38400,
			unix.B57600: 57600, unix.B115200: 115200}[uint32(s.Cflag&unix.CBAUD)]
		return nil
	})
	return baud
}

func TestPortsConform(t *testing.T) {
	haltest.Ports(t, func(t *testing.T, check func(testing.TB, haltest.PortRig)) {
		path, far := pty(t)
		check(t, haltest.PortRig{Board: linux.New(), Port: path, Unknown: filepath.Join(t.TempDir(), "ttyS9"),
			Far: far, Baud: func() int { return baudOf(t, far) }})
	})
}

func TestOutputsConform(t *testing.T) {
	haltest.Outputs(t, func(t *testing.T, check func(testing.TB, haltest.OutputRig)) {
		dir := t.TempDir()
		path := filepath.Join(dir, "brightness")
		if err := os.WriteFile(path, []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, haltest.OutputRig{Board: linux.New(), Line: path, Unknown: filepath.Join(dir, "state"), Keeps: true, High: func() bool {
			b, err := os.ReadFile(path)
			if err != nil || len(b) != 1 {
				t.Errorf("attribute file holds %q (%v), want one character", b, err)
			}
			return string(b) == "1"
		}})
	})
}

func TestMistypedAttributeIsNotCreated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "brigthness")
	if _, err := linux.New().OpenOutput(hal.Line{Name: path}, true); err == nil {
		t.Error("a missing file was opened as an output, want an error")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the missing file: %v, want it missing still", err)
	}
}

func TestChipNumbersAreRefused(t *testing.T) {
	for _, name := range []string{"gpiochip0:17", "/dev/gpiochip0", "17", "gpiochip4-GPIO17"} {
		_, err := linux.New().OpenOutput(hal.Line{Name: name}, true)
		if err == nil || !strings.Contains(err.Error(), "label") {
			t.Errorf("line %q: %v, want an error that asks for a label", name, err)
		}
	}
}

func TestAFileIsNoBusAndNoInput(t *testing.T) {
	for _, path := range []string{"/dev/null", filepath.Join(t.TempDir(), "i2c-1")} {
		b, err := linux.New().OpenBus(path)
		if err == nil {
			b.Close()
			t.Fatalf("%s was opened as an I2C bus, want an error", path)
		}
		if !strings.Contains(err.Error(), path) {
			t.Errorf("error %q does not name the path", err)
		}
	}
	for _, name := range []string{"/sys/class/leds/camera/brightness", "GPIO99", "gpiochip0:3", ""} {
		i, err := linux.New().OpenInput(hal.Line{Name: name}, hal.InputConfig{})
		if err == nil {
			i.Close()
			t.Fatalf("%q was opened as an input, want an error", name)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("error %q does not name the line", err)
		}
	}
}

func TestAFileIsNoPort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ttyS1")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := linux.New().OpenPort(path, 9600)
	if err == nil {
		p.Close()
		t.Fatal("a plain file was opened as a serial port, want an error")
	}
	if !strings.Contains(err.Error(), path) {
		t.Errorf("error %q does not name the path", err)
	}
}

func TestPortIsRaw(t *testing.T) {
	path, far := pty(t)
	p, err := linux.New().OpenPort(path, 57600)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var s *unix.Termios
	onFd(t, far, func(fd int) (err error) {
		s, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	})
	const wrong = unix.CSTOPB | unix.PARENB | unix.CRTSCTS
	if s.Lflag != 0 || s.Oflag != 0 || s.Iflag&(unix.IXON|unix.IXOFF|unix.ICRNL|unix.ISTRIP) != 0 ||
		s.Cflag&wrong != 0 || s.Cflag&unix.CSIZE != unix.CS8 || s.Cflag&(unix.CLOCAL|unix.CREAD) != unix.CLOCAL|unix.CREAD {
		t.Errorf("flags i %#o o %#o l %#o c %#o are not raw 8N1 without flow control", s.Iflag, s.Oflag, s.Lflag, s.Cflag)
	}
}

// The far end is gone, as when a USB adapter is pulled out.
func TestVanishedPortIsAnError(t *testing.T) {
	path, far := pty(t)
	p, err := linux.New().OpenPort(path, 9600)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	far.Close()
	if err := p.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	n, err := p.Read(make([]byte, 1))
	if n != 0 || err == nil || err == io.EOF || os.IsTimeout(err) {
		t.Errorf("Read of a vanished port: %d, %v, want an error that is neither io.EOF nor a time-out", n, err)
	}
}

// The kernel would keep a closing serial port for up to 30 s if bytes that
// nobody takes were left in it.
func TestCloseWithUnsentBytesReturns(t *testing.T) {
	path, _ := pty(t)
	p, err := linux.New().OpenPort(path, 9600)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SetDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Write(make([]byte, 1<<20)); err == nil {
		t.Fatalf("Write of %d bytes that nobody reads succeeded", n)
	}
	start := time.Now()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("Close took %v", d)
	}
}

// A program that is being started has a copy of each descriptor until it runs.
func TestAClosedPortOpensAgainWhileAProgramIsBeingStarted(t *testing.T) {
	path, _ := pty(t)
	p, err := linux.New().OpenPort(path, 9600)
	if err != nil {
		t.Fatal(err)
	}
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	copied := false
	for _, name := range fds {
		if of, err := os.Readlink(name); err != nil || of != path {
			continue
		}
		n, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		inChild, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(inChild)
		copied = true
		break
	}
	if !copied {
		t.Fatalf("no descriptor of %s is open", path)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := linux.New().OpenPort(path, 9600)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// Setting the machine's clock is left to the board's tests.
func TestClocksConform(t *testing.T) {
	haltest.Clocks(t, func(t *testing.T, check func(testing.TB, haltest.ClockRig)) {
		check(t, haltest.ClockRig{Clock: linux.Clock{}, Watch: linux.WatchSteps})
	})
}
