package restart

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Cause says in one word why the daemon started.
type Cause string

// The causes. The last five are told by the board itself.
const (
	First        Cause = "first"         // it never ran before, as far as the card knows
	Planned      Cause = "planned"       // it had been stopped in order; the board was not
	Reboot       Cause = "reboot"        // it had been stopped in order, and the board was started anew
	Crash        Cause = "crash"         // it ended without being stopped; the board went on
	PowerLoss    Cause = "power-loss"    // it ended without being stopped, and so did the board
	Watchdog     Cause = "watchdog"      // the board's watchdog had reset it
	UnderVoltage Cause = "under-voltage" // its supply had been too low
	OverVoltage  Cause = "over-voltage"  // its supply had been too high
	Overheat     Cause = "overheat"      // it had been too hot
	Panic        Cause = "kernel-panic"  // the kernel had given up
)

// Unplanned tells whether nobody had meant it.
func (c Cause) Unplanned() bool { return c != First && c != Planned && c != Reboot }

// Reset tells whether the board itself, or its kernel, had given up.
func (c Cause) Reset() bool { return c.Unplanned() && c != Crash && c != PowerLoss }

// The bits of a watchdog's boot status (linux, include/uapi/linux/watchdog.h).
const (
	bitOverheat     = 0x01 // WDIOF_OVERHEAT
	bitUnderVoltage = 0x10 // WDIOF_POWERUNDER
	bitWatchdog     = 0x20 // WDIOF_CARDRESET
	bitOverVoltage  = 0x40 // WDIOF_POWEROVER
)

// machine is what the board says of its start.
type machine struct {
	boot  string   // names this start of the kernel; empty: not known
	cause Cause    // by its watchdogs; empty: they do not say
	dumps []string // what panics have left, see dumps
}

// look asks the board below root.
func look(root string) machine {
	m := machine{boot: line(filepath.Join(root, "proc/sys/kernel/random/boot_id"))}
	// With sysfs support each watchdog shows what it knew at the boot
	// (Documentation/ABI/testing/sysfs-class-watchdog); nobody need open it.
	files, err := filepath.Glob(filepath.Join(root, "sys/class/watchdog/watchdog*/bootstatus"))
	if err != nil {
		files = nil // the pattern is a constant
	}
	bits := uint64(0)
	for _, f := range files {
		if v, err := strconv.ParseUint(line(f), 0, 32); err == nil {
			bits |= v
		}
	}
	m.cause = causeOf(bits)
	m.dumps = dumps(root)
	return m
}

// maxDumps bounds what is remembered of them.
const maxDumps = 64

// dumps names what panics have left, by file and time, the newest last. A panic is left
// in memory that survives a reset (Documentation/ABI/testing/pstore), which root alone may
// look at, until somebody deletes it; at the boot systemd-pstore moves it to its own
// directory, some kinds of it one or two directories deeper (systemd-pstore.service(8)).
func dumps(root string) []string {
	type dump struct {
		name string
		at   int64
	}
	var all []dump
	for _, pattern := range []string{"sys/fs/pstore/dmesg-*", "var/lib/systemd/pstore/dmesg-*", "var/lib/systemd/pstore/*/dmesg-*", "var/lib/systemd/pstore/*/*/dmesg-*"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			continue // the pattern is a constant
		}
		for _, f := range files {
			if info, err := os.Stat(f); err == nil { // else it went away meanwhile
				all = append(all, dump{filepath.Base(f), info.ModTime().Unix()})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		return cmp.Or(cmp.Compare(all[i].at, all[j].at), strings.Compare(all[i].name, all[j].name)) < 0
	})
	var names []string
	for _, d := range all[max(0, len(all)-maxDumps):] {
		names = append(names, d.name+"@"+strconv.FormatInt(d.at, 10))
	}
	return names
}

// causeOf is the cause that weighs most: one of the others may have made the
// watchdog bite.
func causeOf(bits uint64) Cause {
	switch {
	case bits&bitUnderVoltage != 0:
		return UnderVoltage
	case bits&bitOverVoltage != 0:
		return OverVoltage
	case bits&bitOverheat != 0:
		return Overheat
	case bits&bitWatchdog != 0:
		return Watchdog
	}
	return ""
}

// line is a file's text; empty where there is none.
func line(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() // only read
	const enough = 64
	b, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
