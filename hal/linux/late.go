package linux

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

// The kernel's description of chips and lines: include/uapi/linux/gpio.h.
const (
	ioctlChipInfo = 0x8044B401 // _IOR(0xB4, 0x01, struct gpiochip_info)
	ioctlLineInfo = 0xC100B405 // _IOWR(0xB4, 0x05, struct gpio_v2_line_info)
)

// maxLines bounds the lines of one chip; the kernel's largest drivers have a few
// hundred.
const maxLines = 4096

type (
	chipInfo struct {
		name  [lineNameSize]byte
		label [lineNameSize]byte
		lines uint32
	}
	lineInfo struct {
		name      [lineNameSize]byte
		consumer  [lineNameSize]byte
		offset    uint32
		attrCount uint32
		flags     uint64
		attrs     [lineAttrsMax]lineAttribute
		padding   [4]uint32
	}
)

// find gives the chip and offset of the line called name. Where no chip has it,
// it looks for chips that were not there before.
func (b *Board) find(name string) (chip, uint32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, offset, err := find(b.chips, name)
	if !errors.Is(err, hal.ErrNoLine) {
		return c, offset, err
	}
	lateErr := b.lateChips()
	if c, offset, err = find(b.chips, name); err != nil {
		return c, offset, errors.Join(err, b.findErr, lateErr)
	}
	return c, offset, nil
}

// lateChips adds the chips that are not known yet. Periph can't be asked a second
// time: it would open all of them again, give their lines other names, and close
// descriptors that are not its own. Each chip stays open, as with periph. mu is
// held.
func (b *Board) lateChips() error {
	paths, err := filepath.Glob(filepath.Join(b.dev, "gpiochip*"))
	if err != nil {
		return fmt.Errorf("look for GPIO chips: %w", err)
	}
	seen := make(map[uint64]bool)
	for _, c := range b.chips {
		seen[c.node] = true
	}
	for _, path := range paths {
		n := node(path)
		if n == 0 || seen[n] { // no device, or another name of the same one
			continue
		}
		c, cerr := b.open(path)
		if cerr != nil {
			err = errors.Join(err, fmt.Errorf("open GPIO chip %s: %w", path, cerr))
			continue
		}
		c.node, seen[n] = n, true
		b.chips = append(b.chips, c)
	}
	return err
}

// node is the device number of a character device; 0 for anything else.
func node(path string) uint64 {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil || s.Mode&unix.S_IFMT != unix.S_IFCHR {
		return 0
	}
	return uint64(s.Rdev) //nolint:unconvert // 32 bits on some architectures
}

// openChip asks the kernel for a chip's label and the names of its lines.
func openChip(path string) (c chip, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return chip{}, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	var info chipInfo
	if err := ioctl(f, ioctlChipInfo, unsafe.Pointer(&info)); err != nil {
		return chip{}, fmt.Errorf("ask for its label: %w", err)
	}
	if info.lines > maxLines {
		return chip{}, fmt.Errorf("it has %d lines, want %d at most", info.lines, maxLines)
	}
	c = chip{name: text(info.name), label: text(info.label), path: path, file: f}
	for offset := range info.lines {
		line := lineInfo{offset: offset}
		if err := ioctl(f, ioctlLineInfo, unsafe.Pointer(&line)); err != nil {
			return chip{}, fmt.Errorf("ask for the name of line %d: %w", offset, err)
		}
		c.lines = append(c.lines, text(line.name))
	}
	return c, nil
}

// info asks the kernel who has a line and what it is. That touches nothing.
func (c chip) info(offset uint32) (lineInfo, error) {
	line := lineInfo{offset: offset}
	f, err := os.OpenFile(c.path, os.O_RDONLY, 0)
	if err != nil {
		return line, err
	}
	defer f.Close()
	if err := ioctl(f, ioctlLineInfo, unsafe.Pointer(&line)); err != nil {
		return line, fmt.Errorf("ask for line %d of %s: %w", offset, c.label, err)
	}
	return line, nil
}

// text is a string of the kernel's, which ends at a zero.
func text(b [lineNameSize]byte) string {
	s, _, _ := bytes.Cut(b[:], []byte{0})
	return string(s)
}
