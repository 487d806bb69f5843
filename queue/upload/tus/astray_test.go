package tus_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

func TestForgottenUploadBeginsAnew(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		for _, method := range []string{http.MethodHead, http.MethodPatch} {
			bubble(t, func(t *testing.T) {
				s := newSite(t)
				m, content := uploadtest.Photo(1, 1<<20)
				s.receiver.Next(http.MethodPatch, tustest.CloseAfter(500_000))
				if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err == nil {
					t.Fatal("a cut upload succeeded")
				}
				first := s.urls.UploadURL(1)
				s.receiver.Forget()
				s.receiver.Next(method, tustest.Status(status))
				s.receiver.Stock = true // a new upload has a new URL
				if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
					t.Fatalf("%d to %s: %v", status, method, err)
				}
				if got := s.receiver.Stored()[string(m.ID)].Times; got != 1 || s.urls.UploadURL(1) == first {
					t.Errorf("%d to %s: filed %d times, URL %q", status, method, got, s.urls.UploadURL(1))
				}
			})
		}
	}
}

func TestConflictAsksForTheOffset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1<<20)
		s.receiver.Next(http.MethodPatch, tustest.Status(http.StatusConflict))
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got := s.methods(); got != "POST PATCH HEAD PATCH" {
			t.Errorf("requests %q, want POST PATCH HEAD PATCH", got)
		}
	})
}

func TestEndlessConflictIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1<<20)
		s.receiver.Always(http.MethodPatch, tustest.Status(http.StatusConflict))
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err == nil || len(s.receiver.Requests()) > 20 {
			t.Errorf("error %v after %d requests", err, len(s.receiver.Requests()))
		}
	})
}

func TestMismatchForgetsTheUpload(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1<<20)
		s.receiver.Next(http.MethodPatch, tustest.CloseAfter(500_000))
		s.client().Upload(t.Context(), m, bytes.NewReader(content))
		s.receiver.Corrupt(string(m.ID))
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("error %v, want a checksum mismatch", err)
		}
		if got := s.urls.UploadURL(1); got != "" {
			t.Errorf("the URL %q is still stored", got)
		}
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Errorf("the next try: %v", err)
		}
	})
}

func TestUploadOfAnotherEndpointIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1<<20)
		s.urls.m[1] = "http://127.0.0.2:1080/files/x"
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got := s.methods(); got != "POST PATCH" {
			t.Errorf("requests %q, want POST PATCH", got)
		}
	})
}

func TestErrorsHoldNoSecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1000)
		for _, fault := range []tustest.Fault{tustest.Status(500), tustest.Status(401), tustest.Raw("x\r\n\r\n"), tustest.Hang(), tustest.Status(418)} {
			s.receiver.Next("", fault)
			err := s.client().Upload(t.Context(), m, bytes.NewReader(content))
			if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "Y2FtLTE6czNjcmV0") {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range []upload.Config{{}, {URL: "http://hub.example/", IdleTimeout: idle}, {URL: "https://hub.example/"}} {
		if _, err := tus.New(c, tus.Options{}); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
