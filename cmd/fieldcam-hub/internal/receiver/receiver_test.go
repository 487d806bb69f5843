package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
)

func TestPhotoIsFiledWithWhatIsKnownOfIt(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 10_000)
	a := g.post(s)
	g.want("POST", a, 201, -1)
	if a.location != g.url(s) {
		t.Errorf("Location %q, want %q", a.location, g.url(s))
	}
	g.want("HEAD before", g.head(s), 200, 0)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 10_000)
	g.wantFiled(s)
	b, err := os.ReadFile(filepath.Join(g.dir, "photos", strings.TrimSuffix(s.path(), "jpg")+"json"))
	if err != nil {
		t.Fatal(err)
	}
	var m photo.Meta
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	want := photo.Meta{ID: s.id, Device: "north", Slot: s.id.Time(), Session: "Day shift", Trigger: photo.Scheduled,
		Taken: s.id.Time().Add(1234567 * time.Microsecond), ClockSynced: true, Size: 10_000, SHA256: s.meta["sha256"],
		Exposure: photo.Exposure{Format: "jpg"}}
	if m != want {
		t.Errorf("description %+v\nwant %+v", m, want)
	}
}

func TestUploadResumesAfterACutInTheMiddle(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 100_000)
	g.want("POST", g.post(s), 201, -1)
	g.cutPatch(s, 40_000)
	g.want("HEAD after the cut", g.head(s), 200, 40_000)
	g.open() // and the hub restarts, too
	g.want("HEAD after the restart", g.head(s), 200, 40_000)
	g.want("wrong offset", g.patch(s, 39_999, bytes.NewReader(s.body[39_999:])), 409, -1)
	g.want("PATCH", g.patch(s, 40_000, bytes.NewReader(s.body[40_000:])), 204, 100_000)
	g.wantFiled(s)
}

func TestSameIDTwiceIsOnePhoto(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	g.want("POST", g.post(s), 201, -1)
	g.cutPatch(s, 1_000)
	again := g.post(s)
	g.want("POST of a half upload", again, 201, 1_000)
	if again.location != g.url(s) {
		t.Errorf("Location %q, want %q", again.location, g.url(s))
	}
	g.want("PATCH", g.patch(s, 1_000, bytes.NewReader(s.body[1_000:])), 204, 5_000)
	for range 2 {
		again = g.post(s)
		g.want("POST of a filed photo", again, 201, 5_000)
		if again.location != g.url(s) {
			t.Errorf("Location %q, want %q", again.location, g.url(s))
		}
		g.want("HEAD of a filed photo", g.head(s), 200, 5_000)
		g.want("PATCH of a filed photo", g.patch(s, 5_000, http.NoBody), 204, 5_000)
		g.open()
	}
	g.wantFiled(s)
}

func TestSameIDWithOtherBytesIsRefusedForGood(t *testing.T) {
	g := newRig(t)
	s, other := newShot("north", 1, 5_000), newShot("north", 2, 5_000)
	other.meta["id"], other.id = string(s.id), s.id
	g.want("POST", g.post(s), 201, -1)
	g.want("half", g.patch(s, 0, bytes.NewReader(s.body[:100])), 204, 100)
	// Of a half upload nothing was promised: the newer bytes take its place.
	g.want("POST of other bytes over a half upload", g.post(other), 201, -1)
	g.want("HEAD", g.head(s), 200, 0)
	g.want("POST back", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.want("POST of other bytes over a filed photo", g.post(other), 422, -1)
	g.wantFiled(s)
}

func TestWrongBytesLeaveNothing(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	bad := bytes.Clone(s.body)
	bad[4_999] ^= 1
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(bad)), 460, -1)
	g.want("HEAD", g.head(s), 404, -1)
	g.wantFiled()
	g.want("POST again", g.post(s), 201, -1)
	g.want("PATCH again", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.wantFiled(s)
}

// What a controller's configuration accepts must not be refused after the photo
// was taken.
func TestLongestDescriptionThatAControllerSendsIsAccepted(t *testing.T) {
	g := newRig(t)
	for i, letter := range []string{"a", "ä", "カ", "𝄞"} {
		session := schedule.NewSession()
		session.Name, session.Kind, session.Days = strings.Repeat(letter, 40), schedule.Capture, schedule.EveryDay
		if err := session.Validate(); err != nil {
			t.Fatal(err)
		}
		s := newShot("north", uint64(i+1), 100)
		s.meta["session"] = session.Name
		g.want("POST with session "+session.Name, g.post(s), 201, -1)
	}
}

// A name that is a pattern elsewhere is a name here.
func TestCrashIsMendedInAFolderWithBrackets(t *testing.T) {
	g := &rig{t: t, dir: filepath.Join(t.TempDir(), "hub[1]"), free: roomy}
	if err := os.Mkdir(g.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	g.open()
	defer func() { g.srv.Close() }()
	s := newShot("north", 1, 5_000)
	g.want("POST", g.post(s), 201, -1)
	g.fault = func(string) error { return errors.New("the power was cut") }
	g.want("PATCH, cut", g.patch(s, 0, bytes.NewReader(s.body)), 500, -1)
	g.fault = nil
	g.open()
	g.r.sweep(t.Context())
	g.wantFiled(s)
}

func TestHalfUploadGoesAfterAWeek(t *testing.T) {
	g := newRig(t)
	old, young := newShot("north", 1, 5_000), newShot("north", 2, 5_000)
	for _, s := range []shot{old, young} {
		g.want("POST", g.post(s), 201, -1)
		g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body[:100])), 204, 100)
	}
	past := time.Now().Add(-keepHalf - time.Minute)
	if err := os.Chtimes(filepath.Join(g.dir, "uploads", "north", string(old.id)), past, past); err != nil {
		t.Fatal(err)
	}
	g.r.sweep(t.Context())
	g.want("HEAD of the old one", g.head(old), 404, -1)
	g.want("HEAD of the young one", g.head(young), 200, 100)
}

// A connection that died without a word still holds the upload: whoever asks next
// takes it over at once, not after the silence is noticed.
func TestHangingRequestGivesWayAndIsNotRefused(t *testing.T) {
	for _, asks := range []string{"HEAD", "POST", "PATCH"} {
		g := newRig(t)
		s := newShot("north", 1, 5_000)
		g.want("POST", g.post(s), 201, -1)
		body, hang := io.Pipe()
		hung := make(chan answer, 1)
		go func() { hung <- g.patch(s, 0, body) }()
		if _, err := hang.Write(s.body[:1_000]); err != nil {
			t.Fatal(err)
		}
		switch asks {
		case "HEAD":
			g.head(s)
		case "POST":
			g.post(s)
		default:
			g.patch(s, 0, bytes.NewReader(s.body))
		}
		hang.Close()
		// What its sender reads, if it lives, does not set the photo aside.
		if a := <-hung; a.err == nil && a.status != 423 && a.status != 408 && a.status != 409 && a.status != 204 {
			t.Errorf("%s: the hanging PATCH was answered with %d", asks, a.status)
		}
		at := g.head(s).offset
		g.want("PATCH of the rest", g.patch(s, at, bytes.NewReader(s.body[at:])), 204, 5_000)
		g.wantFiled(s)
	}
}

func TestManyAtOnce(t *testing.T) {
	g := newRig(t)
	var shots []shot
	for i := range 6 {
		shots = append(shots, newShot([]string{"north", "south"}[i%2], uint64(i+1), 20_000))
	}
	var wg sync.WaitGroup
	for _, s := range shots {
		for range 3 { // three senders of each photo, as after three lost answers
			wg.Go(func() {
				// They cut each other short; what has arrived stays.
				for end := time.Now().Add(patience); time.Now().Before(end); {
					a := g.post(s)
					if a.err != nil || a.status != 201 {
						t.Errorf("POST: %+v", a)
						return
					}
					if a.offset == 20_000 {
						return
					}
					from := max(a.offset, 0)
					g.patch(s, from, bytes.NewReader(s.body[from:])) // the next POST tells
				}
				t.Errorf("photo %s did not get through", s.id)
			})
		}
	}
	wg.Wait()
	g.wantFiled(shots...)
}
