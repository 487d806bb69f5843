package linux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

// The kernel's edges, with the line's polarity applied: include/uapi/linux/gpio.h.
const (
	eventRising  = 1 // GPIO_V2_LINE_EVENT_RISING_EDGE: inactive to active
	eventFalling = 2
	eventSize    = 48
)

// lineEvent is the kernel's struct gpio_v2_line_event.
type lineEvent struct {
	nanoseconds uint64 // by CLOCK_MONOTONIC
	id          uint32
	offset      uint32
	seqno       uint32 // counts the request's edges, from 1
	lineSeqno   uint32
	padding     [6]uint32
}

// input is a requested line. The kernel applies its polarity and debounces it.
type input struct {
	name  string
	file  *os.File
	edges bool      // the chip has interrupts
	zero  time.Time // when CLOCK_MONOTONIC was 0, by package time

	// Of the goroutine that waits.
	seqno uint32     // of the last edge that was read
	next  *lineEvent // read, but kept back behind ErrEdgesLost
}

// openInput requests the line as an input, with its edges where the chip tells
// them.
func (b *Board) openInput(line hal.Line, c hal.InputConfig) (hal.Input, error) {
	if strings.HasPrefix(line.Name, "/") {
		return nil, errors.New("an attribute file cannot be an input: give the line's name, or the chip's label and an offset")
	}
	chip, offset, err := b.find(line.Name)
	if err != nil {
		return nil, err
	}
	r, err := inputRequest(offset, line.ActiveLow, c)
	if err != nil {
		return nil, err
	}
	edges := true
	fd, err := chip.request(r)
	if errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		// No interrupt for this line. Its level is worth having all the same.
		r.config.flags &^= lineFlagRising | lineFlagFalling
		edges = false
		fd, err = chip.request(r)
	}
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("make non-blocking: %w", err)
	}
	i := &input{name: line.Name, edges: edges, zero: monotonicZero(), file: os.NewFile(uintptr(fd), line.Name)}
	// Fails where the file has no poller, and then nothing is bounded.
	if err := i.file.SetReadDeadline(time.Time{}); err != nil && edges {
		i.file.Close()
		return nil, err
	}
	return i, nil
}

// inputRequest is the kernel's description of one input line.
func inputRequest(offset uint32, activeLow bool, c hal.InputConfig) (*lineRequest, error) {
	r := &lineRequest{lineCount: 1, eventBuffer: hal.EdgeBuffer}
	r.offsets[0] = offset
	copy(r.consumer[:], consumer)
	r.config.flags = lineFlagInput | lineFlagRising | lineFlagFalling
	if activeLow {
		r.config.flags |= lineFlagActiveLow
	}
	switch c.Bias {
	case hal.BiasAsIs:
	case hal.BiasOff:
		r.config.flags |= lineFlagBiasOff
	case hal.BiasUp:
		r.config.flags |= lineFlagBiasUp
	case hal.BiasDown:
		r.config.flags |= lineFlagBiasDown
	default:
		return nil, fmt.Errorf("no such bias: %d", c.Bias)
	}
	if c.Debounce < 0 || c.Debounce > hal.MaxDebounce {
		return nil, fmt.Errorf("debounce %v: want 0s to %v", c.Debounce, hal.MaxDebounce)
	}
	if us := uint32(c.Debounce.Microseconds()); us > 0 {
		a := &r.config.attrs[0]
		*(*uint32)(unsafe.Pointer(&a.attr.value)) = us
		a.attr.id, a.mask = lineAttrDebounce, 1
		r.config.attrCount = 1
	}
	return r, nil
}

// On implements hal.Input.
func (i *input) On() (bool, error) {
	v := lineValues{mask: 1}
	if err := ioctl(i.file, ioctlLineGetValues, unsafe.Pointer(&v)); err != nil {
		return false, fmt.Errorf("read input %q: %w", i.name, err)
	}
	return v.bits&1 != 0, nil
}

// Wait implements hal.Input.
func (i *input) Wait(ctx context.Context) (hal.Edge, error) {
	if err := ctx.Err(); err != nil {
		return hal.Edge{}, err
	}
	if !i.edges {
		return hal.Edge{}, fmt.Errorf("wait for input %q: its chip has no interrupt for it", i.name)
	}
	if e := i.next; e != nil {
		i.next = nil
		return i.edge(*e), nil
	}
	e, err := i.read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return hal.Edge{}, ctx.Err()
		}
		return hal.Edge{}, fmt.Errorf("wait for input %q: %w", i.name, err)
	}
	lost := e.seqno != i.seqno+1
	i.seqno = e.seqno
	if lost {
		i.next = &e
		return hal.Edge{}, fmt.Errorf("wait for input %q: %w", i.name, hal.ErrEdgesLost)
	}
	return i.edge(e), nil
}

// read waits for the kernel's next edge, or for ctx's end.
func (i *input) read(ctx context.Context) (lineEvent, error) {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		_ = i.file.SetReadDeadline(time.Unix(1, 0)) // fails where the file is closed: the Read has ended
	})
	defer func() {
		if !stop() {
			<-ended
			_ = i.file.SetReadDeadline(time.Time{})
		}
	}()
	var e lineEvent
	// The kernel hands over whole events only.
	_, err := io.ReadFull(i.file, (*[eventSize]byte)(unsafe.Pointer(&e))[:])
	return e, err
}

// edge gives the kernel's edge its place in package time.
func (i *input) edge(e lineEvent) hal.Edge {
	return hal.Edge{On: e.id == eventRising, At: i.zero.Add(time.Duration(e.nanoseconds))}
}

// monotonicZero is when CLOCK_MONOTONIC was 0. Package time runs on the same clock, so
// that it holds for good; never later than it was, and earlier only by as long as the
// quickest of a few looks took.
func monotonicZero() (zero time.Time) {
	const looks = 5
	quickest := time.Duration(-1)
	for range looks {
		var ts unix.Timespec
		before := time.Now()
		err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		if took := time.Since(before); err == nil && (quickest < 0 || took < quickest) {
			quickest = took
			zero = before.Add(-time.Duration(ts.Nano()))
		}
	}
	return zero
}

// Close implements hal.Input.
func (i *input) Close() error {
	if err := i.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close input %q: %w", i.name, err)
	}
	return nil
}
