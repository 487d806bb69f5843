package emulated

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// HostAddress is this machine's loopback as the guest sees it (QEMU's user
// network).
const HostAddress = "10.0.2.2"

// What the guest calls its devices.
const (
	// SerialPort is the UART, a 16550.
	SerialPort = "/dev/ttyS0"
	// USBPort is the USB serial adapter, an FTDI.
	USBPort = "/dev/ttyUSB0"
	// Watchdog is the hardware's.
	Watchdog = "/dev/watchdog0"
)

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
	// Run is a shell script; the guest runs it in /guest, and switches itself off
	// after it. With Control it can be empty: the guest only waits for commands.
	Run string
	// Disk is an image with ext4, mounted on /data; empty: there is none. Log is a
	// new file for its writes; empty: they are not logged. Mount are mount options;
	// empty: the kernel's own.
	Disk, Log, Mount string
	// Serial is the terminal behind SerialPort, and USB the one behind USBPort;
	// empty: there is none.
	Serial, USB string
	// Watchdog adds a hardware watchdog. When it bites, the machine ends.
	Watchdog bool
	// RTC is what the battery-backed clock shows at the start; zero: the time.
	RTC time.Time
	// Console is called with each line that the guest prints, from one goroutine.
	Console func(line string)

	// Control gives the host a hand in the machine: Monitor, Pins and Shell.
	Control bool
	// Lines are the names of the GPIO controller's lines, from pin 0 on, at most
	// PinCount; the machine itself uses PowerPin. Only with Control.
	Lines []string
	// Edge is called with each edge on an output, from one goroutine, which it must
	// not hold up. It may Drive a pin. Only with Control.
	Edge func(Edge)
}

// arch is one of the two instruction sets.
type arch struct {
	name     string // Debian's
	emulator string
	machine  string
	cpu      string
}

// arches are those that scripts/emulated fetches: a controller of 64 bits, and the
// armv7 of the Tempo. Highmem is off for the latter's kernel, which has no LPAE.
func arches() []arch {
	return []arch{
		{"arm64", "qemu-system-aarch64", "virt", "cortex-a53"},
		{"armhf", "qemu-system-arm", "virt,highmem=off", "cortex-a15"},
	}
}

// archOf reads which one a directory is for.
func archOf(files string) (arch, error) {
	b, err := os.ReadFile(filepath.Join(files, "arch"))
	if errors.Is(err, fs.ErrNotExist) {
		return arch{}, fmt.Errorf("no emulated controller in %s: run scripts/emulated", files)
	}
	if err != nil {
		return arch{}, fmt.Errorf("read the emulated controller's kind: %w", err)
	}
	name := strings.TrimSpace(string(b))
	for _, a := range arches() {
		if a.name == name {
			return a, nil
		}
	}
	return arch{}, fmt.Errorf("%s is for %q: want arm64 or armhf", files, name)
}

// board is what the device tree depends on. KVM is never asked: on some machines
// it is there and hangs.
func (a arch) board(machine string) *exec.Cmd {
	return exec.Command(a.emulator, "-accel", "tcg", "-M", machine, "-cpu", a.cpu,
		"-smp", "1", "-m", fmt.Sprint(memoryMegabytes), "-display", "none")
}

// The names of devices for Monitor.
const (
	networkDevice = "nic"
	usbDevice     = "adapter"
	usbLine       = "usbline"
)

// rtcLayout is how QEMU reads a date.
const rtcLayout = "2006-01-02T15:04:05"

// kernelArguments leave out of the boot what an emulated processor takes seconds for
// and nobody here relies on: the kernel's place in memory is not random, so that its
// page tables are not changed, which empties the emulator's caches, at each system
// call; the cryptographic self-tests; the certificates of modules, which came with
// the kernel; a tracer. A boot takes half as long, and a program's start a third
// (QEMU 7.2).
const kernelArguments = "console=ttyAMA0 quiet panic=-1 nokaslr cryptomgr.notests" +
	" initcall_blacklist=load_system_certificate_list,init_blk_tracer"

// command is the emulator's, without what Control adds.
func command(o Options, a arch, initrd string) (*exec.Cmd, error) {
	cmd := a.board(a.machine)
	add := func(args ...string) { cmd.Args = append(cmd.Args, args...) }
	add("-kernel", filepath.Join(o.Files, "vmlinuz"), "-initrd", initrd,
		"-append", kernelArguments, "-monitor", "none", "-no-reboot", "-serial", "stdio",
		"-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=,id="+networkDevice)
	if o.Serial != "" {
		add("-chardev", "serial,id=port,path="+o.Serial, "-device", "pci-serial,chardev=port")
	}
	if o.USB != "" {
		add("-device", "qemu-xhci", "-chardev", "serial,id="+usbLine+",path="+o.USB,
			"-device", "usb-serial,always-plugged=on,id="+usbDevice+",chardev="+usbLine)
	}
	if o.Watchdog {
		if a.name == "arm64" { // the other kernel has no driver for it: there it is softdog
			add("-device", "i6300esb")
		}
		add("-action", "watchdog=reset")
	}
	if !o.RTC.IsZero() {
		add("-rtc", "base="+o.RTC.UTC().Format(rtcLayout))
	}
	if o.Disk != "" {
		node := "disk"
		// The log sees each flush; this machine's own disk need not, for the cut is
		// made from the log.
		add("-blockdev", "driver=file,node-name=disk,cache.no-flush=on,filename="+o.Disk)
		if o.Log != "" {
			if err := os.WriteFile(o.Log, nil, 0o644); err != nil {
				return nil, fmt.Errorf("make write log: %w", err)
			}
			node = "logged"
			add("-blockdev", "driver=file,node-name=log,cache.no-flush=on,filename="+o.Log,
				"-blockdev", "driver=blklogwrites,node-name=logged,file=disk,log=log")
		}
		add("-device", "virtio-blk-pci,drive="+node)
	}
	return cmd, nil
}
