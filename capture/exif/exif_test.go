package exif_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/exif"
)

// field is one entry of a directory: a text, or the directory below.
type field struct {
	tag  uint16
	text string
	dir  []field
}

// tiff is a TIFF structure of one directory with what is below it.
func tiff(order binary.AppendByteOrder, fields ...field) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*\x00\x00\x00\x08")
	}
	return directory(order, b, fields)
}

// directory appends a directory, the texts behind it, and then those below.
func directory(order binary.AppendByteOrder, b []byte, fields []field) []byte {
	const entry, end = 12, 4 // bytes
	at := len(b) + 2 + entry*len(fields) + end
	var tail []byte
	b = order.AppendUint16(b, uint16(len(fields)))
	for _, f := range fields {
		b = order.AppendUint16(b, f.tag)
		where := at + len(tail)
		if f.dir != nil {
			b = order.AppendUint32(order.AppendUint32(order.AppendUint16(b, 4), 1), uint32(where))
			below := directory(order, make([]byte, where), f.dir)
			tail = append(tail, below[where:]...)
			continue
		}
		text := append([]byte(f.text), 0)
		b = order.AppendUint32(order.AppendUint16(b, 2), uint32(len(text)))
		if len(text) <= 4 {
			b = append(b, append(text, 0, 0, 0, 0)[:4]...)
			continue
		}
		b = order.AppendUint32(b, uint32(where))
		tail = append(tail, text...)
	}
	return append(order.AppendUint32(b, 0), tail...)
}

func camera(order binary.AppendByteOrder) []byte {
	return tiff(order,
		field{tag: 0x0110, text: "Pole Camera 5"}, field{tag: 0x0132, text: "2026:11:21 09:00:00"},
		field{tag: 0x8769, dir: []field{
			{tag: 0x9003, text: "2026:11:21 07:03:16"}, {tag: 0x9011, text: "+01:00"}, {tag: 0x9291, text: "25"}, {tag: 0xA431, text: "04211"},
		}})
}

func TestCameraIsTakenAtItsWord(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := camera(order)
		want := exif.Tags{Model: "Pole Camera 5", Serial: "04211", At: time.Date(2026, 11, 21, 6, 3, 16, 250_000_000, time.UTC), Zoned: true}
		if got := exif.FromTIFF(b, time.UTC); got != want {
			t.Errorf("%v: got %+v, want %+v", order, got, want)
		}
		if got, ok := exif.FromAPP1(append([]byte("Exif\x00\x00"), b...), time.UTC); !ok || got != want {
			t.Errorf("%v in a segment: got %+v, %v, want %+v", order, got, ok, want)
		}
	}
	if _, ok := exif.FromAPP1([]byte("http://ns.adobe.com/xap/1.0/\x00"), time.UTC); ok {
		t.Error("another use of APP1 is taken for Exif")
	}
}

func TestTimeWithoutItsZoneIsTheCallers(t *testing.T) {
	zone := time.FixedZone("", 3600)
	b := tiff(binary.LittleEndian, field{tag: 0x0132, text: "2026:11:21 09:00:00"})
	if got := exif.FromTIFF(b, zone); got.Zoned || !got.At.Equal(time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v, want 08:00 UTC, by the zone that was given", got)
	}
}

func TestWhatMakesNoSenseIsLeftOut(t *testing.T) {
	whole := camera(binary.LittleEndian)
	for name, b := range map[string][]byte{
		"nothing": nil, "half a header": whole[:5], "no TIFF": []byte("FUJIFILMCCD-RAW 0201"), "only its header": whole[:8],
		"a directory that is far": []byte("II*\x00\xFF\xFF\xFF\xFF\x00\x00"), "a directory to the end": []byte("II*\x00\x08\x00\x00\x00\xFF\xFF"),
		"no time": tiff(binary.LittleEndian, field{tag: 0x0132, text: "0000:00:00 00:00:00"}), "a blank": tiff(binary.BigEndian, field{tag: 0x0110, text: "    "}),
	} {
		if got := exif.FromTIFF(b, time.UTC); got != (exif.Tags{}) {
			t.Errorf("%s: got %+v, want nothing", name, got)
		}
	}
	long := tiff(binary.LittleEndian, field{tag: 0x0110, text: "\x1b[2J" + strings.Repeat("x", 1000)})
	if got := exif.FromTIFF(long, time.UTC); len(got.Model) > 64 || strings.Contains(got.Model, "\x1b") {
		t.Errorf("got %q, want it printable and short", got.Model)
	}
}

func FuzzExif(f *testing.F) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := camera(order)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add(bytes.Repeat([]byte{0xFF}, 300))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := exif.FromTIFF(b, time.UTC)
		for _, text := range []string{got.Model, got.Serial} {
			if len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("got %q, want printable ASCII of at most 64 bytes", text)
			}
		}
		if !got.At.IsZero() && (got.At.Year() < -1 || got.At.Year() > 10_000) {
			t.Errorf("got the time %v", got.At)
		}
	})
}
