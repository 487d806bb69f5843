package emulated

import (
	"bufio"
	"context"
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

// ConsoleLog is the file in Options.Dir with all that the guest printed.
const ConsoleLog = "console.log"

// Machine is a running guest. Exactly one of Cut and Wait ends its use.
type Machine struct {
	cmd   *exec.Cmd
	ended chan struct{}
	once  sync.Once
	err   error // of the emulator; valid once ended is closed

	monitor *Monitor // nil without Options.Control
	pins    *Pins
	shell   *Shell
}

// Start boots a guest. With Options.Control it waits for the emulator's first
// words, at most until ctx ends; the guest has not begun to run before all of its
// pins are watched.
func Start(ctx context.Context, o Options) (*Machine, error) {
	if o.Mount == "" {
		o.Mount = "defaults"
	}
	arch, err := archOf(o.Files)
	if err != nil {
		return nil, err
	}
	initrd := filepath.Join(o.Dir, "initrd")
	if err := writeInitrd(initrd, o); err != nil {
		return nil, err
	}
	cmd, err := command(o, arch, initrd)
	if err != nil {
		return nil, err
	}
	var wires *wires
	if o.Control {
		tree := filepath.Join(o.Dir, "board.dtb")
		if err := makeTree(ctx, arch, tree, o.Lines); err != nil {
			return nil, err
		}
		cmd.Args = append(cmd.Args, "-dtb", tree)
		if wires, err = openWires(cmd); err != nil {
			return nil, err
		}
	}
	m, err := run(cmd, o, wires)
	if err != nil || wires == nil {
		return m, err
	}
	if err := m.begin(ctx); err != nil {
		m.Cut()
		return nil, fmt.Errorf("begin with the emulator: %w", errors.Join(err, m.err))
	}
	return m, nil
}

// run starts the emulator, and the goroutine that ends with it.
func run(cmd *exec.Cmd, o Options, wires *wires) (*Machine, error) {
	log, err := os.Create(filepath.Join(o.Dir, ConsoleLog))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make console log: %w", err), wires.close())
	}
	// Should this process die, the kernel ends the emulator too; and Ctrl-C
	// reaches this process alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	m := &Machine{cmd: cmd, ended: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	var words io.ReadCloser
	if err == nil {
		words, err = cmd.StderrPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the emulator: %w", err), log.Close(), wires.close())
	}
	if wires != nil {
		m.monitor, m.pins, m.shell = newMonitor(wires.monitor), newPins(wires.pins, o.Edge), newShell(wires.shell)
		// The emulator has its own now.
		err = wires.closeFar()
	}
	var readers sync.WaitGroup
	var outErr, wordErr error
	var complaint strings.Builder
	readers.Go(func() { outErr = listen(out, log, o.Console) })
	readers.Go(func() { wordErr = m.hear(words, &complaint) })
	go func() {
		defer close(m.ended)
		readers.Wait() // before Wait, which closes the pipes
		all := errors.Join(err, outErr, wordErr)
		if werr := cmd.Wait(); werr != nil {
			all = errors.Join(all, fmt.Errorf("%w: %s", werr, strings.TrimSpace(complaint.String())))
		}
		if wires != nil {
			m.monitor.close()
			m.pins.close()
			m.shell.close()
		}
		m.err = errors.Join(all, log.Close())
	}()
	return m, nil
}

// begin makes the emulator's acquaintance, has its pins watched, and lets the
// guest run.
func (m *Machine) begin(ctx context.Context) error {
	if err := m.monitor.greet(ctx); err != nil {
		return err
	}
	path, err := m.monitor.find(ctx, "pl061")
	if err != nil {
		return err
	}
	if err := m.pins.intercept(ctx, path); err != nil {
		return err
	}
	_, err = m.monitor.Do(ctx, "cont", nil)
	return err
}

// complaintLimit bounds what is kept of the emulator's complaints, in bytes.
const complaintLimit = 64 << 10

// hear takes apart what the emulator says itself: the record of its pins, and
// complaints.
func (m *Machine) hear(words io.Reader, complaint *strings.Builder) error {
	s := bufio.NewScanner(words)
	s.Buffer(nil, lineLimit)
	for s.Scan() {
		if m.pins != nil && m.pins.hear(s.Text()) {
			continue
		}
		if complaint.Len() < complaintLimit {
			fmt.Fprintln(complaint, s.Text())
		}
	}
	return s.Err()
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

// Monitor changes the machine while it runs; nil without Options.Control.
func (m *Machine) Monitor() *Monitor { return m.monitor }

// Pins are those of the GPIO controller; nil without Options.Control.
func (m *Machine) Pins() *Pins { return m.pins }

// Shell runs commands in the guest; nil without Options.Control.
func (m *Machine) Shell() *Shell { return m.shell }

// Ended is closed when the emulator has ended.
func (m *Machine) Ended() <-chan struct{} { return m.ended }

// Cut ends the emulator at once, as a power cut, and waits for its end. After it
// neither Console nor Edge is called any more. A second Cut does nothing.
func (m *Machine) Cut() {
	m.once.Do(func() { _ = m.cmd.Process.Kill() }) // it may have ended just now
	<-m.ended
}

// Wait waits until the guest has switched itself off, was reset by its watchdog, or
// was Cut, which is an error here.
func (m *Machine) Wait() error {
	<-m.ended
	return m.err
}
