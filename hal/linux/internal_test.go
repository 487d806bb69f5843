package linux

import (
	"strings"
	"testing"
	"unsafe"
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
