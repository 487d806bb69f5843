package receiver

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

func TestDeviceReachesItsOwnUploadsOnly(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	g.want("POST", g.post(s), 201, -1)
	thief := s
	thief.device = "south" // signs in as south
	g.want("POST in another's name", g.post(thief), 403, -1)
	head := map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
	g.want("HEAD", g.do("HEAD", g.url(s), "south", nil, nil), 404, -1)
	g.want("PATCH", g.do("PATCH", g.url(s), "south", head, bytes.NewReader(s.body)), 404, -1)
	g.want("HEAD by nobody", g.do("HEAD", g.url(s), "", nil, nil), 401, -1)
	g.want("PATCH by nobody", g.do("PATCH", g.url(s), "", head, bytes.NewReader(s.body)), 401, -1)
	g.want("POST by a stranger", g.do("POST", g.srv.URL+Path, "east", nil, nil), 401, -1)
	// Two devices may have made the same ID; each has its own photo.
	twin := newShot("south", 7, 300)
	twin.id, twin.meta["id"] = s.id, string(s.id)
	g.want("POST of the twin", g.post(twin), 201, -1)
	g.want("PATCH of the twin", g.patch(twin, 0, bytes.NewReader(twin.body)), 204, 300)
	g.want("HEAD of the first", g.head(s), 200, 0)
	g.want("PATCH of the first", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.wantFiled(s, twin)
}

func TestHostileMetadataIsRefusedForGood(t *testing.T) {
	g := newRig(t)
	long := strings.Repeat("a", 200)
	for key, values := range map[string][]string{
		"id": {"", "x", "../../../etc/passwd", "20261121T070000Z-000001-9f3ac1/..", "20261121T070000Z-000001-9f3ac1\x00",
			"20261121T070000Z-000001-9F3AC1", "20269921T070000Z-000001-9f3ac1", "20261121T070000Z-000001-9f3ac1\n"},
		"device":  {"", ".", "..", "../north", "north/..", "north\x00", "$SYS", long},
		"format":  {"", "json", "JPG", "jpg/../../x", ".", "..", "j\x00", "abcdefghi", "jp g"},
		"slot":    {"", "yesterday", "2026-11-21", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", long},
		"taken":   {"", "now", "+002026-11-21T07:00:00Z"},
		"sha256":  {"", "00", strings.Repeat("G", 64), strings.Repeat("A", 64), strings.Repeat("0", 65)},
		"session": {long, "a\nb", "\x1b[2J", "\xff", "\u202egpj"},
		"trigger": {"", "<script>", long},
		"clock":   {"", "maybe"},
	} {
		for _, v := range values {
			s := newShot("north", 1, 100)
			s.meta = maps.Clone(s.meta)
			s.meta[key] = v
			if a := g.post(s); a.status != 400 || a.location != "" {
				t.Errorf("%s %q: got %d, Location %q; want 400", key, v, a.status, a.location)
			}
		}
	}
	s := newShot("north", 1, 100)
	for _, length := range []string{"", "0", "-1", "x", strconv.Itoa(MaxBytes + 1), "99999999999999999999"} {
		a := g.do("POST", g.srv.URL+Path, "north", map[string]string{"Upload-Length": length, "Upload-Metadata": encode(s.meta)}, nil)
		if a.status != 400 && a.status != 413 {
			t.Errorf("length %q: got %d, want 400 or 413", length, a.status)
		}
	}
	for _, raw := range []string{"", ",", "id", "id !!!", strings.Repeat("a", maxMetadata+1)} {
		a := g.do("POST", g.srv.URL+Path, "north", map[string]string{"Upload-Length": "100", "Upload-Metadata": raw}, nil)
		if a.status != 400 {
			t.Errorf("metadata %.20q: got %d, want 400", raw, a.status)
		}
	}
	g.wantFiled()
}

func TestHostilePathsReachNothing(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 100)
	g.want("POST", g.post(s), 201, -1)
	for _, path := range []string{
		"north", "north/", "north/x", "north/" + string(s.id) + ".info", "north/" + string(s.id) + "/", "north//" + string(s.id),
		"../uploads/north/" + string(s.id), "north/%2e%2e/north/" + string(s.id), "..%2f..%2fetc%2fpasswd", "north%2f..%2fsouth", "%00",
		"north/" + string(s.id) + "%00", "%6eorth%2f" + string(s.id) + "%3f", ".", "..", "NORTH/" + string(s.id),
	} {
		for _, method := range []string{"HEAD", "PATCH"} {
			q, err := http.NewRequest(method, g.srv.URL+Path+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.URL.Opaque = "//" + q.URL.Host + Path + path // exactly these bytes on the wire
			q.SetBasicAuth("north", "northnorth")
			q.Header.Set("Tus-Resumable", "1.0.0")
			q.Header.Set("Upload-Offset", "0")
			q.Header.Set("Content-Type", "application/offset+octet-stream")
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			resp, err := client.Do(q)
			if err != nil {
				continue // the HTTP server itself refused it
			}
			resp.Body.Close()
			if resp.StatusCode < 300 {
				t.Errorf("%s %s: got %d", method, path, resp.StatusCode)
			}
		}
	}
	g.want("HEAD", g.head(s), 200, 0)
}

func TestOnlyTheseMethods(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 100)
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 100)
	for _, method := range []string{"GET", "DELETE", "PUT", "POST"} {
		g.want(method, g.do(method, g.url(s), "north", nil, nil), 405, -1)
	}
	override := map[string]string{"X-HTTP-Method-Override": "DELETE", "Upload-Length": "100", "Upload-Metadata": encode(s.meta)}
	g.want("override", g.do("POST", g.srv.URL+Path, "north", override, nil), 201, 100)
	g.want("GET of the root", g.do("GET", g.srv.URL+Path, "north", nil, nil), 405, -1)
	g.want("OPTIONS", g.do("OPTIONS", g.srv.URL+Path, "north", nil, nil), 204, -1)
	g.wantFiled(s)
}

func TestTooManyBytesDoNotHarm(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 1_000)
	g.want("POST", g.post(s), 201, -1)
	long := append(bytes.Clone(s.body), "and more"...)
	g.want("PATCH with a length", g.patch(s, 0, bytes.NewReader(long)), 413, -1)
	// Without a Content-Length the surplus shows only at the end.
	a := g.patch(s, 0, struct{ *bytes.Reader }{bytes.NewReader(long)})
	if a.err == nil && a.status < 400 {
		t.Errorf("chunked PATCH: got %d", a.status)
	}
	g.want("HEAD", g.head(s), 200, 1_000)
	g.wantFiled(s)
}

func TestEveryRefusalNamesTheProtocol(t *testing.T) {
	g := newRig(t)
	id := string(newShot("north", 1, 1).id)
	for _, c := range []struct {
		method, path, user string
		want               int
	}{
		{"POST", "", "", 401}, {"POST", "", "east", 401}, {"GET", "", "north", 405}, {"HEAD", "south/" + id, "north", 404}, {"DELETE", "north/" + id, "north", 405},
		{"PATCH", "north/x", "north", 404}, {"HEAD", "../elsewhere", "north", 404},
	} {
		q, err := http.NewRequest(c.method, g.srv.URL+Path+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.user != "" {
			q.SetBasicAuth(c.user, c.user+c.user)
		}
		resp, err := g.srv.Client().Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Tus-Resumable"); resp.StatusCode != c.want || got != "1.0.0" {
			t.Errorf("%s %s by %q: got %d, Tus-Resumable %q; want %d, 1.0.0", c.method, c.path, c.user, resp.StatusCode, got, c.want)
		}
	}
}

func TestUnfinishedUploadsOfOneDeviceAreBounded(t *testing.T) {
	g := newRig(t)
	first := newShot("north", 1, 100)
	g.want("POST of the oldest", g.post(first), 201, -1)
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(g.r.store.binPath("north/"+string(first.id)), past, past); err != nil {
		t.Fatal(err)
	}
	for i := range maxHalves - 1 {
		path := g.r.store.binPath(fmt.Sprintf("north/filler-%d", i))
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.WriteFile(path+".info", nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	g.want("HEAD of the oldest", g.head(first), 200, 0)
	next := newShot("north", 2, 100)
	g.want("POST of one more", g.post(next), 201, -1)
	g.want("HEAD of the newest", g.head(next), 200, 0)
	g.want("HEAD of the oldest", g.head(first), 404, -1)
	if n := len(g.files("uploads")); n != 2*maxHalves {
		t.Errorf("%d files, want %d", n, 2*maxHalves)
	}
	other := newShot("south", 3, 100)
	g.want("POST of another device", g.post(other), 201, -1)
	if n := len(g.files("uploads/north")); n != 2*maxHalves {
		t.Errorf("another device's upload cost %d files", 2*maxHalves-n)
	}
}

func FuzzMetadataIsSafeOrRefused(f *testing.F) {
	s := newShot("north", 1, 100)
	f.Add(s.meta["id"], s.meta["device"], s.meta["slot"], s.meta["sha256"], s.meta["session"], s.meta["format"], int64(1))
	f.Add("../x", "..", "9999-12-31T23:59:59-23:59", "", "\x00", "../jpg", int64(-1))
	f.Fuzz(func(t *testing.T, id, device, slot, sum, session, format string, size int64) {
		m, err := parseMeta(device, map[string]string{"id": id, "device": device, "slot": slot, "taken": slot, "sha256": sum,
			"session": session, "trigger": "schedule", "format": format, "clock": "synced"}, size)
		if err != nil {
			return
		}
		if _, err := photo.ParseID(string(m.ID)); err != nil {
			t.Error(err)
		}
		if err := photo.CheckDevice(m.Device); err != nil {
			t.Error(err)
		}
		if err := archive.CheckFormat(m.Format); err != nil {
			t.Error(err)
		}
		day := m.Slot.Format("2006-01-02")
		if path := m.Device + day + string(m.ID) + m.Format; strings.ContainsAny(path, "/\\.\x00") || len(day) != 10 || m.Size < 1 {
			t.Errorf("%q", path)
		}
	})
}

func FuzzUploadPathIsSafeOrRefused(f *testing.F) {
	f.Add("north/20261121T070000Z-000001-9f3ac1")
	f.Add("../20261121T070000Z-000001-9f3ac1")
	f.Add("north/../20261121T070000Z-000001-9f3ac1")
	f.Fuzz(func(t *testing.T, s string) {
		device, id, err := parseUploadID(s)
		if err == nil && (uploadID(device, id) != s || strings.Count(s, "/") != 1 || strings.Contains(s, "..")) {
			t.Errorf("%q was accepted", s)
		}
	})
}
