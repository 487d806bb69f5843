package shuttersim_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// hand presses the lines of a simulated camera.
type hand struct {
	tb         testing.TB
	dir        string
	full, half hal.Output
	camera     *shuttersim.Camera
}

func newHand(tb testing.TB, o shuttersim.Options) *hand {
	tb.Helper()
	h := &hand{tb: tb, dir: tb.TempDir()}
	o.Dir = h.dir
	b := sim.New()
	h.camera = shuttersim.New(o)
	h.camera.Wire(b.AddLine("full"), b.AddLine("half"))
	var err error
	if h.full, err = b.OpenOutput(hal.Line{Name: "full"}, false); err != nil {
		tb.Fatal(err)
	}
	if h.half, err = b.OpenOutput(hal.Line{Name: "half"}, false); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.camera.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return h
}

// press presses both lines, or the full one alone.
func (h *hand) press(both bool) {
	h.tb.Helper()
	for _, on := range []bool{true, false} {
		if both {
			if err := h.half.Set(on); err != nil {
				h.tb.Fatal(err)
			}
		}
		if err := h.full.Set(on); err != nil {
			h.tb.Fatal(err)
		}
	}
}

func (h *hand) want(what string, want shuttersim.Count) {
	h.tb.Helper()
	if got := h.camera.Count(); got != want {
		h.tb.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func (h *hand) files() (names []string) {
	h.tb.Helper()
	names, err := filepath.Glob(filepath.Join(h.dir, "DCIM", "*", "*"))
	if err != nil {
		h.tb.Fatal(err)
	}
	return names
}

func TestItDoesWhatCamerasDoWrong(t *testing.T) {
	for name, c := range map[string]struct {
		o    shuttersim.Options
		do   func(h *hand)
		want shuttersim.Count
	}{
		"without a half-press": {shuttersim.Options{NeedsHalf: true}, func(h *hand) { h.press(false); h.press(true) },
			shuttersim.Count{Pressed: 2, Exposed: 1, Written: 1}},
		"a full buffer": {shuttersim.Options{Buffer: 2, WriteTime: time.Minute}, func(h *hand) { h.press(true); h.press(true); h.press(true) },
			shuttersim.Count{Pressed: 3, Exposed: 2, Written: 2}},
		"a full card": {shuttersim.Options{CardBytes: int64(len(shuttersim.JPEG(1, time.Now(), time.UTC, false))) * 3 / 2}, func(h *hand) { h.press(true); h.press(true) },
			shuttersim.Count{Pressed: 2, Exposed: 2, Written: 1, Lost: 1}},
		"asleep": {shuttersim.Options{SleepAfter: time.Minute, WakeTime: time.Second}, func(h *hand) {
			time.Sleep(2 * time.Minute)
			h.press(true)
			time.Sleep(2 * time.Second)
			h.press(true)
		}, shuttersim.Count{Pressed: 2, Exposed: 1, Written: 1}},
		"off": {shuttersim.Options{}, func(h *hand) { h.camera.Power(false); h.press(true) }, shuttersim.Count{Pressed: 1}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHand(t, c.o)
			c.do(h)
			time.Sleep(5 * time.Minute)
			h.want(name, c.want)
			if n := len(h.files()); n != c.want.Written {
				t.Errorf("%s: %d files, want %d", name, n, c.want.Written)
			}
		})
	}
}

func TestAPowerCutLeavesAHalfWrittenFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHand(t, shuttersim.Options{WriteTime: 10 * time.Second})
		h.press(true)
		h.press(true)
		time.Sleep(5 * time.Second)
		h.camera.Power(false)
		time.Sleep(time.Minute)
		h.want("cut", shuttersim.Count{Pressed: 2, Exposed: 2, Lost: 2})
		files := h.files()
		if len(files) != 1 {
			t.Fatalf("%v, want the file that was being written", files)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(b)); err == nil {
			t.Error("the file is whole")
		}
	})
}

func TestItsFilesArePicturesAndItsNumbersBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHand(t, shuttersim.Options{First: 9999, RAW: true})
		h.press(true)
		time.Sleep(time.Second)
		h.press(true)
		time.Sleep(time.Second)
		for _, name := range []string{"100FIELD/IMG_9999.JPG", "100FIELD/IMG_9999.CR2", "101FIELD/IMG_0001.JPG", "101FIELD/IMG_0001.CR2"} {
			b, err := os.ReadFile(filepath.Join(h.dir, "DCIM", name))
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(name) == ".JPG" {
				if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}
