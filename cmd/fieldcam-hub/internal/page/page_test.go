package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
	"fieldcam/cmd/fieldcam-hub/internal/thumb"
	"fieldcam/queue/ledger"
)

var morning = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

// rig is a page over a real archive and fleet.
type rig struct {
	t        testing.TB
	dir      string
	arch     *archive.Archive
	accounts *accounts.Accounts
	fleet    *fleet.Fleet
	o        Options
}

func newRig(t testing.TB) *rig {
	g := &rig{t: t, dir: t.TempDir(), fleet: fleet.New(fleet.Options{})}
	var err error
	if g.arch, err = archive.Open(filepath.Join(g.dir, "photos"), nil); err != nil {
		t.Fatal(err)
	}
	g.fleet.Link(true)
	if g.accounts, err = accounts.Open(accounts.Options{Dir: filepath.Join(g.dir, "accounts"), Now: func() time.Time { return morning }, Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}
	g.o = Options{Fleet: g.fleet, Archive: g.arch, Accounts: g.accounts, Previews: preview.Open(filepath.Join(g.dir, "previews"), g.arch), Thumbs: thumb.Open(filepath.Join(g.dir, "small")),
		Hosts: []string{"localhost", "127.0.0.1", "::1"}, AddCommand: "fieldcam-hub device add NAME", Log: zerolog.Nop()}
	return g
}

// get asks the page for a path, of which head changes the request.
func (g *rig) get(path string, head func(*http.Request)) *httptest.ResponseRecorder {
	g.t.Helper()
	p, err := New(g.o)
	if err != nil {
		g.t.Fatal(err)
	}
	q := httptest.NewRequest("GET", path, nil)
	q.Host = "localhost:8080"
	if head != nil {
		head(q)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, q)
	return w
}

// text is the page at path, which must be there.
func (g *rig) text(path string) string {
	g.t.Helper()
	w := g.get(path, nil)
	if w.Code != 200 {
		g.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func (g *rig) photo(device string, seq int, body []byte, format string) photo.Meta {
	g.t.Helper()
	at := morning.Add(time.Duration(seq) * 5 * time.Second)
	sum := sha256.Sum256(body)
	m := photo.Meta{ID: photo.NewID(at, uint64(seq)), Device: device, Slot: at, Taken: at, Session: "Day <b>shift</b>", Trigger: photo.Scheduled,
		ClockSynced: true, Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), Exposure: photo.Exposure{Format: format}}
	from := filepath.Join(g.dir, "upload")
	if err := os.WriteFile(from, body, 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := g.arch.File(m, from); err != nil {
		g.t.Fatal(err)
	}
	g.fleet.Expect(device)
	return m
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wants(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q:\n%s", part, page)
		}
	}
}

func TestEmptyPageTellsHowToBegin(t *testing.T) {
	wants(t, newRig(t).text("/"), "No system yet", "fieldcam-hub device add NAME")
}

func TestSystemShowsWhatIsWrongAndItsPhotos(t *testing.T) {
	g := newRig(t)
	m := g.photo("north", 1, picture(t), "jpg")
	b, err := message.Status{Device: "north", At: message.At(time.Now()), Model: "Tempo", Queue: message.Queue{Waiting: 12, WaitingBytes: 34_000_000, Refused: 1},
		Conditions: []message.Active{{Name: "card-full", Severity: message.Critical, Text: "The card is full"}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.fleet.Handle(message.Topic("north", message.KindStatus), b, false); err != nil {
		t.Fatal(err)
	}
	g.fleet.Expect("south")
	for _, path := range []string{"/", "/system/north"} {
		wants(t, g.text(path), "north", `class="state critical"`, "The card is full", "12 photos", "34 MB", "1 photo<")
	}
	wants(t, g.text("/"), "1 of 2 needs attention", "/small/m/north/2026-11-21/"+string(m.ID), "No photo yet", `class="state new"`)
	wants(t, g.text("/system/north"), "Tempo", "Saturday, 21 November 2026", "07:00:05", `alt="north, photo of 2026-11-21 07:00:05 UTC"`)
	wants(t, g.text("/photo/north/2026-11-21/"+string(m.ID)), m.SHA256, string(m.ID), "07:00:05", "schedule")
}

func TestWhatDevicesSayIsNeverMarkup(t *testing.T) {
	g := newRig(t)
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	b, err := message.Status{Device: "north", Model: evil, Version: evil, Session: message.Session{State: "uploading", Name: evil, Error: evil},
		Conditions: []message.Active{{Name: "card-full", Severity: message.Warning, Text: evil}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.fleet.Handle(message.Topic("north", message.KindStatus), b, false); err != nil {
		t.Fatal(err)
	}
	m := g.photo("north", 1, picture(t), "jpg")
	for _, path := range []string{"/", "/?q=" + "%3Cscript%3Ealert(1)%3C/script%3E%22%3E", "/system/north", "/photo/north/2026-11-21/" + string(m.ID)} {
		page := g.text(path)
		for _, part := range []string{"<script>", "<b>shift", "<img src=x", `onerror=alert(1)>`} {
			if strings.Contains(page, part) {
				t.Errorf("%s holds %q", path, part)
			}
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	g := newRig(t)
	m := g.photo("north", 1, picture(t), "jpg")
	for _, path := range []string{"/", "/system/north", "/system/none", "/static/style.css", "/image/north/2026-11-21/" + string(m.ID), "/nowhere"} {
		h := g.get(path, nil).Header()
		for key, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if !strings.Contains(h.Get(key), want) {
				t.Errorf("%s: %s: %q, want %q", path, key, h.Get(key), want)
			}
		}
	}
	if page := g.text("/"); strings.Contains(page, "http://") || strings.Contains(page, "https://") || strings.Contains(page, "style=") || strings.Contains(page, "onclick") {
		t.Error("the page refers to another host, or has inline style or script")
	}
}

func TestForeignNameIsNotAnswered(t *testing.T) {
	g := newRig(t)
	for host, want := range map[string]int{"localhost": 200, "localhost:8080": 200, "LOCALHOST.:1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:8080": 421, "": 421, "localhost.evil.example": 421, "127.0.0.2": 421} {
		if got := g.get("/", func(q *http.Request) { q.Host = host }).Code; got != want {
			t.Errorf("Host %q: %d, want %d", host, got, want)
		}
	}
}

func TestNonsenseIsNotFound(t *testing.T) {
	g := newRig(t)
	m := g.photo("north", 1, picture(t), "jpg")
	id := string(m.ID)
	for _, path := range []string{"/system/none", "/system/..%2fnorth", "/system/north?day=2026-13-01", "/system/north?day=..%2F..", "/photo/north/2026-11-22/" + id,
		"/photo/south/2026-11-21/" + id, "/image/north/..%2f..%2f/" + id, "/image/north/2026-11-21/..%2f..%2fetc%2fpasswd", "/small/xxl/north/2026-11-21/" + id,
		"/static/../page.go", "/small/s/north/2026-11-21/" + id + "x"} {
		if w := g.get(path, nil); w.Code != 404 && w.Code != 307 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
	for _, method := range []string{"POST", "DELETE", "PUT"} {
		if w := g.get("/", func(q *http.Request) { q.Method = method }); w.Code != 405 {
			t.Errorf("%s: %d, want 405", method, w.Code)
		}
	}
}

func TestSystemShowsWhatBecameOfDuePhotos(t *testing.T) {
	g := newRig(t)
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var d ledger.Day
	for n := range 8 {
		d.Take(day.Add(time.Duration(n)*time.Hour), uint64(n+1))
	}
	d.Miss(day.Add(9*time.Hour), photo.CameraFault, "")
	d.Miss(day.Add(10*time.Hour), photo.NotRunning, "")
	l := message.Ledger{At: 1, Day: "2026-11-20", Session: "<b>day</b>", Proof: d.Proof(), Photos: 8, Uploaded: 5, Waiting: 2, Dropped: 1}
	if err := g.accounts.Keep("pole", l); err != nil {
		t.Fatal(err)
	}
	g.fleet.Expect("pole")
	text := g.text("/system/pole")
	for _, want := range []string{"Due photos", "2026-11-20", "&lt;b&gt;day&lt;/b&gt;", "<td>10</td><td>8</td>", "1 camera-fault", "1 not-running", "<td>5 ", "1 will not come", "<td>2</td>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// TestBadPicturesAreMarked in the day's list and on their own page; what is no fault is
// only on the latter.
func TestBadPicturesAreMarked(t *testing.T) {
	g := newRig(t)
	good, dark := g.photo("north", 1, picture(t), "jpg"), g.photo("north", 2, picture(t), "jpg")
	if page := g.text("/system/north"); strings.Contains(page, `class="check"`) {
		t.Error("a mark on a day without bad pictures")
	}
	dark.Look = photo.Look{Width: 640, Height: 480, Brightness: 4, Verdict: photo.Dark, Serial: "<b>7"}
	bad := good
	bad.ID, bad.Look = photo.NewID(good.Taken, 3), photo.Look{Verdict: photo.Black | photo.Truncated}
	bad.Site = photo.Place{Latitude: 52.5163, Longitude: 13.3777}
	dark.ID, dark.Camera = photo.NewID(good.Taken, 4), "Pole 5"
	for _, m := range []photo.Meta{bad, dark} {
		from := filepath.Join(g.dir, "upload")
		if err := errors.Join(os.WriteFile(from, picture(t), 0o600), g.arch.File(m, from)); err != nil {
			t.Fatal(err)
		}
	}
	page := g.text("/system/north")
	wants(t, page, `<span class="check">truncated</span> <span class="check">black</span>`)
	if strings.Contains(page, ">dark<") {
		t.Error("night is marked as a fault")
	}
	day := good.Slot.Format("2006-01-02")
	wants(t, g.text("/photo/north/"+day+"/"+string(bad.ID)), `<span class="check">black</span>`, "52.5163, 13.3777")
	wants(t, g.text("/photo/north/"+day+"/"+string(dark.ID)), `<span class="check">dark</span>`, "640 × 480 pixels", "4 of 255", "Pole 5 · &lt;b&gt;7")
}
