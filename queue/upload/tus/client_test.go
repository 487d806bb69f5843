package tus_test

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/agent/identity"
	"fieldcam/agent/link/linktest"
	"fieldcam/capture/photo"
	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// idle is the clients' time-out.
const idle = 75 * time.Second

// urls is a store of upload URLs.
type urls struct {
	m    map[uint64]string
	sets int
}

func (u *urls) UploadURL(seq uint64) string { return u.m[seq] }

func (u *urls) SetUploadURL(seq uint64, url string) error {
	u.sets++
	u.m[seq] = url
	return nil
}

// site is a receiver, the network to it, and what a controller stores.
type site struct {
	t        *testing.T
	net      *linktest.Net
	receiver *tustest.Receiver
	urls     *urls
	identity *identity.Identity
}

// newSite starts a receiver at 127.0.0.1:1080 in a bubble.
func newSite(t *testing.T) *site {
	s := &site{t: t, net: linktest.New(), receiver: tustest.New(), urls: &urls{m: make(map[uint64]string)}}
	var err error
	if s.identity, err = identity.Open(identity.Config{Password: "s3cret"}, "cam-1", nil); err != nil {
		t.Fatal(err)
	}
	s.receiver.User, s.receiver.Password = "cam-1", "s3cret"
	l, err := s.net.Listen("127.0.0.1:1080")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.receiver.Serve(l))
	return s
}

// client makes a new client, as after a restart.
func (s *site) client() *tus.Client {
	c, err := tus.New(upload.Config{URL: "http://127.0.0.1:1080" + tustest.Path, IdleTimeout: idle},
		tus.Options{Identity: s.identity, Device: "cam-1", URLs: s.urls, DialContext: s.net.Dial})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// methods are the requests so far: "POST PATCH".
func (s *site) methods() string {
	var all []string
	for _, q := range s.receiver.Requests() {
		all = append(all, q.Method)
	}
	return strings.Join(all, " ")
}

// quiet drops what net/http's server has to say.
var quiet = log.New(io.Discard, "", 0)

func bubble(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }

func TestClientKeepsADestinationsPromises(t *testing.T) {
	for _, stock := range []bool{false, true} {
		name := "hub"
		if stock {
			name = "stock tus server"
		}
		t.Run(name, func(t *testing.T) {
			uploadtest.Run(t, bubble, func(t *testing.T) uploadtest.Destination {
				s := newSite(t)
				s.receiver.Stock = stock
				return uploadtest.Destination{
					Uploader: s.client(),
					Restart:  func() uploadtest.Uploader { return s.client() },
					Filed: func(id photo.ID) (string, int) {
						f := s.receiver.Stored()[string(id)]
						return f.SHA256, f.Times
					},
					Unreachable: func() { s.net.Cut(linktest.Severed) },
					Reachable:   s.net.Restore,
					CutAfter:    func(n int64) { s.receiver.Next(http.MethodPatch, tustest.CloseAfter(n)) },
					LoseAnswer:  func() { s.receiver.Next(http.MethodPatch, tustest.LoseAnswer()) },
					Unwell:      func() { s.receiver.Next("", tustest.Status(http.StatusServiceUnavailable)) },
					RefuseNext:  func() { s.receiver.Next("", tustest.Status(http.StatusRequestEntityTooLarge)) },
					Hang:        func() { s.receiver.Next(http.MethodPatch, tustest.Hang()) },
					IdleTimeout: idle,
				}
			})
		})
	}
}

func TestUploadIsOneCreationAndOnePatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		c := s.client()
		for n := range uint64(2) {
			m, content := uploadtest.Photo(n+1, 700<<10)
			if err := c.Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.methods(); got != "POST PATCH POST PATCH" || s.net.Dials() != 1 {
			t.Errorf("requests %q over %d connections, want POST PATCH twice over one", got, s.net.Dials())
		}
		q := s.receiver.Requests()
		for i, want := range []http.Header{
			{"Upload-Length": {"716800"}, "Tus-Resumable": {"1.0.0"}},
			{"Upload-Offset": {"0"}, "Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"}},
		} {
			for name := range want {
				if q[i].Header.Get(name) != want.Get(name) {
					t.Errorf("%s: %s is %q, want %q", q[i].Method, name, q[i].Header.Get(name), want.Get(name))
				}
			}
			if q[i].Header.Get("Expect") != "" || q[i].Header.Get("Idempotency-Key") != "" {
				t.Errorf("%s: headers %v", q[i].Method, q[i].Header)
			}
		}
	})
}

func TestMetadataTellsAllThatTheHubFilesBy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(42, 1000)
		m.Session = ""
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		got := s.receiver.Stored()[string(m.ID)].Metadata
		for key, want := range map[string]string{
			"id": string(m.ID), "device": "cam-1", "slot": "2026-11-21T07:42:00Z", "taken": "2026-11-21T07:42:00.123Z",
			"sha256": m.SHA256, "session": "", "trigger": "schedule", "format": "jpg", "clock": "synced", "filename": string(m.ID) + ".jpg",
		} {
			if v, ok := got[key]; v != want || !ok {
				t.Errorf("%s is %q, %v, want %q", key, v, ok, want)
			}
		}
	})
}

func TestURLIsStoredBeforeTheFirstByteOfLargePhotosOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		small, content := uploadtest.Photo(1, tus.RememberedBytes-1)
		if err := s.client().Upload(t.Context(), small, bytes.NewReader(content)); err != nil || s.urls.sets != 0 {
			t.Errorf("small photo: %v, URL stored %d times, want none", err, s.urls.sets)
		}
		m, content := uploadtest.Photo(2, tus.RememberedBytes)
		r := &noticing{Reader: bytes.NewReader(content), notice: func() {
			if s.urls.UploadURL(2) == "" {
				t.Error("a byte was read before the URL was stored")
			}
		}}
		if err := s.client().Upload(t.Context(), m, r); err != nil || s.urls.sets != 1 {
			t.Errorf("large photo: %v, URL stored %d times, want once", err, s.urls.sets)
		}
	})
}

// noticing calls notice before each read.
type noticing struct {
	*bytes.Reader
	notice func()
}

func (n *noticing) Read(p []byte) (int, error) {
	n.notice()
	return n.Reader.Read(p)
}

// WriteTo hides that of bytes.Reader.
func (n *noticing) WriteTo(io.Writer) (int64, error) { panic("not used") }

func TestResumeAsksForTheOffsetOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		s.receiver.Stock = true // only the stored URL finds the upload
		m, content := uploadtest.Photo(1, 1<<20)
		s.receiver.Next(http.MethodPatch, tustest.CloseAfter(500_000))
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err == nil {
			t.Fatal("a cut upload succeeded")
		}
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got := s.methods(); got != "POST PATCH HEAD PATCH" {
			t.Errorf("requests %q, want POST PATCH HEAD PATCH", got)
		}
		if got := s.receiver.Requests()[3].Header.Get("Upload-Offset"); got != "500000" {
			t.Errorf("went on from %s, want 500000", got)
		}
	})
}

func TestSmallPhotoGoesOnFromTheOffsetInTheCreation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 100_000)
		s.receiver.Next(http.MethodPatch, tustest.CloseAfter(60_000))
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err == nil {
			t.Fatal("a cut upload succeeded")
		}
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got := s.receiver.Requests()[3].Header.Get("Upload-Offset"); s.methods() != "POST PATCH POST PATCH" || got != "60000" {
			t.Errorf("requests %q, the last from %s, want POST PATCH POST PATCH from 60000", s.methods(), got)
		}
	})
}
