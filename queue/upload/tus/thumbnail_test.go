package tus_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

func TestThumbnailIsAnUploadOfItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(42, 300<<10)
		jpeg := content[:9000]
		sum := sha256.Sum256(jpeg)
		c := s.client()
		if err := c.UploadThumbnail(t.Context(), m, jpeg); err != nil {
			t.Fatal(err)
		}
		got := s.receiver.Thumbnails()[string(m.ID)]
		if got.Times != 1 || got.Size != 9000 || got.SHA256 != hex.EncodeToString(sum[:]) || s.methods() != "POST PATCH" {
			t.Errorf("got %+v by %q, want the 9000 bytes once by POST PATCH", got, s.methods())
		}
		for key, want := range map[string]string{
			"role": "thumbnail", "photo": string(m.ID), "device": "cam-1", "slot": "2026-11-21T07:42:00Z", "taken": "2026-11-21T07:42:00.123Z", "format": "jpg",
		} {
			if got.Metadata[key] != want {
				t.Errorf("%s is %q, want %q", key, got.Metadata[key], want)
			}
		}
		if id, ok := got.Metadata["id"]; ok {
			t.Errorf("the thumbnail has the ID %q: a server that knows no thumbnails would take it for the photo", id)
		}
		if len(s.receiver.Stored()) != 0 || s.urls.sets != 0 {
			t.Errorf("%d photos stored, %d URLs remembered, want none", len(s.receiver.Stored()), s.urls.sets)
		}
		if err := c.Upload(t.Context(), m, bytes.NewReader(content)); err != nil || s.receiver.Stored()[string(m.ID)].SHA256 != m.SHA256 {
			t.Errorf("the photo after its thumbnail: %v, %+v", err, s.receiver.Stored())
		}
	})
}

func TestThumbnailOfAFiledPhotoCostsOneRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1000)
		c := s.client()
		if err := c.Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if err := c.UploadThumbnail(t.Context(), m, content[:300]); err != nil || s.methods() != "POST PATCH POST" || len(s.receiver.Thumbnails()) != 0 {
			t.Errorf("%v by %q, %d kept, want POST PATCH POST and none", err, s.methods(), len(s.receiver.Thumbnails()))
		}
	})
}

func TestThumbnailsErrorsAreToldApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		m, content := uploadtest.Photo(1, 1000)
		for name, fault := range map[string]struct {
			method  string
			fault   tustest.Fault
			refused bool
		}{
			"a server without thumbnails": {http.MethodPost, tustest.Status(http.StatusBadRequest), true},
			"one that is unwell":          {http.MethodPatch, tustest.Status(http.StatusServiceUnavailable), false},
			"a portal":                    {http.MethodPost, tustest.Page(http.StatusOK), false},
			"a cut":                       {http.MethodPatch, tustest.CloseAfter(100), false},
		} {
			s.receiver.Next(fault.method, fault.fault)
			err := s.client().UploadThumbnail(t.Context(), m, content)
			var refused *upload.RefusedError
			var silent *upload.UnreachableError
			if errors.As(err, &refused) != fault.refused || errors.As(err, &silent) == fault.refused {
				t.Errorf("%s: %v, want refused: %v, else unreachable", name, err, fault.refused)
			}
		}
		if err := s.client().UploadThumbnail(t.Context(), m, content); err != nil {
			t.Errorf("after all: %v", err)
		}
	})
}
