package luma_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"fieldcam/capture/picture/luma"
)

// small is the luminance that a Reader told of.
type small struct {
	result luma.Result
	blocks map[image.Point]uint8
}

// read reads b in pieces of at most so many bytes.
func read(tb testing.TB, b []byte, piece int) small {
	tb.Helper()
	s := small{blocks: map[image.Point]uint8{}}
	r := luma.New(luma.Options{MaxPixels: 100_000_000, Luma: func(x, y int, mean uint8) {
		at := image.Pt(x, y)
		if _, twice := s.blocks[at]; twice {
			tb.Errorf("block %v told twice", at)
		}
		s.blocks[at] = mean
	}})
	for len(b) > 0 {
		n := min(piece, len(b))
		if got, err := r.Write(b[:n]); got != n || err != nil {
			tb.Fatalf("Write of %d bytes: %d, %v", n, got, err)
		}
		b = b[n:]
	}
	s.result = r.End()
	return s
}

// whole is the picture in b read at once, which must be whole.
func whole(tb testing.TB, b []byte) small {
	tb.Helper()
	s := read(tb, b, len(b))
	r := s.result
	if r.Structure != luma.Whole || r.Damaged || r.Unseen != "" || r.Blocks != r.Across*r.Down || r.Blocks != len(s.blocks) {
		tb.Fatalf("got %+v with %d blocks, want a whole picture", r, len(s.blocks))
	}
	return s
}

// worst is by how much a block's mean differs from that of the samples that image/jpeg
// decodes, where it lies wholly within the picture and nothing was clipped.
func worst(tb testing.TB, s small, b []byte) (most float64) {
	tb.Helper()
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	for at, got := range s.blocks {
		box := image.Rect(at.X*8, at.Y*8, at.X*8+8, at.Y*8+8)
		if !box.In(m.Bounds()) {
			continue
		}
		sum, clipped := 0, false
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				v := lumaAt(m, x, y)
				sum, clipped = sum+int(v), clipped || v == 0 || v == 255
			}
		}
		if off := float64(sum)/64 - float64(got); !clipped {
			most = max(most, off, -off)
		}
	}
	return most
}

func lumaAt(m image.Image, x, y int) uint8 {
	switch m := m.(type) {
	case *image.YCbCr:
		return m.Y[m.YOffset(x, y)]
	case *image.Gray:
		return m.GrayAt(x, y).Y
	}
	panic("no luminance")
}

// painted is a picture of random blobs and some noise, encoded as a baseline JPEG.
func painted(tb testing.TB, r *rand.Rand, w, h, quality int, gray bool) []byte {
	tb.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	type blob struct{ x, y, size, level int }
	blobs := make([]blob, 12)
	for i := range blobs {
		blobs[i] = blob{r.IntN(w), r.IntN(h), 1 + r.IntN(max(w, h)), r.IntN(200)}
	}
	for y := range h {
		for x := range w {
			v := 90
			for _, b := range blobs {
				if max(x-b.x, b.x-x)+max(y-b.y, b.y-y) < b.size {
					v = b.level + 20
				}
			}
			v += r.IntN(12)
			m.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v * 3 / 4), uint8(255 - v), 255})
		}
	}
	var from image.Image = m
	if gray {
		g := image.NewGray(m.Rect)
		for i := range g.Pix {
			g.Pix[i] = m.Pix[4*i]
		}
		from = g
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, from, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment is one segment of a JPEG.
func segment(mark byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, mark}, uint16(len(body)+2)), body...)
}
