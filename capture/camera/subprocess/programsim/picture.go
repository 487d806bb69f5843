package programsim

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

const (
	// MinSize is the smallest picture, in bytes.
	MinSize = 4 << 10
	// DefaultSize is the size of a picture where nobody says another.
	DefaultSize = 300_000
	// commentBytes is what a comment segment holds at most, with its length.
	commentBytes = 0xFFFF
)

// Picture is a JPEG that any decoder reads: a small scene that differs with the seed,
// behind comments that make it size bytes long.
func Picture(seed uint64, size int) []byte {
	img := image.NewGray(image.Rect(0, 0, 32, 24))
	draw := rand.New(rand.NewPCG(seed, 0))
	for y := range 24 {
		for x := range 32 {
			img.SetGray(x, y, color.Gray{Y: uint8(draw.Uint32())})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err) // of a buffer and a fixed image: never
	}
	small := b.Bytes()
	out := append(make([]byte, 0, max(size, MinSize)), small[:2]...) // FF D8
	// Behind each comment there must be room for the smallest, 4 bytes, or for none.
	for left := max(size, MinSize) - len(small); left > 0; {
		n := min(left, commentBytes+2)
		if rest := left - n; rest > 0 && rest < 4 {
			n -= 4
		}
		out = append(out, 0xFF, 0xFE, byte((n-2)>>8), byte(n-2))
		out = append(out, make([]byte, n-4)...)
		left -= n
	}
	return append(out, small[2:]...)
}
