package tus_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

// kind names the kind of an upload's error.
func kind(err error) string {
	if err == nil {
		return "none"
	}
	if _, ok := errors.AsType[*upload.RefusedError](err); ok {
		return "refused"
	}
	if _, ok := errors.AsType[*upload.UnreachableError](err); ok {
		return "unreachable"
	}
	return "photo"
}

// offset makes a fault with that Upload-Offset.
func offset(code int, value string) tustest.Fault {
	return tustest.Status(code, "Upload-Offset", value)
}

// created makes an answer to a creation with that Location.
func created(location string) tustest.Fault {
	return tustest.Status(http.StatusCreated, "Location", location)
}

func TestEveryAnswerIsToldApart(t *testing.T) {
	for _, test := range []struct {
		name, method string
		fault        tustest.Fault
		want         string
	}{
		{"500", "POST", tustest.Status(500), "unreachable"},
		{"502", "PATCH", tustest.Page(502), "unreachable"},
		{"401", "POST", tustest.Status(401), "unreachable"},
		{"403", "PATCH", tustest.Status(403), "unreachable"},
		{"407", "POST", tustest.Page(407), "unreachable"},
		{"429", "PATCH", tustest.Status(429), "unreachable"},
		{"400", "POST", tustest.Status(400), "refused"},
		{"413", "POST", tustest.Status(413), "refused"},
		{"413 at the end", "PATCH", tustest.Status(413), "refused"},
		{"415", "PATCH", tustest.Status(415), "refused"},
		{"400 of a proxy", "POST", tustest.Page(400), "unreachable"},
		{"413 of a proxy", "PATCH", tustest.Page(413), "unreachable"},
		{"404 at the creation", "POST", tustest.Status(404), "unreachable"},
		{"412 at the creation", "POST", tustest.Status(412), "unreachable"},
		{"408", "PATCH", tustest.Status(408), "photo"},
		{"423", "PATCH", tustest.Status(423), "photo"},
		{"425", "POST", tustest.Status(425), "photo"},
		{"460", "PATCH", tustest.Status(460), "photo"},
		{"409 at the creation", "POST", tustest.Status(409), "photo"},
		{"redirect", "POST", tustest.Status(307, "Location", "/files/other"), "unreachable"},
		{"redirect of the bytes", "PATCH", tustest.Status(308, "Location", "/files/other"), "unreachable"},
		{"portal", "POST", tustest.Page(200), "unreachable"},
		{"portal at the end", "PATCH", tustest.Page(200), "unreachable"},
		{"garbage", "POST", tustest.Raw("\x00\xff nonsense\r\n\r\n"), "unreachable"},
		{"garbage at the end", "PATCH", tustest.Raw("SSH-2.0-OpenSSH\r\n"), "unreachable"},
		{"closed", "POST", tustest.Raw(""), "unreachable"},
		{"huge header", "POST", tustest.Raw("HTTP/1.1 201 Created\r\nX: " + strings.Repeat("x", 1<<20)), "unreachable"},
		{"large header", "POST", tustest.Status(201, "Location", "/files/x", "X", strings.Repeat("x", 64<<10)), "unreachable"},
		{"many headers", "POST", tustest.Raw("HTTP/1.1 201 Created\r\n" + strings.Repeat("X: y\r\n", 1<<16)), "unreachable"},
		{"endless informational", "POST", tustest.Raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1<<14)), "unreachable"},
		{"switching protocols", "POST", tustest.Raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), "unreachable"},
		{"no Location", "POST", tustest.Status(201), "unreachable"},
		{"Location elsewhere", "POST", created("http://evil.example/files/x"), "unreachable"},
		{"Location on another port", "POST", created("http://127.0.0.1:1081/files/x"), "unreachable"},
		{"Location on another scheme", "POST", created("https://127.0.0.1:1080/files/x"), "unreachable"},
		{"Location with a password", "POST", created("http://u:p@127.0.0.1:1080/files/x"), "unreachable"},
		{"Location of the endpoint", "POST", created(tustest.Path), "unreachable"},
		{"huge Location", "POST", created("/files/" + strings.Repeat("x", 5000)), "unreachable"},
		{"offset beyond the end", "PATCH", offset(204, "99999999"), "photo"},
		{"negative offset", "PATCH", offset(204, "-1"), "photo"},
		{"offset that goes nowhere", "PATCH", offset(204, "0"), "photo"},
		{"no offset", "PATCH", tustest.Status(204), "photo"},
		{"204 of a portal", "PATCH", tustest.Raw("HTTP/1.1 204 No Content\r\n\r\n"), "unreachable"},
		{"creation with an impossible offset", "POST", tustest.Status(201, "Location", "/files/x", "Upload-Offset", "99999999"), "photo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newSite(t)
				s.receiver.Next(test.method, test.fault)
				m, content := uploadtest.Photo(1, 1<<20)
				c := s.client()
				err := c.Upload(t.Context(), m, bytes.NewReader(content))
				if kind(err) != test.want {
					t.Errorf("error %v (%s), want %s", err, kind(err), test.want)
				}
				if err != nil && len(err.Error()) > 400 {
					t.Errorf("error of %d bytes: %.500s", len(err.Error()), err)
				}
				for _, q := range s.receiver.Requests() {
					if strings.HasSuffix(q.Path, "other") {
						t.Error("a redirect was followed")
					}
				}
				// Nothing is lost and nothing is there twice.
				if err := c.Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
					t.Errorf("the next try: %v", err)
				}
				if f := s.receiver.Stored()[string(m.ID)]; f.Times != 1 || f.SHA256 != m.SHA256 {
					t.Errorf("filed %+v, want once with %s", f, m.SHA256)
				}
			})
		})
	}
}

func TestRetryAfterIsHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		c := s.client()
		m, content := uploadtest.Photo(1, 1000)
		// The date is compared with the server's own: the clock here (2000 in the
		// bubble) is wrong.
		at := time.Date(2026, 3, 1, 19, 0, 0, 0, time.UTC)
		for _, test := range []struct {
			header []string
			want   time.Duration
		}{
			{[]string{"Retry-After", "120"}, 2 * time.Minute},
			{[]string{"Retry-After", "99999999"}, time.Hour},
			{[]string{"Retry-After", "-5"}, 0},
			{[]string{"Retry-After", at.Add(10 * time.Minute).Format(http.TimeFormat), "Date", at.Format(http.TimeFormat)}, 10 * time.Minute},
			{[]string{"Retry-After", at.Format(http.TimeFormat), "Date", at.Add(time.Hour).Format(http.TimeFormat)}, 0},
		} {
			s.receiver.Next("", tustest.Status(503, test.header...))
			err := c.Upload(t.Context(), m, bytes.NewReader(content))
			u, ok := errors.AsType[*upload.UnreachableError](err)
			if !ok || u.RetryAfter != test.want || !u.Answered {
				t.Errorf("%q: %#v, want to wait %v, answered", test.header, err, test.want)
			}
		}
	})
}

func TestResumeSurvivesNonsenseAboutTheOffset(t *testing.T) {
	for name, fault := range map[string]tustest.Fault{
		"beyond the end": offset(200, "99999999"),
		"no number":      offset(200, "many"),
		"none":           tustest.Status(200),
		"another length": tustest.Status(200, "Upload-Offset", "1", "Upload-Length", "5"),
	} {
		bubble(t, func(t *testing.T) {
			s := newSite(t)
			m, content := uploadtest.Photo(1, 1<<20)
			s.receiver.Next(http.MethodPatch, tustest.CloseAfter(500_000))
			s.client().Upload(t.Context(), m, bytes.NewReader(content))
			s.receiver.Next(http.MethodHead, fault)
			if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if f := s.receiver.Stored()[string(m.ID)]; f.Times != 1 || f.SHA256 != m.SHA256 {
				t.Errorf("%s: filed %+v", name, f)
			}
			if got := s.methods(); got != "POST PATCH HEAD POST PATCH" {
				t.Errorf("%s: requests %q, want the upload to be looked up anew after the HEAD", name, got)
			}
		})
	}
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1<<20)
		s.receiver.Next(http.MethodPatch, tustest.CloseAfter(500_000))
		s.client().Upload(t.Context(), m, bytes.NewReader(content))
		stored := s.urls.UploadURL(1)
		s.receiver.Next(http.MethodHead, tustest.Page(200)) // a portal: the upload still stands
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); kind(err) != "unreachable" || s.urls.UploadURL(1) != stored {
			t.Errorf("portal: error %v, stored URL %q, want unreachable and %q", err, s.urls.UploadURL(1), stored)
		}
	})
}
