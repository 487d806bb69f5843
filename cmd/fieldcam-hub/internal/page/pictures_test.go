package page

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"fieldcam/capture/photo"
)

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	g := newRig(t)
	g.photo("north", 1, picture(t), "jpg")
	tag := g.get("/", nil).Header().Get("ETag")
	known := func(q *http.Request) { q.Header.Set("If-None-Match", tag) }
	if w := g.get("/", known); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("unchanged: %d, %d bytes; want 304", w.Code, w.Body.Len())
	}
	g.photo("north", 2, picture(t), "jpg")
	if w := g.get("/", known); w.Code != 200 {
		t.Errorf("after a photo: %d, want 200", w.Code)
	}
}

func TestPicturesComeAsTheyAreAndSmall(t *testing.T) {
	g := newRig(t)
	body := picture(t)
	m := g.photo("north", 1, body, "jpg")
	raw := g.photo("north", 2, []byte("<html><script>alert(1)</script>"), "html")
	bad := g.photo("north", 3, body[:len(body)/2], "jpg")
	w := g.get("/image/north/2026-11-21/"+string(m.ID), nil)
	if !bytes.Equal(w.Body.Bytes(), body) || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("image: %d, %d bytes, %s", w.Code, w.Body.Len(), w.Header().Get("Content-Type"))
	}
	w = g.get("/small/s/north/2026-11-21/"+string(m.ID), nil)
	if cfg, err := jpeg.DecodeConfig(w.Body); err != nil || cfg.Width != 320 {
		t.Errorf("small: %v, %v", cfg.Width, err)
	}
	w = g.get("/image/north/2026-11-21/"+string(raw.ID), nil)
	if w.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("a device's own HTML: %v", w.Header())
	}
	for _, m := range []photo.Meta{raw, bad} {
		if w := g.get("/small/s/north/2026-11-21/"+string(m.ID), nil); w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" {
			t.Errorf("small of .%s: %d, %s; want the placeholder", m.Format, w.Code, w.Header().Get("Content-Type"))
		}
	}
	wants(t, g.text("/photo/north/2026-11-21/"+string(raw.ID)), "No preview of a .html file")
}

func TestManySystemsAndPhotosAreCutIntoPages(t *testing.T) {
	g := newRig(t)
	for i := range 100 {
		g.fleet.Expect(fmt.Sprintf("pole-%03d", i))
	}
	page := g.text("/")
	wants(t, page, "Find a system", "Page 1 of 3", "pole-000", "pole-047")
	if strings.Contains(page, "pole-048") {
		t.Error("page 1 holds too much")
	}
	wants(t, g.text("/?page=3"), "Page 3 of 3", "pole-099")
	wants(t, g.text("/?page=99"), "Page 3 of 3")
	wants(t, g.text("/?page=-1"), "Page 1 of 3")
	if page := g.text("/?q=POLE-07"); strings.Count(page, "<article") != 10 {
		t.Errorf("search found %d, want 10", strings.Count(page, "<article"))
	}
	wants(t, g.text("/?q=zebra"), "No system is called like", "zebra")
	for i := range 65 {
		g.photo("pole-001", i+1, []byte("x"), "jpg")
	}
	if page := g.text("/system/pole-001"); strings.Count(page, "/small/s/") != 60 {
		t.Errorf("%d photos on a page, want 60", strings.Count(page, "/small/s/"))
	}
	wants(t, g.text("/system/pole-001?day=2026-11-21&page=2"), "Page 2 of 2", "65 photos", "07:00:05")
}
