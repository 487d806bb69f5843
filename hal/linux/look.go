package linux

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"fieldcam/hal"
)

// LineState is what the kernel tells of a line, without touching it.
type LineState struct {
	// Chip and Offset are where it is: the chip's label, and the line's number on it.
	// An attribute file has none.
	Chip   string
	Offset int
	// Name is the kernel's name of the line; empty where it has none.
	Name string
	// Taken lines have a user, whom Consumer names; another program's, or a driver's.
	Taken    bool
	Consumer string
	Output   bool
	// ActiveLow is the polarity that its user asked for.
	ActiveLow bool
	// High is the electrical level, where Known.
	High, Known bool
}

// On is the logical level of a line of that polarity, where it is known.
func (s LineState) On(activeLow bool) bool { return s.High != activeLow }

// DebugRoot is where the kernel tells lines' levels, to root alone.
const DebugRoot = "/sys/kernel/debug"

// Look tells a line's state. Its level comes from the kernel's list of lines below
// debug (DebugRoot), which has that of lines in use only, and may be read by root only:
// else it is not known. An attribute file is read.
func (b *Board) Look(name, debug string) (LineState, error) {
	s, err := b.look(name, debug)
	if err != nil {
		return LineState{}, fmt.Errorf("look at line %q: %w", name, err)
	}
	return s, nil
}

func (b *Board) look(name, debug string) (LineState, error) {
	if isAttribute(hal.Line{Name: name}) {
		text, err := os.ReadFile(name)
		if err != nil {
			return LineState{}, missing(err)
		}
		return LineState{Output: true, Known: true, High: strings.TrimSpace(string(text)) != "0"}, nil
	}
	c, offset, err := b.find(name)
	if err != nil {
		return LineState{}, err
	}
	info, err := c.info(offset)
	if err != nil {
		return LineState{}, err
	}
	s := LineState{
		Chip: c.label, Offset: int(offset), Name: text(info.name), Consumer: text(info.consumer),
		Taken: info.flags&lineFlagUsed != 0, Output: info.flags&lineFlagOutput != 0, ActiveLow: info.flags&lineFlagActiveLow != 0,
	}
	list, err := os.ReadFile(filepath.Join(debug, "gpio"))
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return LineState{}, fmt.Errorf("read levels: %w", err)
	}
	s.High, s.Known = parseLevels(string(list), c.name, int(offset))
	return s, nil
}

// The kernel's list (gpiolib.c, gpiolib_seq_show and gpiolib_dbg_show): a chip's
// heading with its first number, where its lines are numbered through all chips, and a
// line for each that is in use.
var (
	levelHeading = regexp.MustCompile(`^(gpiochip\d+): (?:GPIOs (\d+)-\d+)?`)
	levelLine    = regexp.MustCompile(`^ gpio-(\d+) +\(.*\) (?:in |out) (hi|lo)(?: |$)`)
)

// parseLevels finds the level of a chip's line in the kernel's list.
func parseLevels(list, chip string, offset int) (high, known bool) {
	first, here := 0, false
	for _, l := range strings.Split(list, "\n") {
		if m := levelHeading.FindStringSubmatch(l); m != nil {
			here = m[1] == chip
			first, _ = strconv.Atoi(m[2]) // none: its lines are numbered from 0
			continue
		}
		if !here {
			continue
		}
		m := levelLine.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		if n, err := strconv.Atoi(m[1]); err == nil && n-first == offset {
			return m[2] == "hi", true
		}
	}
	return false, false
}
