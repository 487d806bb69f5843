package picture_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

func TestRAWFilesAreTakenAsTheyCome(t *testing.T) {
	r := newRig(t, nil)
	cr2 := append(app1("2026:11:21 12:00:31")[10:], bytes.Repeat([]byte{1, 2, 3}, 100_000)...)
	for what, c := range map[string]struct {
		b    []byte
		want photo.Verdict
	}{
		"a TIFF file": {cr2, 0}, "another maker's": {append([]byte("FUJIFILMCCD-RAW 0201"), make([]byte, 999)...), 0},
		"zeros": {make([]byte, 100_000), photo.Broken}, "nothing": {nil, photo.Broken},
	} {
		e := r.check(c.b, "cr2")
		if e.Verdict != c.want || e.Unseen != "raw" {
			t.Errorf("%s: got %+v, want %q", what, e.Look, c.want)
		}
		if what == "a TIFF file" && (e.Serial != "04211" || e.Exposed.IsZero()) {
			t.Errorf("got %+v, want the camera's word", e.Look)
		}
	}
}

func TestBrightnessCanBeLeftOut(t *testing.T) {
	black := encode(t, flat(2000, 1000, 3, 3, 0), 80)
	for mp, want := range map[int]string{0: "", 1: "too-large", 2: ""} {
		r := newRig(t, func(c *picture.Config) { c.DecodeMegapixels = mp })
		verdict := photo.Black
		if mp < 2 {
			verdict = 0
		}
		if e := r.want("black", black, verdict); e.Unseen != want || e.Width != 2000 || (e.Brightness > 0) != (mp == 2) {
			t.Errorf("%d megapixels: got %+v, want unseen %q", mp, e.Look, want)
		}
	}
}

type full struct{ left int }

var errFull = errors.New("no room")

func (f *full) Write(p []byte) (int, error) {
	n := min(f.left, len(p))
	f.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestStoresErrorIsPassedOn(t *testing.T) {
	r := newRig(t, nil)
	k := r.checker.Begin(&full{left: 10}, r.shot)
	if n, err := k.Write(make([]byte, 100)); n != 10 || !errors.Is(err, errFull) {
		t.Errorf("got %d, %v, want 10 and the store's error", n, err)
	}
}

// TestBadPictureIsTakenAgainUntilThatDoesNotHelp: at each slot twice would wear the
// camera out; but what is new is worth it, and what is no whole picture always.
func TestBadPictureIsTakenAgainUntilThatDoesNotHelp(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	black, white := encode(t, flat(320, 240, 3, 3, 0), 80), encode(t, flat(320, 240, 255, 255, 0), 80)
	good := func() []byte { return encode(t, scene(t, random, 320, 240), 80) }
	r := newRig(t, nil)
	step := func(what string, b []byte, want bool) {
		t.Helper()
		var out bytes.Buffer
		k := r.checker.Begin(&out, r.shot)
		_, _ = k.Write(b)
		k.End(photo.Exposure{Format: "jpg"})
		if got := k.Again(); got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
		k.Keep(want)
	}
	step("good", good(), false)
	step("black", black, true)
	step("black still", black, false)
	step("white", white, true)
	step("black once more", black, false)
	for range 3 {
		step("torn", white[:len(white)/2], true)
	}
	step("good", good(), false)
	step("black anew", black, true)
	r.night = true
	step("night", black, false)
	r = newRig(t, func(c *picture.Config) { c.Retry = false })
	step("black, where nothing is taken again", black, false)
	step("torn, where nothing is taken again", white[:len(white)/2], false)
}

func TestBadValuesAreRefused(t *testing.T) {
	for name, change := range map[string]func(*picture.Config){
		"decode_megapixels": func(c *picture.Config) { c.DecodeMegapixels = -1 }, "small_percent": func(c *picture.Config) { c.SmallPercent = 91 },
		"black_level": func(c *picture.Config) { c.BlackLevel = 0 }, "white_level": func(c *picture.Config) { c.WhiteLevel = 255 },
		"share_percent": func(c *picture.Config) { c.SharePercent = 49 }, "clock_off": func(c *picture.Config) { c.ClockOff = time.Second },
		"alarm_after": func(c *picture.Config) { c.AlarmAfter = 1001 },
	} {
		c := picture.Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want it named", name, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	b := encode(f, scene(f, rand.New(rand.NewPCG(6, 6)), 64, 48), 70)
	f.Add(b, "jpg")
	f.Add(slices.Concat(b[:2], app1("2026:11:21 12:00:31"), b[2:]), "jpg")
	f.Add(app1("2026:11:21 12:00:31")[10:], "nef")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, b []byte, format string) {
		r := newRig(t, nil)
		e := r.check(b, format)
		if len(e.Serial) > 64 || len(e.Camera) > 64 || e.Brightness < 0 || e.Brightness > 255 || e.Width > 65535 || e.Height > 65535 {
			t.Errorf("got %+v", e)
		}
		if _, err := e.Exposed.MarshalJSON(); err != nil {
			t.Error(err)
		}
	})
}
