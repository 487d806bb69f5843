package picture_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// scene is a picture of some things, with the noise of a sensor: no two are alike.
func scene(tb testing.TB, r *rand.Rand, w, h int) *image.Gray {
	tb.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 60 + 80*x/w + 60*(y/(h/4+1)%2) + 30*(x/(w/7+1)%2)
			m.SetGray(x, y, color.Gray{uint8(v + r.IntN(9) - 4)})
		}
	}
	return m
}

// flat is a picture of one level, but for a share of its blocks in thousandths.
func flat(w, h int, level, rest uint8, thousandths int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := level
			if y/8*(w/8)+x/8 < w/8*(h/8)*thousandths/1000 {
				v = rest
			}
			m.SetGray(x, y, color.Gray{v})
		}
	}
	return m
}

func encode(tb testing.TB, m image.Image, quality int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// rig is a Checker whose site has night or not.
type rig struct {
	tb           testing.TB
	checker      *picture.Checker
	night, known bool
	shot         photo.Shot
}

func newRig(tb testing.TB, change func(*picture.Config), recent ...photo.Meta) *rig {
	tb.Helper()
	cfg := picture.Default()
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	r := &rig{tb: tb, known: true, shot: photo.Shot{Taken: noon, ClockSynced: true}}
	r.checker = picture.New(cfg, picture.Options{Night: func(time.Time) (bool, bool) { return r.night, r.known }, Recent: recent})
	return r
}

// check is what becomes of a picture; it is kept.
func (r *rig) check(b []byte, format string) photo.Exposure {
	r.tb.Helper()
	var out bytes.Buffer
	k := r.checker.Begin(&out, r.shot)
	for rest := b; len(rest) > 0; {
		n := min(1000, len(rest))
		if got, err := k.Write(rest[:n]); got != n || err != nil {
			r.tb.Fatalf("Write of %d bytes: %d, %v", n, got, err)
		}
		rest = rest[n:]
	}
	if !bytes.Equal(out.Bytes(), b) {
		r.tb.Fatalf("%d bytes came out, want the %d that went in", out.Len(), len(b))
	}
	e := k.End(photo.Exposure{Format: format})
	k.Keep(false)
	return e
}

func (r *rig) want(what string, b []byte, want photo.Verdict) photo.Exposure {
	r.tb.Helper()
	e := r.check(b, "jpg")
	if e.Verdict != want {
		r.tb.Errorf("%s: got %q, want %q", what, e.Verdict, want)
	}
	return e
}

func TestGoodPicturesAreGood(t *testing.T) {
	r, random := newRig(t, nil), rand.New(rand.NewPCG(1, 1))
	for _, size := range []image.Point{{160, 120}, {320, 240}, {640, 480}, {24, 16}} {
		for _, quality := range []int{25, 60, 95} {
			for range 3 {
				e := r.want(size.String(), encode(t, scene(t, random, size.X, size.Y), quality), 0)
				if e.Width != size.X || e.Height != size.Y || e.Brightness < 60 || e.Unseen != "" {
					t.Errorf("got %+v", e.Look)
				}
			}
		}
	}
}

func TestPictureThatIsNotWholeIsSaidToBe(t *testing.T) {
	r := newRig(t, nil)
	b := encode(t, scene(t, rand.New(rand.NewPCG(2, 2)), 320, 240), 80)
	hole := slices.Concat(b[:len(b)/2], b[len(b)/2+500:])
	for what, c := range map[string]struct {
		b    []byte
		want photo.Verdict
	}{
		"half": {b[:len(b)/2], photo.Truncated}, "without its end": {b[:len(b)-2], photo.Truncated}, "its first bytes": {b[:100], photo.Truncated},
		"a hole": {hole, photo.Damaged}, "nothing": {nil, photo.Broken}, "zeros": {make([]byte, 1000), photo.Broken},
		"a page": {[]byte("<html>not found</html>"), photo.Broken}, "ones": {bytes.Repeat([]byte{0xFF}, 1000), photo.Broken},
		"zeros behind it": {slices.Concat(b, make([]byte, 4096)), 0},
	} {
		e := r.want(what, c.b, c.want)
		if e.Verdict.Bad() != (c.want != 0) || e.Verdict.Unusable() != (c.want != 0) {
			t.Errorf("%s: bad %v, unusable %v", what, e.Verdict.Bad(), e.Verdict.Unusable())
		}
	}
}

func TestBlackByDayIsAFaultAndNightIsNone(t *testing.T) {
	for _, c := range []struct {
		what                 string
		night, known, synced bool
		want                 photo.Verdict
	}{
		{"day", false, true, true, photo.Black}, {"night", true, true, true, photo.Dark},
		{"no coordinates", false, false, true, photo.Dark}, {"no clock", false, true, false, photo.Dark},
	} {
		r := newRig(t, nil)
		r.night, r.known, r.shot.ClockSynced = c.night, c.known, c.synced
		for range 3 { // nor is it unchanged
			e := r.want(c.what, encode(t, flat(320, 240, 3, 120, 10), 80), c.want)
			if e.Verdict.Bad() != (c.want == photo.Black) {
				t.Errorf("%s: bad %v", c.what, e.Verdict.Bad())
			}
		}
		r.want(c.what+", a lamp", encode(t, flat(320, 240, 3, 120, 30), 80), 0)
	}
}

func TestWhitePictureIsBlownOut(t *testing.T) {
	r := newRig(t, nil)
	r.want("white", encode(t, flat(320, 240, 255, 90, 10), 80), photo.BlownOut)
	r.want("snow", encode(t, flat(320, 240, 255, 90, 30), 80), 0)
	r.want("fog", encode(t, flat(320, 240, 240, 90, 0), 80), 0)
}

// TestFrozenPictureIsUnchanged, whatever text the camera lays over it, and in whatever
// quality; a still scene is not.
func TestFrozenPictureIsUnchanged(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, size := range []image.Point{{160, 120}, {640, 480}} {
		for _, quality := range []int{25, 50, 90} {
			r := newRig(t, nil)
			m := scene(t, random, size.X, size.Y)
			r.want("the first", encode(t, m, quality), 0)
			r.want("the same", encode(t, m, quality), photo.Unchanged)
			for x := range size.X { // a text in the top eighth
				m.SetGray(x, size.Y/20, color.Gray{uint8(x * 13)})
			}
			if size.X >= 640 || quality >= 90 {
				r.want("the same with another text", encode(t, m, quality), photo.Unchanged)
			}
			r.want("a still scene", encode(t, scene(t, random, size.X, size.Y), quality), 0)
		}
	}
	r := newRig(t, nil)
	tiny := encode(t, scene(t, random, 32, 24), 80)
	for range 2 { // of which little can be said
		r.want("a tiny one", tiny, 0)
	}
}

func TestFileFarSmallerThanTheLastIsSmall(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	good := func() []byte { return encode(t, scene(t, random, 320, 240), 90) }
	grey := encode(t, flat(320, 240, 128, 128, 0), 90)
	r := newRig(t, nil)
	for range 4 {
		r.want("good", good(), 0)
	}
	r.want("too early to tell", grey, 0)
	r.want("good", good(), 0)
	r.want("grey", grey, photo.Small)
	r.night = true
	r.want("grey at night", grey, 0)
	r.night = false
	r.want("of other dimensions", encode(t, flat(160, 120, 128, 130, 100), 90), 0)
	off := newRig(t, func(c *picture.Config) { c.SmallPercent = 0 })
	for range 6 {
		off.want("good", good(), 0)
	}
	off.want("grey, where it does not matter", grey, 0)
}

// TestSizesComeBackAfterARestart from the photos that the store has.
func TestSizesComeBackAfterARestart(t *testing.T) {
	var recent []photo.Meta
	for range 20 {
		recent = append(recent, photo.Meta{Size: 60_000, Exposure: photo.Exposure{Format: "jpg", Look: photo.Look{Width: 320, Height: 240}}})
	}
	torn := photo.Meta{Size: 10, Exposure: photo.Exposure{Format: "jpg", Look: photo.Look{Verdict: photo.Broken}}}
	r := newRig(t, nil, append([]photo.Meta{torn}, recent...)...)
	r.want("grey", encode(t, flat(320, 240, 128, 130, 100), 90), photo.Small)
}

func TestCamerasWordIsKept(t *testing.T) {
	b := encode(t, scene(t, rand.New(rand.NewPCG(5, 5)), 64, 48), 80)
	with := func(at string) []byte { return slices.Concat(b[:2], app1(at), b[2:]) }
	r := newRig(t, nil)
	e := r.want("on time", with("2026:11:21 12:00:31"), 0)
	if e.Camera != "Pole 5" || e.Serial != "04211" || !e.Exposed.Equal(noon.Add(31*time.Second)) {
		t.Errorf("got %+v", e)
	}
	r.want("off by an hour", with("2026:11:21 13:00:31"), photo.ClockOff)
	r.want("in 2000", with("2000:01:01 00:00:00"), photo.ClockOff)
	if e := r.want("a time that is none", with("9999:99:99 99:99:99"), 0); !e.Exposed.IsZero() {
		t.Errorf("got %v", e.Exposed)
	}
	r.shot.ClockSynced = false
	if e := r.want("where ours is not set", with("2000:01:01 00:00:00"), 0); e.Verdict.Bad() {
		t.Error("it is bad")
	}
	var out bytes.Buffer
	k := r.checker.Begin(&out, r.shot)
	_, _ = k.Write(with("2026:11:21 12:00:31"))
	if e := k.End(photo.Exposure{Camera: "VC0706 1.00", Format: "jpg"}); e.Camera != "VC0706 1.00" {
		t.Errorf("got %q, want what the driver said", e.Camera)
	}
}

// app1 is an Exif segment of a camera, whose exposure was at a time.
func app1(at string) []byte {
	order := binary.LittleEndian
	b := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00")
	const entries, start = 3, 8
	texts, where := []string{"Pole 5\x00", at + "\x00", "04211\x00"}, start+2+12*(entries+1)+4+2+12*2+4
	text := func(tag uint16, s string) {
		b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), 2), uint32(len(s)))
		b = order.AppendUint32(b, uint32(where))
		where += len(s)
	}
	b = order.AppendUint16(b, 2)
	text(0x0110, texts[0])
	b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x8769), 4), 1), start+2+12*2+4)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 2)
	text(0x9003, texts[1])
	text(0xA431, texts[2])
	b = order.AppendUint32(b, 0)
	b = append(b, make([]byte, 6+start+2+12*(entries+1)+4+2+12*2+4-len(b))...)
	b = append(b, strings.Join(texts, "")...)
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(b)+2)), b...)
}
