package linux

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/host/v3/gpioioctl"

	"fieldcam/hal"
)

// chip is one GPIO chip as periph found it.
type chip struct {
	name  string   // "gpiochip0": only good until the next boot
	label string   // "pinctrl-bcm2711"
	path  string   // "/dev/gpiochip0"
	lines []string // the kernel's name of each line, by offset; empty where it has none
	// node is the device number of path.
	node uint64
	// file keeps the chip's number its own, where periph does not.
	file *os.File
}

// findChips lists the chips by way of periph's driver, which keeps each one
// open for the rest of the program. That is what makes path safe to open later:
// the kernel gives a chip's number to no other while somebody has it open
// (gpiolib.c frees it in gpiodev_release).
func findChips() ([]chip, error) {
	state, err := driverreg.Init()
	if err != nil {
		return nil, fmt.Errorf("find GPIO chips: %w", err)
	}
	var chips []chip
	for _, g := range gpioioctl.Chips {
		c := chip{name: g.Name(), label: g.Label(), path: g.Path(), node: node(g.Path())}
		for _, l := range g.Lines() {
			c.lines = append(c.lines, l.Name())
		}
		chips = append(chips, c)
	}
	if len(chips) > 0 {
		return chips, nil
	}
	for _, f := range append(state.Failed, state.Skipped...) {
		err = errors.Join(err, f.Err)
	}
	return nil, err
}

// chipNumber is a name that holds only until the next boot.
var chipNumber = regexp.MustCompile(`^(/dev/)?gpiochip[0-9]|^[0-9]+$`)

// find gives the chip and offset of the line called name.
func find(chips []chip, name string) (chip, uint32, error) {
	if name == "" {
		return chip{}, 0, errors.New("a line needs a name")
	}
	if chipNumber.MatchString(name) {
		return chip{}, 0, errors.New("chip and line numbers change from boot to boot: " +
			"give the line's name, or the chip's label and an offset (pinctrl-bcm2711:17)")
	}
	type place struct {
		chip   chip
		offset int
	}
	var found []place
	for _, c := range chips {
		for i, l := range c.lines {
			// Periph puts the chip's name in front of a name that an earlier
			// chip has too; both then go by that name.
			if l == name || l == c.name+"-"+name {
				found = append(found, place{c, i})
			}
		}
	}
	if len(found) == 0 {
		if label, offset, ok := cutOffset(name); ok {
			for _, c := range chips {
				if c.label != label {
					continue
				}
				if offset >= len(c.lines) {
					return chip{}, 0, fmt.Errorf("chip %s has lines 0 to %d", label, len(c.lines)-1)
				}
				found = append(found, place{c, offset})
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0].chip, uint32(found[0].offset), nil
	case 0:
		return chip{}, 0, fmt.Errorf("%w (%s)", hal.ErrNoLine, labels(chips))
	}
	return chip{}, 0, fmt.Errorf("%d lines go by this name, on the chips %s and %s", len(found), found[0].chip.label, found[1].chip.label)
}

// cutOffset takes "label:offset" apart.
func cutOffset(name string) (label string, offset int, ok bool) {
	i := strings.LastIndexByte(name, ':')
	if i <= 0 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(name[i+1:], 10, 16)
	if err != nil {
		return "", 0, false
	}
	return name[:i], int(n), true
}

// labels lists the chips for an error's reader.
func labels(chips []chip) string {
	if len(chips) == 0 {
		return "it has none that this user may open"
	}
	var l []string
	for _, c := range chips {
		l = append(l, c.label)
	}
	return strings.Join(l, ", ")
}
