package receiver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"fieldcam/agent/identity"
	"fieldcam/capture/photo"
	destination "fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
)

// smallOf is a thumbnail of s, as an upload of its own.
func smallOf(t testing.TB, s shot, side int) shot {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, side, side*3/4)), nil); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b.Bytes())
	return shot{s.device, s.id, b.Bytes(), map[string]string{
		"role": "thumbnail", "photo": string(s.id), "device": s.device, "slot": s.meta["slot"], "taken": s.meta["taken"],
		"sha256": hex.EncodeToString(sum[:]), "format": "jpg",
	}}
}

// sendTo sends a thumbnail's bytes to where its creation said.
func (g *rig) sendTo(small shot, location string, body []byte) answer {
	g.t.Helper()
	return g.do("PATCH", g.srv.URL+location, small.device, map[string]string{
		"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}, bytes.NewReader(body))
}

// wantPreviews checks which previews the device's folder holds.
func (g *rig) wantPreviews(want ...shot) {
	g.t.Helper()
	var got []string
	if _, err := os.Stat(filepath.Join(g.dir, "previews")); err == nil {
		got = g.files("previews")
	}
	if len(got) != len(want) {
		g.t.Errorf("previews %q, want %d", got, len(want))
		return
	}
	for i, s := range want {
		if b, err := os.ReadFile(filepath.Join(g.dir, "previews", got[i])); err != nil || !bytes.Equal(b, s.body) {
			g.t.Errorf("%s: %d bytes, %v, want the %d that were sent", got[i], len(b), err, len(s.body))
		}
	}
}

func TestThumbnailIsKeptUntilItsPhotoIsThere(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 10_000)
	small := smallOf(t, s, 320)
	for range 2 { // twice is one
		a := g.post(small)
		g.want("POST", a, 201, -1)
		g.want("HEAD before", g.do("HEAD", g.srv.URL+a.location, "north", nil, nil), 200, 0)
		g.want("PATCH", g.sendTo(small, a.location, small.body), 204, int64(len(small.body)))
		g.wantPreviews(small)
		g.open()
	}
	g.want("HEAD of the photo", g.head(s), 404, -1)
	g.want("POST of the photo", g.post(s), 201, -1)
	g.want("HEAD of its upload", g.head(s), 200, 0)
	g.want("PATCH of the photo", g.patch(s, 0, bytes.NewReader(s.body)), 204, 10_000)
	g.wantFiled(s)
	g.wantPreviews()
	a := g.post(small)
	g.want("POST after the photo", a, 201, int64(len(small.body)))
	g.want("HEAD after the photo", g.do("HEAD", g.srv.URL+a.location, "north", nil, nil), 200, int64(len(small.body)))
	g.want("PATCH after the photo", g.sendTo(small, a.location, small.body), 409, -1)
	g.wantFiled(s)
	g.wantPreviews()
}

func TestThumbnailBesideAHalfPhotoChangesNothingOfIt(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 100_000)
	small := smallOf(t, s, 320)
	g.want("POST", g.post(s), 201, -1)
	g.cutPatch(s, 40_000)
	a := g.post(small)
	g.want("POST of the thumbnail", a, 201, -1)
	g.want("PATCH of the thumbnail", g.sendTo(small, a.location, small.body), 204, int64(len(small.body)))
	g.want("HEAD", g.head(s), 200, 40_000)
	g.want("POST again", g.post(s), 201, 40_000)
	g.want("PATCH", g.patch(s, 40_000, bytes.NewReader(s.body[40_000:])), 204, 100_000)
	g.wantFiled(s)
}

func TestThumbnailThatCannotBeUsedLeavesNothing(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 10_000)
	small := smallOf(t, s, 320)
	for what, change := range map[string]func(map[string]string){
		"no photo":           func(m map[string]string) { delete(m, "photo") },
		"a path for a photo": func(m map[string]string) { m["photo"] = "../../x" },
		"no slot":            func(m map[string]string) { delete(m, "slot") },
		"no hash":            func(m map[string]string) { m["sha256"] = "x" },
		"an unknown role":    func(m map[string]string) { m["role"] = "film" },
		"a photo of a role":  func(m map[string]string) { maps.Copy(m, s.meta); m["role"] = "film" },
	} {
		bad := small
		bad.meta = maps.Clone(small.meta)
		change(bad.meta)
		g.want(what, g.post(bad), 400, -1)
	}
	other := small
	other.meta = maps.Clone(small.meta)
	other.meta["device"] = "south"
	g.want("another's", g.post(other), 403, -1)
	for what, length := range map[string]string{"nothing": "0", "too much": "65537", "no length": "x"} {
		g.want(what, g.do("POST", g.srv.URL+Path, "north", map[string]string{"Upload-Length": length, "Upload-Metadata": encode(small.meta)}, nil), 400, -1)
	}
	a := g.post(small)
	wrong := bytes.Clone(small.body)
	wrong[len(wrong)/2] ^= 1
	g.want("wrong bytes", g.sendTo(small, a.location, wrong), 460, -1)
	g.want("half of it", g.sendTo(small, a.location, small.body[:100]), 400, -1)
	g.want("more than it", g.sendTo(small, a.location, append(bytes.Clone(small.body), 1)), 400, -1)
	for what, body := range map[string][]byte{
		"no JPEG":       bytes.Repeat([]byte("x"), 1000),
		"half a JPEG":   small.body[:len(small.body)/2],
		"a large photo": smallOf(t, s, 800).body,
	} {
		sum := sha256.Sum256(body)
		odd := shot{"north", s.id, body, maps.Clone(small.meta)}
		odd.meta["sha256"] = hex.EncodeToString(sum[:])
		g.want(what, g.sendTo(odd, g.post(odd).location, body), 422, -1)
	}
	at := g.srv.URL + a.location
	g.want("another offset", g.do("PATCH", at, "north", map[string]string{"Upload-Offset": "1", "Content-Type": "application/offset+octet-stream"}, nil), 409, -1)
	g.want("another type", g.do("PATCH", at, "north", map[string]string{"Upload-Offset": "0"}, nil), 415, -1)
	g.want("another method", g.do("GET", at, "north", nil, nil), 405, -1)
	g.want("another device", g.do("HEAD", at, "south", nil, nil), 404, -1)
	g.want("another version", g.do("HEAD", at, "north", map[string]string{"Tus-Resumable": "0.2.2"}, nil), 412, -1)
	g.want("a stranger", g.do("HEAD", at, "", nil, nil), 401, -1)
	for _, q := range []string{"", "?day=..&size=1&sha256=" + small.meta["sha256"], "?day=2026-11-21&size=9999999&sha256=" + small.meta["sha256"], "?day=2026-11-21&size=10&sha256=x"} {
		g.want(q, g.do("HEAD", g.url(s)+"/thumbnail"+q, "north", nil, nil), 404, -1)
	}
	g.free = func(string) (uint64, error) { return diskReserve - 1, nil }
	g.want("a full disk", g.sendTo(small, a.location, small.body), 507, -1)
	g.wantFiled()
}

// The controller's own client is what sends thumbnails in the field.
func TestControllersClientSendsThumbnailAndPhoto(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 10_000)
	small := smallOf(t, s, 320)
	who, err := identity.Open(identity.Config{Password: "northnorth"}, "north", nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := destination.Default()
	cfg.URL = g.srv.URL + Path
	c, err := tus.New(cfg, tus.Options{Identity: who, Device: "north"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	m := photo.Meta{ID: s.id, Device: "north", Slot: s.id.Time(), Taken: s.id.Time(), Trigger: photo.Scheduled, ClockSynced: true,
		Size: int64(len(s.body)), SHA256: s.meta["sha256"], Exposure: photo.Exposure{Format: "jpg"}}
	for range 2 {
		if err := c.UploadThumbnail(t.Context(), m, small.body); err != nil {
			t.Fatal(err)
		}
		g.wantPreviews(small)
	}
	if err := c.Upload(t.Context(), m, bytes.NewReader(s.body)); err != nil {
		t.Fatal(err)
	}
	if err := c.UploadThumbnail(t.Context(), m, small.body); err != nil {
		t.Fatal(err)
	}
	g.wantFiled(s)
}

func TestConnectionIsKeptAfterAThumbnail(t *testing.T) {
	g := newRig(t)
	small := smallOf(t, newShot("north", 1, 10_000), 320)
	location := g.post(small).location
	q, err := http.NewRequest("PATCH", g.srv.URL+location, bytes.NewReader(small.body))
	if err != nil {
		t.Fatal(err)
	}
	q.SetBasicAuth("north", "northnorth")
	for k, v := range map[string]string{"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"} {
		q.Header.Set(k, v)
	}
	a, err := g.srv.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != 204 || a.Close || a.Header.Get("Upload-Offset") != strconv.Itoa(len(small.body)) {
		t.Errorf("%v, status %d, closed: %v: the photo needs another connection", err, a.StatusCode, a.Close)
	}
}
