package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestPreviewIsMarkedUntilItsPhotoIsThere(t *testing.T) {
	g := newRig(t)
	body := picture(t)
	sum := sha256.Sum256(body)
	at := morning.Add(5 * time.Second)
	m := photo.Meta{ID: photo.NewID(at, 1), Device: "north", Slot: at, Taken: at, Trigger: photo.Scheduled, ClockSynced: true,
		Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), Exposure: photo.Exposure{Format: "jpg"}}
	if err := g.o.Previews.Keep(entryOf(m), body); err != nil {
		t.Fatal(err)
	}
	g.fleet.Expect("north")
	path := "/preview/north/2026-11-21/" + string(m.ID)
	wants(t, g.text("/system/north"), "preview, photo to come", path, "No photo yet")
	if w := g.get(path, nil); w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" || !bytes.Equal(w.Body.Bytes(), body) {
		t.Errorf("the preview: %d %q, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
	if w := g.get("/photo/north/2026-11-21/"+string(m.ID), nil); w.Code != 404 {
		t.Errorf("the page of a photo that is to come: %d, want 404", w.Code)
	}
	if strings.Contains(g.text("/"), path) {
		t.Error("the list of systems shows a preview as a photo")
	}
	from := filepath.Join(g.dir, "upload")
	if err := os.WriteFile(from, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := g.arch.File(m, from); err != nil {
		t.Fatal(err)
	}
	if page := g.text("/system/north"); strings.Contains(page, "preview") {
		t.Errorf("the preview is shown beside its photo:\n%s", page)
	}
	for _, path := range []string{path, "/preview/north/2026-11-21/..%2F..%2Fx", "/preview/north/x/" + string(m.ID), "/preview/..%2F/2026-11-21/" + string(m.ID)} {
		if w := g.get(path, nil); w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}
