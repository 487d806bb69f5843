package thumb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
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
		if n := made.Load(); n < 1 || n > atOnce {
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
