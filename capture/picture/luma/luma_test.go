package luma_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"fieldcam/capture/picture/luma"
)

// rounding is what two ways to round may differ by: the decoder's samples, and ours of
// their mean.
const rounding = 1

func TestBaselineLuminanceIsThatOfADecodedPicture(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 120 {
		w, h, quality := 1+r.IntN(300), 1+r.IntN(200), 1+r.IntN(100)
		b := painted(t, r, w, h, quality, n%3 == 0)
		s := whole(t, b)
		if s.result.Width != w || s.result.Height != h || s.result.Progressive {
			t.Errorf("%d × %d: got %+v", w, h, s.result)
		}
		if off := worst(t, s, b); off > rounding {
			t.Errorf("%d × %d at quality %d: a block is off by %.2f", w, h, quality, off)
		}
	}
}

// TestAnyFormOfAJPEGIsRead: every sampling, scans of one component, restarts, and
// progressive pictures, of which the low bits of DC come later.
func TestAnyFormOfAJPEGIsRead(t *testing.T) {
	samplings := [][][2]int{
		{{1, 1}}, {{2, 2}}, {{1, 1}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 1}},
		{{1, 2}, {1, 1}, {1, 1}}, {{4, 1}, {1, 1}, {1, 1}}, {{4, 2}, {1, 1}, {1, 1}},
	}
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 320 {
		e := &encoder{r: r, width: 1 + r.IntN(200), height: 1 + r.IntN(100), sampling: samplings[n%len(samplings)],
			progressive: n/8%2 == 1, apart: n/16%2 == 1, low: r.IntN(3)}
		// In a scan of one component image/jpeg counts restarts by the units of the others.
		if n%5 == 0 && (n%len(samplings) == 2 || !e.progressive && !e.apart) {
			e.interval = 1 + r.IntN(20)
		}
		b := e.encode()
		s := whole(t, b)
		most := float64(rounding)
		if e.progressive {
			// Half of the bits that are missing, of a quantum each.
			most += float64(int(1)<<e.low-1) / 2 * quantum / 8
		}
		if off := worst(t, s, b); off > most {
			t.Errorf("%+v progressive %v, apart %v, interval %d, low %d: a block is off by %.2f, want at most %.2f", e.sampling, e.progressive, e.apart, e.interval, e.low, off, most)
		}
	}
}

func TestPiecesMakeNoDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	b := painted(t, r, 333, 222, 90, false)
	e := &encoder{r: r, width: 100, height: 90, sampling: [][2]int{{2, 2}, {1, 1}, {1, 1}}, interval: 3}
	damaged := bytes.Clone(b)
	for i := 1000; i < len(damaged)-2; i += 511 {
		damaged[i] ^= 0x40
	}
	for name, b := range map[string][]byte{"baseline": b, "restarts": e.encode(), "damaged": damaged, "half": b[:len(b)/2]} {
		want := read(t, b, len(b))
		for _, piece := range []int{1, 2, 3, 7, 64, 4096, 16384} {
			got := read(t, b, piece)
			if got.result.Structure != want.result.Structure || got.result.Damaged != want.result.Damaged || got.result.Blocks != want.result.Blocks {
				t.Errorf("%s in pieces of %d: got %+v, want %+v", name, piece, got.result, want.result)
			}
			for at, v := range want.blocks {
				if got.blocks[at] != v {
					t.Fatalf("%s in pieces of %d: block %v is %d, want %d", name, piece, at, got.blocks[at], v)
				}
			}
		}
	}
}

func TestPictureThatEndsTooEarlyIsTruncated(t *testing.T) {
	b := painted(t, rand.New(rand.NewPCG(4, 4)), 64, 48, 80, false)
	for n := 2; n < len(b); n++ {
		if got := read(t, b[:n], n).result; got.Structure != luma.Truncated {
			t.Errorf("%d of %d bytes: got %+v, want it truncated", n, len(b), got)
		}
	}
	for _, tail := range [][]byte{nil, make([]byte, 3000), b, bytes.Repeat([]byte{0xFF}, 99)} {
		if got := read(t, slices.Concat(b, tail), 1000).result; got.Structure != luma.Whole || got.Damaged {
			t.Errorf("%d bytes behind the end: got %+v, want it whole", len(tail), got)
		}
	}
}

// TestMissingDataAreNoticed though the file has its end: a camera that skipped a part.
func TestMissingDataAreNoticed(t *testing.T) {
	b := painted(t, rand.New(rand.NewPCG(5, 5)), 320, 240, 80, false)
	for _, n := range []int{10, 300, 2000} {
		cut := slices.Concat(b[:len(b)/2], b[len(b)/2+n:])
		if got := read(t, cut, 512).result; got.Structure != luma.Whole || !got.Damaged {
			t.Errorf("%d bytes missing: got %+v, want it damaged", n, got)
		}
	}
}

// TestDamageIsOverAtTheNextRestart: what comes behind it counts.
func TestDamageIsOverAtTheNextRestart(t *testing.T) {
	e := &encoder{r: rand.New(rand.NewPCG(6, 6)), width: 320, height: 240, sampling: [][2]int{{1, 1}}, interval: 40}
	b := e.encode()
	first := bytes.Index(b, []byte{0xFF, 0xD0})
	broken := slices.Concat(b[:first-20], b[first:])
	want, got := read(t, b, 999), read(t, broken, 999)
	if !got.result.Damaged || got.result.Blocks >= want.result.Blocks || got.result.Blocks < want.result.Blocks-40 {
		t.Fatalf("got %+v, want one row of %+v missing", got.result, want.result)
	}
	for at, v := range want.blocks {
		if at.Y > 0 && got.blocks[at] != v {
			t.Fatalf("block %v is %d, want %d", at, got.blocks[at], v)
		}
	}
}

func TestWhatIsNoJPEGIsBroken(t *testing.T) {
	b := painted(t, rand.New(rand.NewPCG(7, 7)), 16, 16, 80, false)
	with := func(segments ...[]byte) []byte {
		return slices.Concat(append(append([][]byte{b[:2]}, segments...), b[2:])...)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "one byte": {0xFF}, "zeros": make([]byte, 5000), "a RAW file": append([]byte("II*\x00"), make([]byte, 100)...),
		"an end and no picture": {0xFF, 0xD8, 0xFF, 0xD9}, "no marker": append([]byte{0xFF, 0xD8}, make([]byte, 100)...),
		"a length of 1": with([]byte{0xFF, 0xE0, 0, 1}), "a frame of no components": with(segment(0xC0, []byte{8, 0, 9, 0, 9, 0})),
		"a frame too short": with(segment(0xC0, []byte{8})), "no columns": with(segment(0xC0, []byte{8, 0, 9, 0, 0, 1, 1, 0x11, 0})),
		"two frames": with(segment(0xC0, []byte{8, 0, 9, 0, 9, 1, 1, 0x11, 0})), "a scan before the frame": with(segment(0xDA, []byte{1, 1, 0, 0, 63, 0})),
		"codes that do not fit": with(segment(0xC4, append([]byte{0, 3}, append(make([]byte, 15), 1, 2, 3)...))),
		"half a table":          with(segment(0xC4, []byte{0, 1})), "half of the numbers": with(segment(0xDB, make([]byte, 30))), "a sampling of 0": with(segment(0xC0, []byte{8, 0, 9, 0, 9, 1, 1, 0, 0})),
		"a start in the middle": with([]byte{0xFF, 0xD8}),
	} {
		if got := read(t, b, 100).result; got.Structure != luma.Broken {
			t.Errorf("%s: got %+v, want it broken", name, got)
		}
	}
}

func TestPictureThatIsNotDecodedSaysWhy(t *testing.T) {
	b := painted(t, rand.New(rand.NewPCG(8, 8)), 160, 120, 80, false)
	frame := bytes.Index(b, []byte{0xFF, 0xC0})
	as := func(marker byte) []byte {
		c := bytes.Clone(b)
		c[frame+1] = marker
		return c
	}
	deep := bytes.Clone(b)
	deep[frame+4] = 12 // bits a sample
	for name, c := range map[string]struct {
		b      []byte
		pixels int
		want   luma.Unseen
	}{
		"wanted": {b, 160 * 120, ""}, "off": {b, 0, luma.Unwanted}, "large": {b, 160*120 - 1, luma.TooLarge},
		"lossless": {as(0xC3), 1e6, luma.Unsupported}, "arithmetic": {as(0xC9), 1e6, luma.Unsupported}, "12 bits": {deep, 1e6, luma.Unsupported},
	} {
		told := 0
		r := luma.New(luma.Options{MaxPixels: c.pixels, Luma: func(int, int, uint8) { told++ }})
		r.Write(c.b)
		if got := r.End(); got.Structure != luma.Whole || got.Unseen != c.want || got.Damaged || got.Width != 160 || (told > 0) != (c.want == "") {
			t.Errorf("%s: got %+v and %d blocks, want unseen %q", name, got, told, c.want)
		}
	}
}

func TestExifSegmentIsKept(t *testing.T) {
	b := painted(t, rand.New(rand.NewPCG(9, 9)), 16, 16, 80, false)
	want := append([]byte("Exif\x00\x00II*\x00"), bytes.Repeat([]byte{7}, 60_000)...)
	all := slices.Concat(b[:2], segment(0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00")), segment(0xE1, want), segment(0xE1, []byte("Exif\x00\x00")), b[2:])
	for _, piece := range []int{1, 1000, len(all)} {
		if got := read(t, all, piece).result.APP1; !bytes.Equal(got, want) {
			t.Errorf("in pieces of %d: got %d bytes, want the %d of the first", piece, len(got), len(want))
		}
	}
}

func FuzzReader(f *testing.F) {
	r := rand.New(rand.NewPCG(10, 10))
	f.Add(painted(f, r, 48, 32, 75, false), 100)
	f.Add(painted(f, r, 17, 9, 30, true), 1)
	for n := range 6 {
		e := &encoder{r: r, width: 40, height: 30, sampling: [][2]int{{2, 2}, {1, 1}, {1, 1}}, progressive: n%2 == 1, apart: n/2 == 1, interval: n / 2}
		f.Add(e.encode(), 33)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if piece < 1 {
			piece = 1
		}
		one, other := read(t, b, max(len(b), 1)).result, read(t, b, piece).result
		if one.Structure != other.Structure || one.Damaged != other.Damaged || one.Blocks != other.Blocks || one.Unseen != other.Unseen {
			t.Errorf("in pieces of %d: got %+v, want %+v", piece, other, one)
		}
		if one.Blocks > one.Across*one.Down || one.Structure == luma.Whole && one.Unseen == "" && !one.Damaged && one.Blocks != one.Across*one.Down {
			t.Errorf("got %+v", one)
		}
	})
}
