package scenesim

import (
	"bytes"
	"image/jpeg"
	"testing"
	"time"
)

func sceneAt(t *testing.T, now string, shot, width, height int) Scene {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	return Scene{Name: "tempo-0001", Now: at, Began: at.Add(-60 * 24 * time.Hour), Shot: shot, Width: width, Height: height}
}

func TestPictureIsAJPEGOfTheRightSize(t *testing.T) {
	for _, w := range []int{640, 320, 160} {
		h := w * 3 / 4
		p := sceneAt(t, "2026-11-21T11:00:00Z", 1, w, h).JPEG(77)
		img, err := jpeg.Decode(bytes.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != w || b.Dy() != h {
			t.Errorf("picture is %v, want %dx%d", b, w, h)
		}
		if n := len(p); w == 640 && (n < 20<<10 || n > 100<<10) {
			t.Errorf("a VGA picture has %d bytes, want some tens of KB", n)
		}
	}
}

func TestPictureTellsTimeShotAndProgress(t *testing.T) {
	noon := sceneAt(t, "2026-11-21T12:00:00Z", 1, 160, 120)
	picture := func(s Scene) string { return string(s.JPEG(75)) }
	if again := picture(noon); again != picture(noon) {
		t.Error("the same Scene gives two pictures")
	}
	second, shot, weeks, named := noon, noon, noon, noon
	second.Now = second.Now.Add(time.Second)
	shot.Shot++
	weeks.Began = weeks.Began.Add(-2 * floorTime)
	named.Name = "mach-0002"
	for what, s := range map[string]Scene{"a second later": second, "the next shot": shot, "two weeks later": weeks, "another camera": named} {
		if picture(s) == picture(noon) {
			t.Errorf("%s the picture is the same", what)
		}
	}
	night := noon
	night.Now = night.Now.Add(12 * time.Hour)
	if noon.daylight() < 0.99 || night.daylight() > 0.01 {
		t.Errorf("daylight at noon %.2f, at midnight %.2f, want 1 and 0", noon.daylight(), night.daylight())
	}
}
