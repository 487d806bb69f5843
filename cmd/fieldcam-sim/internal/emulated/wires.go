package emulated

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// shellPort is the name of the virtio port on which init.sh takes commands.
const shellPort = "fieldcam.shell"

// instructionTime has an instruction take 2 ns of the guest's time, and an idle guest
// wait as long as it asks to: while this machine is busy with other work the guest's
// time stands still, or its time-outs would measure this machine. It is faster than
// the emulator ever is, so that no time in the guest is longer than it was here.
const instructionTime = "shift=1,sleep=on"

// firstExtra is the descriptor of the first of exec.Cmd.ExtraFiles.
const firstExtra = 3

// wires are the host's ends of what it talks to the emulator by. They are pairs of
// sockets that the emulator inherits: no path, of which a socket's may only be
// short, and nothing to wait for.
type wires struct {
	monitor, pins, shell net.Conn
	far                  []*os.File
}

// openWires makes them and adds them to the emulator's arguments.
func openWires(cmd *exec.Cmd) (w *wires, err error) {
	w = &wires{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("connect the emulator: %w", errors.Join(err, w.close()))
		}
	}()
	for _, near := range []*net.Conn{&w.monitor, &w.pins, &w.shell} {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return w, os.NewSyscallError("socketpair", err)
		}
		w.far = append(w.far, os.NewFile(uintptr(fds[1]), "emulator"))
		own := os.NewFile(uintptr(fds[0]), "host")
		*near, err = net.FileConn(own)
		if err = errors.Join(err, own.Close()); err != nil {
			return w, err
		}
	}
	cmd.ExtraFiles = w.far
	for n, name := range []string{"monitor", "qtest", "shell"} {
		cmd.Args = append(cmd.Args, "-chardev", fmt.Sprintf("socket,id=%s,fd=%d", name, firstExtra+n))
	}
	// QEMU looks for the one of its protocol for tests by that name. The record of
	// the pins, with the emulator's own times, goes to its standard
	// error, which it does not buffer.
	cmd.Args = append(cmd.Args, "-icount", instructionTime, "-S", "-mon", "chardev=monitor,mode=control", "-qtest", "chardev:qtest",
		"-device", "virtio-serial-pci", "-device", "virtserialport,chardev=shell,name="+shellPort)
	return w, nil
}

// closeFar closes the emulator's ends here, once it has them: a read here then
// ends with it.
func (w *wires) closeFar() (err error) {
	for _, f := range w.far {
		err = errors.Join(err, f.Close())
	}
	w.far = nil
	return err
}

// close closes all ends. A nil wires has none.
func (w *wires) close() error {
	if w == nil {
		return nil
	}
	err := w.closeFar()
	for _, c := range []net.Conn{w.monitor, w.pins, w.shell} {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}
