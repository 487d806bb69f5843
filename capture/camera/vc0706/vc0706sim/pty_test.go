package vc0706sim_test

import (
	"context"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/hal/linux"
)

// patience bounds every wait for what comes at once on an idle machine.
const patience = 2 * time.Minute

// A driver that is killed cannot tidy up: it leaves the terminal marked for
// itself alone, and bytes in it.
func TestTerminalOutlivesAKilledDriver(t *testing.T) {
	pty, err := serialsim.OpenPty()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vc0706sim.New(vc0706sim.Options{}).Serve(ctx, pty) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	killed, err := os.OpenFile(pty.Path(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(killed.Fd())
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		t.Fatal(err)
	}
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		f, err := os.OpenFile(pty.Path(), os.O_RDWR|unix.O_NOCTTY, 0)
		marked := int(1) // busy, for a user who is not root
		if err == nil {
			var v uint32
			v, err = unix.IoctlGetUint32(int(f.Fd()), unix.TIOCGEXCL)
			f.Close()
			if err != nil && err != unix.ENOSYS && err != unix.ENOTTY { // qemu-user cannot tell
				t.Fatal(err)
			}
			marked = int(v)
		}
		if marked == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the terminal stays marked for a driver that has gone")
		}
	}
	p, err := linux.New().OpenPort(pty.Path(), 38400)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Write(serialtest.Unhex(t, "56 00 36 01 00")); err != nil {
		t.Fatal(err)
	}
	if err := p.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for buf := make([]byte, 16); len(got) < 5; {
		n, err := p.Read(buf)
		if err != nil {
			t.Fatalf("after % X: %v", got, err)
		}
		got = append(got, buf[:n]...)
	}
	if string(got) != string(serialtest.Unhex(t, "76 00 36 00 00")) {
		t.Errorf("the next driver got % X, want 76 00 36 00 00", got)
	}
}

// Nobody listens for longer than the terminal's buffer lasts.
func TestUnreadTerminalDoesNotHoldTheCamera(t *testing.T) {
	pty, err := serialsim.OpenPty()
	if err != nil {
		t.Fatal(err)
	}
	defer pty.Close()
	for range 100 {
		if n, err := pty.Write(make([]byte, 1024)); n != 1024 || err != nil {
			t.Fatalf("Write: %d, %v, want 1024, nil", n, err)
		}
	}
	if err := pty.Close(); err != nil {
		t.Error(err)
	}
}
