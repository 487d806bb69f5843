package thumb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

var box = Size{"s", 320, 240}

// picture is a JPEG of w × h.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for x := range w {
		m.SetGray(x, h/2, color.Gray{Y: uint8(x)})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

func TestSmallPictureFitsAndIsMadeOnce(t *testing.T) {
	c := Open(t.TempDir())
	for name, want := range map[string]image.Point{"1000x500": {320, 160}, "500x1000": {120, 240}, "32x24": {32, 24}, "5000x1": {320, 1}} {
		var w, h int
		switch name {
		case "1000x500":
			w, h = 1000, 500
		case "500x1000":
			w, h = 500, 1000
		case "32x24":
			w, h = 32, 24
		default:
			w, h = 5000, 1
		}
		b := picture(t, w, h)
		var made atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				f, err := c.Open(t.Context(), box, "north/"+name, func() (io.ReadSeekCloser, error) {
					made.Add(1)
					return file{bytes.NewReader(b)}, nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				defer f.Close()
				if got, err := jpeg.DecodeConfig(f); err != nil || got.Width != want.X || got.Height != want.Y {
					t.Errorf("%s: %d × %d, %v: want %v", name, got.Width, got.Height, err, want)
				}
			})
		}
		wg.Wait()
		if n := made.Load(); n != 1 {
			t.Errorf("%s: made %d times", name, n)
		}
	}
}

func TestBadPicturesAreRefusedUndecoded(t *testing.T) {
	good := picture(t, 640, 480)
	huge := bytes.Clone(good)
	at := bytes.Index(huge, []byte{0xFF, 0xC0}) // SOF0: length, precision, height, width (ITU T.81, B.2.2)
	binary.BigEndian.PutUint16(huge[at+5:], 65000)
	binary.BigEndian.PutUint16(huge[at+7:], 65000)
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("hello"), "cut": good[:len(good)/2], "huge": huge} {
		_, err := Open(t.TempDir()).Open(t.Context(), box, "x", func() (io.ReadSeekCloser, error) { return file{bytes.NewReader(b)}, nil })
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
}

// header is a JPEG of w × h up to its first scan, with a component for each of
// factors.
func header(sof byte, w, h int, factors ...byte) []byte {
	b := []byte{0xFF, 0xD8, 0xFF, sof, 0, byte(8 + 3*len(factors)), 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(factors))}
	for i, hv := range factors {
		b = append(b, byte(i+1), hv, 0)
	}
	b = append(b, 0xFF, 0xDA, 0, byte(6+2*len(factors)), byte(len(factors)))
	for i := range factors {
		b = append(b, byte(i+1), 0)
	}
	return append(b, 0, 63, 0)
}

// A small file can announce a picture that takes gigabytes: nothing may be
// allocated for it.
func TestPictureThatWouldFillTheMemoryIsRefusedUndecoded(t *testing.T) {
	for name, b := range map[string][]byte{
		"progressive 4:4:4":  header(0xC2, 11585, 11585, 0x11, 0x11, 0x11),
		"progressive 4:2:0":  header(0xC2, 9000, 9000, 0x22, 0x11, 0x11),
		"baseline CMYK":      header(0xC0, 9000, 9000, 0x11, 0x11, 0x11, 0x11),
		"fill bytes":         append([]byte{0xFF, 0xD8, 0xFF, 0xFF}, header(0xC2, 11585, 11585, 0x11, 0x11, 0x11)[2:]...),
		"largest gray":       header(0xC1, 65500, 65500, 0x11),
		"header after chaff": append(append([]byte{0xFF, 0xD8}, bytes.Repeat([]byte{0xFF, 0xFE, 0, 4, 'x', 'x'}, 1000)...), header(0xC2, 11585, 11585, 0x11, 0x11, 0x11)[2:]...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(t.TempDir()).Open(t.Context(), box, "x", func() (io.ReadSeekCloser, error) { return file{bytes.NewReader(b)}, nil })
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrFormat) || took > 32<<20 {
			t.Errorf("%s: %v and %d bytes, want ErrFormat and few", name, err, took)
		}
	}
}

// The bound must not refuse what cameras write.
func TestCamerasPicturesFitTheBound(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want int64 // bytes
	}{
		"VC0706":                    {header(0xC0, 640, 480, 0x21, 0x11, 0x11), 640 * 480 * (2 + 4)},
		"24 megapixels 4:2:0":       {header(0xC0, 6000, 4000, 0x22, 0x11, 0x11), 6000*4000*4 + 6000*4000*3/2},
		"24 megapixels progressive": {header(0xC2, 6000, 4000, 0x22, 0x11, 0x11), 6000*4000*4 + 6000*4000*3/2*5},
		"gray, odd":                 {header(0xC0, 9, 17, 0x22), 16 * 24},
	} {
		f, err := readFrame(bytes.NewReader(c.b))
		// Sizes are rounded up to whole units of the picture's edge.
		if got := f.decoderBytes(); err != nil || got < c.want || got > c.want+c.want/100 || got > maxDecoder {
			t.Errorf("%s: %d bytes, %v; want %d", name, got, err, c.want)
		}
	}
}

// What image/jpeg would decode at another size than readFrame sees must not pass.
func FuzzFrameIsTheOneThatIsDecoded(f *testing.F) {
	f.Add(header(0xC2, 11585, 11585, 0x11, 0x11, 0x11))
	f.Add(picture(f, 32, 24))
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xFF, 0xC0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readFrame(bytes.NewReader(b))
		if err != nil {
			return
		}
		want, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err == nil && (got.width != int64(want.Width) || got.height != int64(want.Height)) {
			t.Errorf("%d × %d, want %d × %d", got.width, got.height, want.Width, want.Height)
		}
		if got.decoderBytes() <= 0 {
			t.Errorf("%+v takes %d bytes", got, got.decoderBytes())
		}
	})
}
