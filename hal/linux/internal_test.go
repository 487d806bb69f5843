package linux

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"fieldcam/hal"
)

// The kernel refuses an ioctl whose number carries another size than its own
// struct's; a wrong offset inside would drive a wrong line.
func TestLineRequestHasTheKernelsLayout(t *testing.T) {
	var r lineRequest
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"size", unsafe.Sizeof(r), 592},
		{"consumer", unsafe.Offsetof(r.consumer), 256},
		{"config", unsafe.Offsetof(r.config), 288},
		{"config.attrs", unsafe.Offsetof(r.config.attrs), 32},
		{"attr mask", unsafe.Offsetof(r.config.attrs[0].mask), 16},
		{"lineCount", unsafe.Offsetof(r.lineCount), 560},
		{"fd", unsafe.Offsetof(r.fd), 588},
		{"request number's size", ioctlGetLine >> 16 & 0x3FFF, unsafe.Sizeof(r)},
		{"chip info's size", unsafe.Sizeof(chipInfo{}), ioctlChipInfo >> 16 & 0x3FFF},
		{"line info's size", unsafe.Sizeof(lineInfo{}), ioctlLineInfo >> 16 & 0x3FFF},
		{"line info's flags", unsafe.Offsetof(lineInfo{}.flags), 72},
		{"edge's size", unsafe.Sizeof(lineEvent{}), eventSize},
		{"edge's seqno", unsafe.Offsetof(lineEvent{}.seqno), 16},
		{"debounce's place", unsafe.Offsetof(r.config.attrs[0].attr.value), 8},
		{"get values number's size", ioctlLineGetValues >> 16 & 0x3FFF, unsafe.Sizeof(lineValues{})},
		{"I2C message's size", unsafe.Sizeof(i2cMessage{}), 8 + unsafe.Sizeof(uintptr(0))},
		{"I2C message's buffer", unsafe.Offsetof(i2cMessage{}.buf), 8},
		{"I2C transfer's size", unsafe.Sizeof(i2cTransfer{}), 2 * unsafe.Sizeof(uintptr(0))},
		{"values number's size", ioctlLineSetValues >> 16 & 0x3FFF, unsafe.Sizeof(lineValues{})},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
}

func TestRequestCarriesItsFirstValue(t *testing.T) {
	for _, on := range []bool{false, true} {
		r := request(17, true, on)
		a := r.config.attrs[0]
		if r.lineCount != 1 || r.offsets[0] != 17 || r.config.attrCount != 1 || a.attr.id != lineAttrValues || a.mask != 1 || a.attr.value != bit(on) {
			t.Errorf("request(17, active low, %v) = %+v: not one output with its value", on, r)
		}
		if r.config.flags != lineFlagOutput|lineFlagActiveLow {
			t.Errorf("flags %#x, want output and active low", r.config.flags)
		}
	}
}

func TestAnInputAsksForItsEdgesBiasAndDebounce(t *testing.T) {
	const edges = lineFlagInput | lineFlagRising | lineFlagFalling
	for _, c := range []struct {
		config hal.InputConfig
		flags  uint64
		us     uint32
	}{
		{hal.InputConfig{}, edges | lineFlagActiveLow, 0},
		{hal.InputConfig{Bias: hal.BiasUp, Debounce: 30 * time.Millisecond}, edges | lineFlagActiveLow | lineFlagBiasUp, 30_000},
		{hal.InputConfig{Bias: hal.BiasDown, Debounce: time.Nanosecond}, edges | lineFlagActiveLow | lineFlagBiasDown, 0},
		{hal.InputConfig{Bias: hal.BiasOff, Debounce: hal.MaxDebounce}, edges | lineFlagActiveLow | lineFlagBiasOff, 10_000_000},
	} {
		r, err := inputRequest(9, true, c.config)
		if err != nil {
			t.Fatal(err)
		}
		a := r.config.attrs[0]
		if us := *(*uint32)(unsafe.Pointer(&a.attr.value)); r.config.flags != c.flags || us != c.us || r.offsets[0] != 9 || r.eventBuffer != hal.EdgeBuffer {
			t.Errorf("%+v: flags %#x, debounce %d µs, want %#x, %d", c.config, r.config.flags, us, c.flags, c.us)
		}
		if c.us > 0 && (a.attr.id != lineAttrDebounce || a.mask != 1 || r.config.attrCount != 1) {
			t.Errorf("%+v: attribute %+v is no debounce of the one line", c.config, a)
		}
	}
}

func TestATransferIsAWriteAndThenARead(t *testing.T) {
	w, r := []byte{1, 2}, make([]byte, 3)
	m, err := messages(0x44, w, r)
	if err != nil || len(m) != 2 {
		t.Fatalf("messages: %d, %v, want two", len(m), err)
	}
	if m[0].addr != 0x44 || m[0].flags != 0 || m[0].len != 2 || m[0].buf != &w[0] {
		t.Errorf("first message %+v: not the write", m[0])
	}
	if m[1].addr != 0x44 || m[1].flags != i2cFlagRead || m[1].len != 3 || m[1].buf != &r[0] {
		t.Errorf("second message %+v: not the read", m[1])
	}
	for _, c := range []struct {
		addr uint16
		w, r []byte
	}{{0x07, w, r}, {0x78, w, r}, {0x44, nil, nil}, {0x44, make([]byte, hal.MaxTransfer+1), nil}, {0x44, w, make([]byte, hal.MaxTransfer+1)}} {
		if m, err := messages(c.addr, c.w, c.r); err == nil {
			t.Errorf("address %#x, %d bytes to write, %d to read: %d messages, want an error", c.addr, len(c.w), len(c.r), len(m))
		}
	}
}

func TestLinesAreFoundByNameAndByLabel(t *testing.T) {
	chips := []chip{
		{name: "gpiochip0", label: "pinctrl-bcm2711", lines: []string{"ID_SDA", "GPIO17", "WAKE"}},
		{name: "gpiochip1", label: "exp:1", lines: []string{"", "CAMERA_POWER", "gpiochip1-WAKE"}},
		{name: "gpiochip2", label: "twin", lines: []string{"", ""}},
		{name: "gpiochip3", label: "twin", lines: []string{"", ""}},
	}
	for _, c := range []struct {
		name, label string
		offset      uint32
		wrong       string // part of the error, where one is wanted
	}{
		{name: "GPIO17", label: "pinctrl-bcm2711", offset: 1},
		{name: "CAMERA_POWER", label: "exp:1", offset: 1},
		{name: "pinctrl-bcm2711:0", label: "pinctrl-bcm2711", offset: 0},
		{name: "exp:1:0", label: "exp:1", offset: 0},
		{name: "WAKE", wrong: "2 lines go by this name"},
		{name: "twin:1", wrong: "2 lines go by this name"},
		{name: "exp:1:3", wrong: "lines 0 to 2"},
		{name: "exp:1:-1", wrong: "no such line"},
		{name: "exp:1:", wrong: "no such line"},
		{name: "GPIO99", wrong: "pinctrl-bcm2711, exp:1"},
		{name: "", wrong: "needs a name"},
		{name: "gpiochip1-WAKE", wrong: "label"},
	} {
		got, offset, err := find(chips, c.name)
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("find(%q): %v, want an error with %q", c.name, err, c.wrong)
			}
			continue
		}
		if err != nil || got.label != c.label || offset != c.offset {
			t.Errorf("find(%q) = %s:%d, %v, want %s:%d", c.name, got.label, offset, err, c.label, c.offset)
		}
	}
	if _, _, err := find(nil, "GPIO17"); err == nil || !strings.Contains(err.Error(), "has none") {
		t.Errorf("a board without chips: %v, want an error that says so", err)
	}
}
