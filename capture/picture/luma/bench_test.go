package luma_test

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"
	"sync"
	"testing"

	"fieldcam/capture/picture/luma"
)

// large is a picture of 24 megapixels, as a usual camera takes it.
var large = sync.OnceValue(func() []byte {
	return painted(benchmark{}, rand.New(rand.NewPCG(24, 24)), 6000, 4000, 96, false)
})

// benchmark is a TB for what can't fail.
type benchmark struct{ testing.TB }

func (benchmark) Helper() {}

func BenchmarkReader(b *testing.B) {
	data := large()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	sum := 0
	for b.Loop() {
		r := luma.New(luma.Options{MaxPixels: 100e6, Luma: func(_, _ int, mean uint8) { sum += int(mean) }})
		for rest := data; len(rest) > 0; {
			n := min(256<<10, len(rest))
			r.Write(rest[:n])
			rest = rest[n:]
		}
		if got := r.End(); got.Damaged || got.Blocks == 0 {
			b.Fatalf("got %+v", got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data)), "ns/byte")
}

// BenchmarkDecode is what image/jpeg takes for the same picture.
func BenchmarkDecode(b *testing.B) {
	data := large()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data)), "ns/byte")
}
