package emulated

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// HostAddress is this machine's loopback as the guest sees it (QEMU's user
// network).
const HostAddress = "10.0.2.2"

// ConsoleLog is the file in Options.Dir with all that the guest printed.
const ConsoleLog = "console.log"

// SerialPort is the guest's serial port.
const SerialPort = "/dev/ttyS0"

// memoryMegabytes is that of the smallest controllers.
const memoryMegabytes = 256

// Options describe a Machine.
type Options struct {
	// Files is the directory that scripts/emulated has filled.
	Files string
	// Dir is for the machine's own files: initrd and ConsoleLog. It must exist.
	Dir string
	// Guest are files for the guest's /guest, by name there: paths here.
	Guest map[string]string
	// Run is a shell script; the guest runs it in /guest.
	Run string
	// Disk is an image with ext4, mounted on /data; empty: there is none. Log is a
	// new file for its writes; empty: they are not logged. Mount are mount options;
	// empty: the kernel's own.
	Disk, Log, Mount string
	// Serial is the terminal behind SerialPort; empty: there is none.
	Serial string
	// Console is called with each line that the guest prints, from one goroutine.
	Console func(line string)
}

// Machine is a running guest. Exactly one of Cut and Wait ends its use.
type Machine struct {
	cmd   *exec.Cmd
	ended chan struct{}
	once  sync.Once
	err   error // of the emulator; valid once ended is closed
}

// Start boots a guest.
func Start(o Options) (*Machine, error) {
	if o.Mount == "" {
		o.Mount = "defaults"
	}
	initrd := filepath.Join(o.Dir, "initrd")
	if err := writeInitrd(initrd, o); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(o.Dir, ConsoleLog))
	if err != nil {
		return nil, fmt.Errorf("make console log: %w", err)
	}
	cmd, err := command(o, initrd)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	// Should this process die, the kernel ends the emulator too; and Ctrl-C
	// reaches this process alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the emulator: %w", err), log.Close())
	}
	m := &Machine{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		err := listen(out, log, o.Console)
		if werr := cmd.Wait(); werr != nil {
			err = errors.Join(err, fmt.Errorf("%w: %s", werr, strings.TrimSpace(complaint.String())))
		}
		m.err = errors.Join(err, log.Close())
	}()
	return m, nil
}

// command is the emulator's. KVM is never asked: on some machines it is there
// and hangs.
func command(o Options, initrd string) (*exec.Cmd, error) {
	args := []string{
		"-accel", "tcg", "-M", "virt", "-cpu", "cortex-a53", "-smp", "1", "-m", fmt.Sprint(memoryMegabytes),
		"-kernel", filepath.Join(o.Files, "vmlinuz"), "-initrd", initrd,
		"-append", "console=ttyAMA0 quiet panic=-1",
		"-display", "none", "-monitor", "none", "-no-reboot", "-serial", "stdio",
		"-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
	}
	if o.Serial != "" {
		args = append(args, "-chardev", "serial,id=port,path="+o.Serial, "-device", "pci-serial,chardev=port")
	}
	if o.Disk != "" {
		node := "disk"
		// The log sees each flush; this machine's own disk need not, for the cut is
		// made from the log.
		args = append(args, "-blockdev", "driver=file,node-name=disk,cache.no-flush=on,filename="+o.Disk)
		if o.Log != "" {
			if err := os.WriteFile(o.Log, nil, 0o644); err != nil {
				return nil, fmt.Errorf("make write log: %w", err)
			}
			node = "logged"
			args = append(args, "-blockdev", "driver=file,node-name=log,cache.no-flush=on,filename="+o.Log,
				"-blockdev", "driver=blklogwrites,node-name=logged,file=disk,log=log")
		}
		args = append(args, "-device", "virtio-blk-pci,drive="+node)
	}
	return exec.Command("qemu-system-aarch64", args...), nil
}

// lineLimit bounds a line of the console in bytes.
const lineLimit = 1 << 20

// listen passes on the guest's lines until the emulator ends.
func listen(out io.Reader, log io.Writer, console func(string)) error {
	s := bufio.NewScanner(out)
	s.Buffer(nil, lineLimit)
	for s.Scan() {
		line := strings.TrimRight(s.Text(), "\r")
		if console != nil {
			console(line)
		}
		if _, err := fmt.Fprintln(log, line); err != nil {
			return fmt.Errorf("write console log: %w", err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("read console: %w", err)
	}
	return nil
}

// Ended is closed when the emulator has ended.
func (m *Machine) Ended() <-chan struct{} { return m.ended }

// Cut ends the emulator at once, as a power cut, and waits for its end. After it
// Console is not called any more. A second Cut does nothing.
func (m *Machine) Cut() {
	m.once.Do(func() { _ = m.cmd.Process.Kill() }) // it may have ended just now
	<-m.ended
}

// Wait waits until the guest has switched itself off, or was Cut, which is an
// error here.
func (m *Machine) Wait() error {
	<-m.ended
	return m.err
}
