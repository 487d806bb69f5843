package receiver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
)

// patience bounds every wait for what comes at once on an idle machine.
const patience = 2 * time.Minute

// roomy is a disk that is never full.
func roomy(string) (uint64, error) { return 1 << 40, nil }

// people are the devices of the tests: the password is the name, twice.
type people []string

func (p people) Known(name string) bool {
	for _, n := range p {
		if n == name {
			return true
		}
	}
	return false
}

func (p people) Authenticate(name, password string) bool {
	return p.Known(name) && password == name+name
}

// rig is a receiver over a real folder, which can be cut and opened again.
type rig struct {
	t     testing.TB
	dir   string
	free  func(string) (uint64, error)
	fault func(step string) error
	r     *Receiver
	srv   *httptest.Server
}

func newRig(t testing.TB) *rig {
	g := &rig{t: t, dir: t.TempDir(), free: roomy}
	g.open()
	t.Cleanup(func() {
		g.srv.Close()
		g.checkNothingOutside()
	})
	return g
}

// open starts the receiver, after the first time as after a crash: nothing of
// the one before is closed in order.
func (g *rig) open() {
	g.t.Helper()
	if g.srv != nil {
		g.srv.CloseClientConnections()
		g.srv.Close()
	}
	a, err := archive.Open(filepath.Join(g.dir, "photos"), func(step string) error {
		if g.fault == nil {
			return nil
		}
		return g.fault(step)
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.r, err = Open(Options{
		Dir: filepath.Join(g.dir, "uploads"), Archive: a, Previews: preview.Open(filepath.Join(g.dir, "previews"), a), Devices: people{"north", "south"},
		FreeBytes: func(dir string) (uint64, error) { return g.free(dir) }, Log: zerolog.Nop(),
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.srv = httptest.NewServer(g.r)
}

// files lists what is below a folder of the rig.
func (g *rig) files(below string) []string {
	g.t.Helper()
	var all []string
	root := filepath.Join(g.dir, below)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	sort.Strings(all)
	return all
}

// checkNothingOutside is every test's last check: no name from the wire led out
// of the folders, and every filed photo has the hash it announced.
func (g *rig) checkNothingOutside() {
	for _, f := range g.files(".") {
		if !strings.HasPrefix(f, "photos/") && !strings.HasPrefix(f, "uploads/") && !strings.HasPrefix(f, "previews/north/") {
			g.t.Errorf("%s is outside", f)
		}
	}
	for _, f := range g.files("photos") {
		if !strings.HasSuffix(f, ".jpg") {
			continue
		}
		device, rest, _ := strings.Cut(f, "/")
		id := photo.ID(strings.TrimSuffix(filepath.Base(rest), ".jpg"))
		m, err := g.r.store.archive.Find(device, id)
		if err != nil {
			continue // a photo whose filing was cut short is not there yet
		}
		b, err := os.ReadFile(filepath.Join(g.dir, "photos", f))
		if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != m.SHA256 {
			g.t.Errorf("%s does not have the hash it announced (%v)", f, err)
		}
	}
}

// shot is a photo on its device.
type shot struct {
	device string
	id     photo.ID
	body   []byte
	meta   map[string]string
}

func newShot(device string, seq uint64, size int) shot {
	slot := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Minute)
	body := bytes.Repeat([]byte{byte(seq), 1, 2, 3, 5, 7, 11}, size/7+1)[:size]
	sum := sha256.Sum256(body)
	id := photo.NewID(slot, seq)
	return shot{device, id, body, map[string]string{
		"id": string(id), "device": device, "slot": slot.Format(time.RFC3339Nano),
		"taken": slot.Add(1234567 * time.Microsecond).Format(time.RFC3339Nano), "sha256": hex.EncodeToString(sum[:]),
		"session": "Day shift", "trigger": "schedule", "format": "jpg", "clock": "synced", "filename": string(id) + ".jpg",
	}}
}

// path is where the photo must end.
func (s shot) path() string { return s.device + "/2026-11-21/" + string(s.id) + ".jpg" }

// answer is what a test looks at.
type answer struct {
	status   int
	offset   int64 // -1: none told
	location string
	err      error
}

func (g *rig) do(method, url, user string, head map[string]string, body io.Reader) answer {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		g.t.Fatal(err)
	}
	q.Header.Set("Tus-Resumable", "1.0.0")
	for k, v := range head {
		q.Header.Set(k, v)
	}
	if user != "" {
		q.SetBasicAuth(user, user+user)
	}
	resp, err := g.srv.Client().Do(q)
	if err != nil {
		return answer{err: err, offset: -1}
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return answer{err: err, offset: -1}
	}
	a := answer{status: resp.StatusCode, offset: -1, location: resp.Header.Get("Location")}
	if v := resp.Header.Get("Upload-Offset"); v != "" {
		if a.offset, err = strconv.ParseInt(v, 10, 64); err != nil {
			g.t.Fatal(err)
		}
	}
	return a
}

func encode(meta map[string]string) string {
	var parts []string
	for k, v := range meta {
		parts = append(parts, k+" "+base64.StdEncoding.EncodeToString([]byte(v)))
	}
	return strings.Join(parts, ",")
}

func (g *rig) post(s shot) answer {
	g.t.Helper()
	return g.do("POST", g.srv.URL+Path, s.device,
		map[string]string{"Upload-Length": strconv.Itoa(len(s.body)), "Upload-Metadata": encode(s.meta)}, nil)
}

func (g *rig) url(s shot) string { return g.srv.URL + Path + s.device + "/" + string(s.id) }

func (g *rig) head(s shot) answer { g.t.Helper(); return g.do("HEAD", g.url(s), s.device, nil, nil) }

func (g *rig) patch(s shot, offset int64, body io.Reader) answer {
	g.t.Helper()
	return g.do("PATCH", g.url(s), s.device, map[string]string{
		"Upload-Offset": strconv.FormatInt(offset, 10), "Content-Type": "application/offset+octet-stream"}, body)
}

// cutPatch sends n bytes of the photo, lets them reach the disk, and breaks the
// connection.
func (g *rig) cutPatch(s shot, n int) {
	g.t.Helper()
	conn, err := net.Dial("tcp", g.srv.Listener.Addr().String())
	if err != nil {
		g.t.Fatal(err)
	}
	defer conn.Close()
	auth := base64.StdEncoding.EncodeToString([]byte(s.device + ":" + s.device + s.device))
	_, err = fmt.Fprintf(conn, "PATCH %s%s/%s HTTP/1.1\r\nHost: hub\r\nTus-Resumable: 1.0.0\r\nAuthorization: Basic %s\r\nUpload-Offset: 0\r\n"+
		"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n%s", Path, s.device, s.id, auth, len(s.body), s.body[:n])
	if err != nil {
		g.t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // the disk sends no event
		st, err := os.Stat(g.r.store.binPath(uploadID(s.device, s.id)))
		if err == nil && st.Size() == int64(n) {
			return
		}
		if time.Now().After(end) {
			g.t.Fatalf("the %d bytes do not arrive: %v, %v", n, st, err)
		}
	}
}

// want checks status and offset.
func (g *rig) want(what string, got answer, status int, offset int64) {
	g.t.Helper()
	if got.err != nil || got.status != status || got.offset != offset {
		g.t.Fatalf("%s: got %d, offset %d, %v; want %d, offset %d", what, got.status, got.offset, got.err, status, offset)
	}
}

// wantFiled checks that exactly these photos are in the archive, whole, and that
// nothing is left of their uploads.
func (g *rig) wantFiled(shots ...shot) {
	g.t.Helper()
	var want []string
	for _, s := range shots {
		want = append(want, s.path(), strings.TrimSuffix(s.path(), "jpg")+"json")
		b, err := os.ReadFile(filepath.Join(g.dir, "photos", s.path()))
		if err != nil || !bytes.Equal(b, s.body) {
			g.t.Errorf("%s: %d bytes, %v: want the %d that were sent", s.path(), len(b), err, len(s.body))
		}
	}
	sort.Strings(want)
	if got := g.files("photos"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		g.t.Errorf("the archive holds %q, want %q", got, want)
	}
	if got := g.files("uploads"); len(got) != 0 {
		g.t.Errorf("uploads still holds %q", got)
	}
}
