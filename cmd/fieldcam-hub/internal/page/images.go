package page

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/thumb"
)

// forever is how long browsers keep a photo: the same ID is the same bytes.
const forever = 365 * 24 * time.Hour

// previewCached is how long browsers keep a preview, which may come anew.
const previewCached = time.Hour

// unknownType is for files that a browser saves rather than shows.
const unknownType = "application/octet-stream"

// contentType is by the format alone: the bytes are the device's.
func contentType(format string) string {
	switch format {
	case "jpg", "jpeg":
		return "image/jpeg"
	case "png":
		return "image/png"
	case "webp":
		return "image/webp"
	}
	return unknownType
}

// sizeOf is the box of each size of small picture: twice what the page's style
// gives it, for fine screens.
func sizeOf(name string) (thumb.Size, bool) {
	switch name {
	case "s":
		return thumb.Size{Name: name, Width: 320, Height: 240}, true
	case "m":
		return thumb.Size{Name: name, Width: 1280, Height: 960}, true
	}
	return thumb.Size{}, false
}

// serveImage answers with a photo as it came.
func (p *Page) serveImage(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	f, err := p.o.Archive.Open(m)
	if errors.Is(err, archive.ErrNotFound) {
		p.notFound(w, r)
		return
	}
	if err != nil {
		p.failed(w, "open the photo", err)
		return
	}
	defer f.Close() // only read
	name := fmt.Sprintf("%s-%s.%s", m.Device, m.ID, m.Format)
	way := "inline"
	if contentType(m.Format) == unknownType || r.FormValue("save") != "" {
		way = "attachment"
	}
	h := w.Header()
	h.Set("Content-Type", contentType(m.Format))
	h.Set("Content-Disposition", fmt.Sprintf("%s; filename=%q", way, name))
	h.Set("ETag", `"`+m.SHA256+`"`)
	serveKept(w, r, f)
}

// serveSmall answers with a photo made small.
func (p *Page) serveSmall(w http.ResponseWriter, r *http.Request) {
	size, ok := sizeOf(r.PathValue("size"))
	if !ok {
		p.notFound(w, r)
		return
	}
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	e := entryOf(m)
	name := e.Device + "/" + e.Day + "/" + string(e.ID)
	f, err := p.o.Thumbs.Open(r.Context(), size, name, func() (io.ReadSeekCloser, error) { return p.o.Archive.Open(m) })
	switch {
	case errors.Is(err, thumb.ErrFormat):
		http.ServeFileFS(w, r, staticFiles, "static/nopreview.svg")
		return
	case r.Context().Err() != nil:
		return // the browser has gone
	case err != nil:
		p.failed(w, "make a small picture", err)
		return
	}
	defer f.Close() // only read
	w.Header().Set("Content-Type", "image/jpeg")
	serveKept(w, r, f)
}

// servePreview answers with the small picture of a photo that is to come.
func (p *Page) servePreview(w http.ResponseWriter, r *http.Request) {
	f, err := p.o.Previews.Open(archive.Entry{Device: r.PathValue("device"), Day: r.PathValue("day"), ID: photo.ID(r.PathValue("id"))})
	if errors.Is(err, archive.ErrNotFound) {
		p.notFound(w, r)
		return
	}
	if err != nil {
		p.failed(w, "open the preview", err)
		return
	}
	defer f.Close() // only read
	w.Header().Set("Content-Type", "image/jpeg")
	cacheFor(previewCached, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, f)
	})).ServeHTTP(w, r)
}

// serveKept sends a file that never changes.
func serveKept(w http.ResponseWriter, r *http.Request, f io.ReadSeeker) {
	cacheFor(forever, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, f)
	})).ServeHTTP(w, r)
}
