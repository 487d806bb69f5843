package thumbnail_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"

	"fieldcam/queue/thumbnail"
)

// encoded is a JPEG: the upper half red, the lower half blue.
func encoded(tb testing.TB, w, h int) []byte {
	tb.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	red, blue := color.YCbCrModel.Convert(color.RGBA{200, 0, 0, 255}).(color.YCbCr), color.YCbCrModel.Convert(color.RGBA{0, 0, 200, 255}).(color.YCbCr)
	for y := range h {
		c := red
		if y >= h/2 {
			c = blue
		}
		for x := range w {
			m.Y[m.YOffset(x, y)] = c.Y
			m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = c.Cb, c.Cr
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment is one segment of a JPEG.
func segment(mark byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, mark}, uint16(len(body)+2)), body...)
}

// exif is an APP1 segment whose second directory names the bytes from at, of that
// length; small follows the directories, at byte 56.
func exif(order binary.AppendByteOrder, at, length uint32, small []byte) []byte {
	b := []byte("Exif\x00\x00II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("Exif\x00\x00MM\x00*")
	}
	entry := func(tag uint16, v uint32) {
		b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), 4), 1), v)
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1) // IFD0
	entry(0x0112, 1)
	b = order.AppendUint32(b, 26)
	b = order.AppendUint16(b, 2) // IFD1
	entry(0x0201, at)
	entry(0x0202, length)
	b = order.AppendUint32(b, 0)
	return segment(0xE1, append(b, small...))
}

// with puts segments at the beginning of a JPEG.
func with(photo []byte, segments ...[]byte) []byte {
	b := bytes.Clone(photo[:2])
	for _, s := range segments {
		b = append(b, s...)
	}
	return append(b, photo[2:]...)
}

func made(b []byte) ([]byte, error) { return thumbnail.Make(bytes.NewReader(b), int64(len(b))) }

func TestCamerasThumbnailIsTakenAsItIs(t *testing.T) {
	small, photo := encoded(t, 160, 120), encoded(t, 800, 600)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := with(photo, segment(0xE0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")), exif(order, 56, uint32(len(small)), small))
		got, err := made(b)
		if err != nil || !bytes.Equal(got, small) {
			t.Errorf("%v: %d bytes, %v, want the camera's %d", order, len(got), err, len(small))
		}
	}
}

func TestPhotoWithoutAThumbnailIsMadeSmall(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{640, 480, 320, 240}, {480, 640, 240, 320}, {700, 700, 320, 320}, {321, 3, 320, 2}, {5, 1999, 1, 320}, {100, 50, 100, 50}, {1, 1, 1, 1},
	} {
		b, err := made(encoded(t, c.w, c.h))
		if err != nil {
			t.Errorf("%d × %d: %v", c.w, c.h, err)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil || m.Bounds().Dx() != c.wantW || m.Bounds().Dy() != c.wantH || len(b) > thumbnail.MaxBytes {
			t.Errorf("%d × %d: %v with %d bytes, %v, want %d × %d", c.w, c.h, m.Bounds(), len(b), err, c.wantW, c.wantH)
			continue
		}
		if c.w < 100 {
			continue // too few samples to tell colors
		}
		if r, _, b, _ := m.At(c.wantW/2, c.wantH/8).RGBA(); c.h >= 50 && (r < 0xA000 || b > 0x3000) {
			t.Errorf("%d × %d: the upper half is %v, want red", c.w, c.h, m.At(c.wantW/2, c.wantH/8))
		}
	}
}

func TestGrayPhotoIsMadeSmall(t *testing.T) {
	big := image.NewGray(image.Rect(0, 0, 1000, 501))
	for i := range big.Pix {
		big.Pix[i] = 100
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, big, nil); err != nil {
		t.Fatal(err)
	}
	small, err := made(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil || m.Bounds() != image.Rect(0, 0, 320, 160) {
		t.Fatalf("%v, %v, want 320 × 160", m.Bounds(), err)
	}
	if y := m.(*image.Gray).GrayAt(160, 80).Y; y < 97 || y > 103 {
		t.Errorf("a gray of 100 became %d", y)
	}
}

func TestThumbnailThatIsNotWhereItSaysIsNotTaken(t *testing.T) {
	photo, small := encoded(t, 640, 480), encoded(t, 160, 120)
	const at = 56
	for name, e := range map[string][]byte{
		"beyond the segment":    exif(binary.LittleEndian, at+1<<20, uint32(len(small)), small),
		"longer than the rest":  exif(binary.LittleEndian, at, uint32(len(small)+1), small),
		"a sum that runs over":  exif(binary.BigEndian, 0xFFFFFFFF, 2, small),
		"no length":             exif(binary.BigEndian, at, 0, small),
		"at the beginning":      exif(binary.BigEndian, 0, 100, small),
		"not a JPEG":            exif(binary.BigEndian, at, 1000, make([]byte, 1000)),
		"a picture too large":   exif(binary.BigEndian, at, uint32(len(encoded(t, 800, 600))), encoded(t, 800, 600)),
		"cut in its directory":  exif(binary.BigEndian, at, 100, nil)[:40],
		"no TIFF":               segment(0xE1, []byte("Exif\x00\x00nonsense")),
		"another use of APP1":   segment(0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00")),
		"nothing":               segment(0xE1, nil),
		"directory to the end":  segment(0xE1, []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xFF\xFF")),
		"directory that is far": segment(0xE1, []byte("Exif\x00\x00II*\x00\xFF\xFF\xFF\xFF\xFF\xFF")),
	} {
		if name == "cut in its directory" {
			e = segment(0xE1, e[4:])
		}
		b, err := made(with(photo, e))
		if err != nil {
			t.Errorf("%s: %v, want one made here", name, err)
			continue
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 320 {
			t.Errorf("%s: %d × %d, %v, want 320 × 240, made here", name, c.Width, c.Height, err)
		}
	}
}

func TestWhatIsNoJPEGHasNone(t *testing.T) {
	photo := encoded(t, 640, 480)
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"one byte":          {0xFF},
		"a RAW file":        append([]byte("II*\x00\x10\x00\x00\x00CR\x02\x00"), make([]byte, 1000)...),
		"the half of one":   photo[:len(photo)/2],
		"only its header":   photo[:200],
		"four components":   with(photo, segment(0xC0, []byte{8, 0, 9, 0, 9, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0})),
		"no rows":           with(photo, segment(0xC0, []byte{8, 0, 0, 0, 9, 1, 1, 0x11, 0})),
		"a frame too short": with(photo, segment(0xC0, []byte{8})),
		"lossless":          with(photo, segment(0xC3, []byte{8, 0, 9, 0, 9, 1, 1, 0x11, 0})),
		"endless segments":  with(photo, bytes.Repeat(segment(0xFE, nil), 2000)),
	} {
		if _, err := made(b); !errors.Is(err, thumbnail.ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
}

func TestPhotoTooLargeForTheMemoryIsNotDecoded(t *testing.T) {
	photo := encoded(t, 16, 16)
	for name, frame := range map[string][]byte{
		"24 megapixels":           segment(0xC0, []byte{8, 0x0F, 0xA0, 0x17, 0x70, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0}),
		"2 megapixel progressive": segment(0xC2, []byte{8, 0x04, 0xB0, 0x06, 0x40, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0}),
	} {
		if _, err := made(with(photo, frame)); !errors.Is(err, thumbnail.ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", name, err)
		}
	}
}

func TestFileIsReadNoFurtherThanItsSize(t *testing.T) {
	b := encoded(t, 640, 480)
	if _, err := thumbnail.Make(bytes.NewReader(b), int64(len(b)/2)); !errors.Is(err, thumbnail.ErrFormat) {
		t.Errorf("half of the size: %v, want ErrFormat", err)
	}
}

// failing is a file that the card can't read.
type failing struct{ *bytes.Reader }

var errCard = errors.New("input/output error")

func (failing) Read([]byte) (int, error) { return 0, errCard }

func TestCardsFaultIsToldApart(t *testing.T) {
	_, err := thumbnail.Make(failing{bytes.NewReader(nil)}, 1000)
	if !errors.Is(err, errCard) || errors.Is(err, thumbnail.ErrFormat) {
		t.Errorf("got %v, want the card's error", err)
	}
}

func FuzzThumbnailIsASmallJPEGOrNone(f *testing.F) {
	photo, small := encoded(f, 64, 48), encoded(f, 16, 12)
	f.Add(photo)
	f.Add(with(photo, exif(binary.LittleEndian, 56, uint32(len(small)), small)))
	f.Add(with(photo, exif(binary.BigEndian, 56, uint32(len(small)), small)))
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xFF, 0xC0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := thumbnail.Make(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if errors.Is(err, io.EOF) {
				t.Errorf("error %v without a verdict", err)
			}
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(got))
		if err != nil || c.Width < 1 || c.Height < 1 || c.Width > 640 || c.Height > 640 || len(got) > thumbnail.MaxBytes {
			t.Errorf("%d × %d with %d bytes, %v", c.Width, c.Height, len(got), err)
		}
	})
}
