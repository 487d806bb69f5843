package vc0706sim

import (
	"bytes"
	"image/jpeg"
	"testing"
	"time"
)

func sceneAt(t *testing.T, now string, shot, width, height int) scene {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	return scene{name: "tempo-0001", now: at, began: at.Add(-began), shot: shot, width: width, height: height}
}

func TestPictureIsAJPEGOfTheRightSize(t *testing.T) {
	for _, register := range []byte{0x00, 0x11, 0x22} {
		w, h, _ := size(register)
		p := sceneAt(t, "2026-11-21T11:00:00Z", 1, w, h).jpeg(quality(defaultCompression))
		img, err := jpeg.Decode(bytes.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != w || b.Dy() != h {
			t.Errorf("register %02X: picture is %v, want %dx%d", register, b, w, h)
		}
		if n := len(p); w == 640 && (n < 20<<10 || n > 100<<10) {
			t.Errorf("a VGA picture has %d bytes, want some tens of KB", n)
		}
	}
}

func TestPictureTellsTimeShotAndProgress(t *testing.T) {
	noon := sceneAt(t, "2026-11-21T12:00:00Z", 1, 160, 120)
	picture := func(s scene) string { return string(s.jpeg(75)) }
	if again := picture(noon); again != picture(noon) {
		t.Error("the same scene gives two pictures")
	}
	second, shot, weeks, named := noon, noon, noon, noon
	second.now = second.now.Add(time.Second)
	shot.shot++
	weeks.began = weeks.began.Add(-2 * floorTime)
	named.name = "mach-0002"
	for what, s := range map[string]scene{"a second later": second, "the next shot": shot, "two weeks later": weeks, "another camera": named} {
		if picture(s) == picture(noon) {
			t.Errorf("%s the picture is the same", what)
		}
	}
	night := noon
	night.now = night.now.Add(12 * time.Hour)
	if noon.daylight() < 0.99 || night.daylight() > 0.01 {
		t.Errorf("daylight at noon %.2f, at midnight %.2f, want 1 and 0", noon.daylight(), night.daylight())
	}
}
