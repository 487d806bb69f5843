package linux

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// rates are the rates that termios has a constant for (termbits.h), which every
// kernel, driver and emulator knows. Other rates would need TCSETS2, which
// qemu-user lacks.
var rates = map[int]uint32{
	1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600,
	19200: unix.B19200, 38400: unix.B38400, 57600: unix.B57600,
	115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800,
	921600: unix.B921600,
}

// setRaw makes the terminal f a plain 8N1 line at baud: no flow control, no
// modem lines, no meaning in any byte, and no hang-up line dropped on close.
func setRaw(f *os.File, baud int) error {
	return changeTermios(f, func(t *unix.Termios) error {
		t.Iflag = unix.IGNBRK
		t.Oflag = 0
		t.Lflag = 0
		t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return putRate(t, baud)
	})
}

// setRate changes the rate alone, at once.
func setRate(f *os.File, baud int) error {
	return changeTermios(f, func(t *unix.Termios) error { return putRate(t, baud) })
}

func putRate(t *unix.Termios, baud int) error {
	code, ok := rates[baud]
	if !ok {
		return fmt.Errorf("rate %d baud: not a standard rate", baud)
	}
	// CIBAUD 0 (B0) means: receive at the rate of sending.
	t.Cflag = t.Cflag&^(unix.CBAUD|unix.CIBAUD) | code
	return nil
}

// changeTermios applies change, and checks that the driver took it: a driver
// that cannot do a rate puts in the one that it uses instead.
func changeTermios(f *os.File, change func(*unix.Termios) error) error {
	return control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return fmt.Errorf("read line settings: %w", err)
		}
		if err := change(t); err != nil {
			return err
		}
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
			return fmt.Errorf("change line settings: %w", err)
		}
		got, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return fmt.Errorf("read line settings: %w", err)
		}
		if want := t.Cflag & unix.CBAUD; got.Cflag&unix.CBAUD != want {
			return fmt.Errorf("the port cannot do this rate: asked for code %#o, got %#o", want, got.Cflag&unix.CBAUD)
		}
		if got.Cflag&unix.CSIZE != unix.CS8 {
			return fmt.Errorf("the port cannot do 8 bits: its control flags are %#o", got.Cflag)
		}
		return nil
	})
}
