package linux

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"fieldcam/hal"
)

// The kernel's GPIO interface, version 2 (since Linux 5.10):
// include/uapi/linux/gpio.h and Documentation/userspace-api/gpio/.
const (
	lineFlagUsed       = 1 << 0
	lineFlagActiveLow  = 1 << 1
	lineFlagInput      = 1 << 2
	lineFlagOutput     = 1 << 3
	lineFlagRising     = 1 << 4
	lineFlagFalling    = 1 << 5
	lineFlagBiasUp     = 1 << 8
	lineFlagBiasDown   = 1 << 9
	lineFlagBiasOff    = 1 << 10
	lineAttrValues     = 2 // GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES
	lineAttrDebounce   = 3 // GPIO_V2_LINE_ATTR_ID_DEBOUNCE, µs
	lineAttrsMax       = 10
	linesMax           = 64
	lineNameSize       = 32
	ioctlGetLine       = 0xC250B407 // _IOWR(0xB4, 0x07, struct gpio_v2_line_request)
	ioctlLineSetConfig = 0xC110B40D // _IOWR(0xB4, 0x0D, struct gpio_v2_line_config)
	ioctlLineGetValues = 0xC010B40E // _IOWR(0xB4, 0x0E, struct gpio_v2_line_values)
	ioctlLineSetValues = 0xC010B40F // _IOWR(0xB4, 0x0F, struct gpio_v2_line_values)
)

// consumer is the name that gpioinfo shows as the line's user.
const consumer = "fieldcam"

// The structs below are the kernel's, field by field. They have the same layout
// on 32 and 64 bits: each 64-bit field lies on a multiple of 8.
type (
	lineAttribute struct {
		id      uint32
		padding uint32
		value   uint64 // a union; debounce is its first 32 bits
	}
	lineConfigAttribute struct {
		attr lineAttribute
		mask uint64
	}
	lineConfig struct {
		flags     uint64
		attrCount uint32
		padding   [5]uint32
		attrs     [lineAttrsMax]lineConfigAttribute
	}
	lineRequest struct {
		offsets     [linesMax]uint32
		consumer    [lineNameSize]byte
		config      lineConfig
		lineCount   uint32
		eventBuffer uint32
		padding     [5]uint32
		fd          int32
	}
	lineValues struct {
		bits uint64
		mask uint64
	}
)

// output is a requested line. The kernel applies its polarity.
type output struct {
	name string
	file *os.File
	// rest takes the descriptor at Close where the line is held; nil where it isn't.
	rest func(*os.File)

	mu     sync.Mutex
	closed bool // guarded by mu
}

// openLine requests the line as an output with its first value in one call, or
// takes it over where it is held.
func (b *Board) openLine(line hal.Line, on bool) (hal.Output, error) {
	f, was, err := b.takeHeld(line)
	if err != nil {
		return nil, err
	}
	if f != nil {
		o := b.newOutput(line, f)
		if was != on {
			err = o.Set(on)
		}
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		return o, nil
	}
	c, offset, err := b.find(line.Name)
	if err != nil {
		return nil, err
	}
	fd, err := c.request(request(offset, line.ActiveLow, on))
	if err != nil {
		return nil, err
	}
	return b.keepNew(line, os.NewFile(uintptr(fd), line.Name))
}

// resumeLine takes the line at the level that it has.
func (b *Board) resumeLine(line hal.Line) (_ hal.Output, on bool, err error) {
	f, on, err := b.takeHeld(line)
	if err != nil {
		return nil, false, err
	}
	if f != nil {
		return b.newOutput(line, f), on, nil
	}
	c, offset, err := b.find(line.Name)
	if err != nil {
		return nil, false, err
	}
	info, err := c.info(offset)
	if err != nil {
		return nil, false, err
	}
	if info.flags&lineFlagOutput == 0 {
		fd, err := c.request(request(offset, line.ActiveLow, false))
		if err != nil {
			return nil, false, err
		}
		o, err := b.keepNew(line, os.NewFile(uintptr(fd), line.Name))
		return o, false, err
	}
	// A request without a direction leaves the line as it is, and it is not let go
	// between the reading and the taking.
	fd, err := c.request(asIs(offset, line.ActiveLow))
	if err != nil {
		return nil, false, err
	}
	f = os.NewFile(uintptr(fd), line.Name)
	if on, err = levelOf(f); err == nil {
		err = configure(f, line.ActiveLow, on)
	}
	if err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	o, err := b.keepNew(line, f)
	return o, on, err
}

// keepNew makes an output of a line that was requested just now, held where that is
// asked for.
func (b *Board) keepNew(line hal.Line, f *os.File) (hal.Output, error) {
	if err := b.hold(line, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return b.newOutput(line, f), nil
}

func (b *Board) newOutput(line hal.Line, f *os.File) *output {
	o := &output{name: line.Name, file: f}
	if line.Hold && b.CanHold() {
		o.rest = func(f *os.File) { b.letRest(line, f) }
	}
	return o
}

// request has the kernel give a descriptor for the one line of r.
func (c chip) request(r *lineRequest) (fd int, err error) {
	f, err := os.OpenFile(c.path, os.O_RDWR, 0)
	if err != nil {
		return -1, err
	}
	defer f.Close() // the request outlives the chip's descriptor
	if err := ioctl(f, ioctlGetLine, unsafe.Pointer(r)); err != nil {
		return -1, fmt.Errorf("request line %d of %s: %w", r.offsets[0], c.label, err)
	}
	return int(r.fd), nil
}

// request is the kernel's description of one output line that is on or off.
func request(offset uint32, activeLow, on bool) *lineRequest {
	r := &lineRequest{lineCount: 1}
	r.offsets[0] = offset
	copy(r.consumer[:], consumer)
	r.config.flags = lineFlagOutput
	if activeLow {
		r.config.flags |= lineFlagActiveLow
	}
	r.config.attrCount = 1
	r.config.attrs[0] = lineConfigAttribute{attr: lineAttribute{id: lineAttrValues, value: bit(on)}, mask: 1}
	return r
}

// asIs is the kernel's description of one line that stays what it is.
func asIs(offset uint32, activeLow bool) *lineRequest {
	r := &lineRequest{lineCount: 1}
	r.offsets[0] = offset
	copy(r.consumer[:], consumer)
	if activeLow {
		r.config.flags = lineFlagActiveLow
	}
	return r
}

// Set implements hal.Output.
func (o *output) Set(on bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := os.ErrClosed
	if !o.closed {
		v := lineValues{bits: bit(on), mask: 1}
		err = ioctl(o.file, ioctlLineSetValues, unsafe.Pointer(&v))
	}
	if err != nil {
		return fmt.Errorf("set output %q: %w", o.name, err)
	}
	return nil
}

// Close implements hal.Output.
func (o *output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	if o.rest != nil {
		o.rest(o.file)
		return nil
	}
	if err := o.file.Close(); err != nil {
		return fmt.Errorf("close output %q: %w", o.name, err)
	}
	return nil
}

func bit(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}
