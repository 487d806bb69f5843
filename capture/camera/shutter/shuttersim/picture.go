package shuttersim

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"strconv"
	"time"
)

// Model is what the pictures say of their camera.
const Model = "Field Simulator"

// The picture's size in pixels: enough to be one.
const width, height = 32, 24

// JPEG is a picture with EXIF, exposed at a time as a clock of the zone shows it.
// withOffset says the zone's offset too, and the hundredths of the second. No two of
// different serials are alike.
func JPEG(serial int, at time.Time, zone *time.Location, withOffset bool) []byte {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.SetGray(i%width, i/width, color.Gray{Y: uint8(i * (serial%7 + 1))})
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, m, nil); err != nil {
		panic(err) // the image is this function's own
	}
	tiff := exif(serial, at.In(zone), withOffset)
	app1 := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(2+6+len(tiff)))...)
	app1 = append(append(app1, "Exif\x00\x00"...), tiff...)
	const start = 2 // FF D8
	b := append([]byte{}, plain.Bytes()[:start]...)
	return append(append(b, app1...), plain.Bytes()[start:]...)
}

// RAW is a file as a maker's own format begins: a TIFF structure with EXIF, and
// data.
func RAW(serial int, at time.Time, zone *time.Location) []byte {
	const data = 4000 // bytes
	return append(exif(serial, at.In(zone), false), bytes.Repeat([]byte{byte(serial), 0x5A}, data/2)...)
}

// entry is one entry of a TIFF directory: a text, or the offset of a directory.
type entry struct {
	tag  uint16
	text string
}

// exif is a TIFF structure, little endian, with the tags of a camera.
func exif(serial int, at time.Time, withOffset bool) []byte {
	const (
		header   = 8
		perEntry = 12
		typeText = 2
		typeLong = 4
		tagExif  = 0x8769
	)
	main := []entry{{tag: 0x0110, text: Model}, {tag: tagExif}}
	own := []entry{{tag: 0x9003, text: at.Format("2006:01:02 15:04:05")}, {tag: 0xA431, text: strconv.Itoa(serial)}} // DateTimeOriginal, BodySerialNumber
	if withOffset {
		own = append(own, entry{0x9011, at.Format("-07:00")}, entry{0x9291, at.Format(".00")[1:]})
	}
	size := func(list []entry) int { return 2 + perEntry*len(list) + 4 }
	exifAt := header + size(main)
	texts := exifAt + size(own)
	order := binary.LittleEndian
	b := []byte("II*\x00")
	b = order.AppendUint32(b, header)
	var tail []byte
	for _, list := range [][]entry{main, own} {
		b = order.AppendUint16(b, uint16(len(list)))
		for _, e := range list {
			b = order.AppendUint16(b, e.tag)
			if e.tag == tagExif {
				b = order.AppendUint16(b, typeLong)
				b = order.AppendUint32(b, 1)
				b = order.AppendUint32(b, uint32(exifAt))
				continue
			}
			value := append([]byte(e.text), 0)
			b = order.AppendUint16(b, typeText)
			b = order.AppendUint32(b, uint32(len(value)))
			if len(value) <= 4 {
				b = append(b, append(value, 0, 0, 0)[:4]...)
				continue
			}
			b = order.AppendUint32(b, uint32(texts+len(tail)))
			tail = append(tail, value...)
		}
		b = order.AppendUint32(b, 0)
	}
	return append(b, tail...)
}
