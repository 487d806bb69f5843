package ptpsim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// The size of a picture, in pixels.
const (
	pictureWidth  = 320
	pictureHeight = 240
)

// JPEG is the picture with a serial number, as every Camera takes it: a whole JPEG, not
// like that of another number. Beyond its end it is filled up to least bytes, as with a
// comment segment after the start.
func JPEG(serial int, least int64) []byte {
	m := image.NewYCbCr(image.Rect(0, 0, pictureWidth, pictureHeight), image.YCbCrSubsampleRatio420)
	for y := range pictureHeight {
		for x := range pictureWidth {
			m.Y[m.YOffset(x, y)] = byte(x/2 + y/4 + 13*serial)
		}
	}
	for i := range m.Cb {
		c := color.YCbCrModel.Convert(color.RGBA{R: byte(serial * 37), G: byte(serial * 11), B: byte(i / 64), A: 255}).(color.YCbCr)
		m.Cb[i], m.Cr[i] = c.Cb, c.Cr
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(fmt.Sprintf("encode a picture in memory: %v", err)) // no input can make it fail
	}
	return pad(b.Bytes(), least)
}

// pad lengthens a JPEG by comments (marker FFFE, ITU-T T.81 B.2.4.5) after its start.
func pad(whole []byte, least int64) []byte {
	const most, marker = 65_533, 4
	missing := least - int64(len(whole))
	if missing <= 0 {
		return whole
	}
	b := append(make([]byte, 0, int(least)+marker+most), whole[:2]...)
	for missing > 0 {
		n := int(min(missing, most))
		b = append(b, 0xff, 0xfe)
		b = binary.BigEndian.AppendUint16(b, uint16(n+2))
		b = append(b, make([]byte, n)...)
		missing -= int64(n + marker)
	}
	return append(b, whole[2:]...)
}

// RAW is the RAW file with a serial number: the start of a TIFF as Canon's CR2 has it,
// and then bytes that only this number has. It takes no memory.
func RAW(serial int, size int64) *io.SectionReader {
	return io.NewSectionReader(rawFile(serial), 0, size)
}

// rawHead begins a CR2: a little-endian TIFF whose first directory is at 16, the mark
// "CR" and version 2.0 (Canon's own, as exiftool documents it).
var rawHead = [16]byte{'I', 'I', 42, 0, 16, 0, 0, 0, 'C', 'R', 2, 0}

// rawFile is an endless RAW file.
type rawFile int

// ReadAt implements io.ReaderAt.
func (f rawFile) ReadAt(b []byte, at int64) (int, error) {
	for i := range b {
		n := at + int64(i)
		if n < int64(len(rawHead)) {
			b[i] = rawHead[n]
			continue
		}
		b[i] = byte(n) ^ byte(n>>8)*31 ^ byte(n>>16)*57 ^ byte(f)*101
	}
	return len(b), nil
}
