package linux

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"fieldcam/hal"
)

// Keeper keeps open files beyond the end of this process; fdstore.Store is one.
type Keeper interface {
	// Available tells whether it can.
	Available() bool
	// Take gives the file that was kept under name; nil where there is none.
	Take(name string) *os.File
	// Names lists what was not taken yet.
	Names() []string
	// Keep keeps f under name from now on.
	Keep(name string, f *os.File) error
	// Remove keeps what is under name no longer.
	Remove(name string) error
}

// A held line is kept under its name behind one of these, which tell its polarity.
const (
	keptHigh = "line-active-high/"
	keptLow  = "line-active-low/"
)

// keptName is the name under which a line is kept.
func keptName(line hal.Line) string {
	if line.ActiveLow {
		return keptLow + line.Name
	}
	return keptHigh + line.Name
}

// keptLine is the line that is kept under name.
func keptLine(name string) (hal.Line, bool) {
	if n, ok := strings.CutPrefix(name, keptLow); ok {
		return hal.Line{Name: n, ActiveLow: true}, true
	}
	n, ok := strings.CutPrefix(name, keptHigh)
	return hal.Line{Name: n}, ok
}

// CanHold implements hal.Board.
func (b *Board) CanHold() bool { return b.keeper != nil && b.keeper.Available() }

// takeHeld gives the descriptor of a line that an earlier process left held, or that
// this one held and closed; with the polarity that is asked for now, and at the
// level that it has. nil: there is none.
func (b *Board) takeHeld(line hal.Line) (f *os.File, on bool, err error) {
	if b.keeper == nil {
		return nil, false, nil
	}
	for _, kept := range []hal.Line{{Name: line.Name, ActiveLow: line.ActiveLow}, {Name: line.Name, ActiveLow: !line.ActiveLow}} {
		name := keptName(kept)
		if f = b.keeper.Take(name); f == nil {
			f = b.resting(name)
		}
		if f == nil {
			continue
		}
		if on, err = b.adopt(line, kept, f); err != nil {
			// Its chip has gone, most likely. The next try requests the line anew.
			err = errors.Join(err, b.keeper.Remove(name), f.Close())
			return nil, false, fmt.Errorf("take over the held line: %w", err)
		}
		return f, on, nil
	}
	return nil, false, nil
}

// adopt makes line of f, which was kept as the line kept, and tells its level.
func (b *Board) adopt(line, kept hal.Line, f *os.File) (on bool, err error) {
	if on, err = levelOf(f); err != nil {
		return false, err
	}
	if kept.ActiveLow == line.ActiveLow {
		if !line.Hold {
			err = b.keeper.Remove(keptName(kept))
		}
		return on, err
	}
	// The configuration has changed its mind on the polarity: the electrical level
	// stays.
	on = !on
	err = configure(f, line.ActiveLow, on)
	if err == nil {
		err = b.hold(line, f)
	}
	if err == nil {
		err = b.keeper.Remove(keptName(kept))
	}
	return on, err
}

// resting takes out the held line that this process has closed.
func (b *Board) resting(name string) *os.File {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.rest[name]
	delete(b.rest, name)
	return f
}

// hold has the line outlive this process, from now on.
func (b *Board) hold(line hal.Line, f *os.File) error {
	if !line.Hold || !b.CanHold() {
		return nil
	}
	return b.keeper.Keep(keptName(line), f)
}

// letRest keeps the descriptor of a held line that its user has closed, since the
// line stays taken, and gives it to who opens it next.
func (b *Board) letRest(line hal.Line, f *os.File) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rest[keptName(line)] = f
}

// ReleaseUnclaimed switches off and lets go the lines that an earlier process left
// held and that nobody has opened since: the configuration names them no longer. It
// lists their names. Call it once all that is configured has been opened.
func (b *Board) ReleaseUnclaimed() ([]string, error) {
	if b.keeper == nil {
		return nil, nil
	}
	var names []string
	var all error
	for _, kept := range b.keeper.Names() {
		line, ok := keptLine(kept)
		if !ok {
			continue // not ours
		}
		f := b.keeper.Take(kept)
		if f == nil {
			continue
		}
		names = append(names, line.Name)
		o := output{name: line.Name, file: f}
		all = errors.Join(all, o.Set(false), b.keeper.Remove(kept), f.Close())
	}
	return names, all
}

// levelOf is the logical level of a requested line.
func levelOf(f *os.File) (bool, error) {
	v := lineValues{mask: 1}
	if err := ioctl(f, ioctlLineGetValues, unsafe.Pointer(&v)); err != nil {
		return false, fmt.Errorf("read level: %w", err)
	}
	return v.bits&1 != 0, nil
}

// configure makes a requested line an output at a level, in one call.
func configure(f *os.File, activeLow, on bool) error {
	c := request(0, activeLow, on).config
	if err := ioctl(f, ioctlLineSetConfig, unsafe.Pointer(&c)); err != nil {
		return fmt.Errorf("make it an output that is on %v: %w", on, err)
	}
	return nil
}
