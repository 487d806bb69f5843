package receiver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

// A thumbnail comes ahead of its photo on a bad link. It is a tus upload of its
// own, and never the photo: its creation names the photo as "photo", not as "id",
// and its URL is below that of the photo's upload. Nothing of it is kept before it
// is whole, so its URL carries all that is known of it, and its offset is 0 until
// then.
const (
	roleThumbnail = "thumbnail"
	// thumbnailPath is what its URL has after that of the photo's upload.
	thumbnailPath = "/thumbnail"
	// maxThumbnail bounds one: that of Exif shares 64 KiB with what else the camera
	// tells.
	maxThumbnail = 64 << 10
	// maxThumbnailSide bounds a side of it, in pixels, before it is decoded.
	maxThumbnailSide = 640
	// thumbnailWait bounds one request: the largest takes as long at 2 kbit/s.
	thumbnailWait = 5 * time.Minute
)

// thumbnail is what is known of one before it comes.
type thumbnail struct {
	of     archive.Entry
	size   int64
	sha256 string
}

// location is where its bytes go.
func (t thumbnail) location() string {
	q := url.Values{"day": {t.of.Day}, "size": {strconv.FormatInt(t.size, 10)}, "sha256": {t.sha256}}
	return Path + uploadID(t.of.Device, t.of.ID) + thumbnailPath + "?" + q.Encode()
}

// check tells whether all of it can be used, wherever it came from.
func (t thumbnail) check() error {
	switch {
	case t.size < 1 || t.size > maxThumbnail:
		return fmt.Errorf("a thumbnail of %d bytes: want 1 to %d", t.size, maxThumbnail)
	case !hashForm.MatchString(t.sha256):
		return fmt.Errorf("sha256 %.70q: want 64 hexadecimal digits", t.sha256)
	}
	return nil
}

// createThumbnail answers the creation of a thumbnail's upload.
func (r *Receiver) createThumbnail(w http.ResponseWriter, q *http.Request, device string, said map[string]string) {
	if said["device"] != device {
		http.Error(w, errDevice.Error(), http.StatusForbidden)
		return
	}
	id, err := photo.ParseID(said["photo"])
	slot, err2 := parseTime("slot", said["slot"])
	size, err3 := strconv.ParseInt(q.Header.Get("Upload-Length"), 10, 64)
	t := thumbnail{of: archive.Entry{Device: device, Day: slot.Format(time.DateOnly), ID: id, Format: "jpg"}, size: size, sha256: said["sha256"]}
	if err := errors.Join(err, err2, err3); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := t.check(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Location", t.location())
	if r.store.archive.Has(t.of) { // nobody needs it any more
		w.Header().Set("Upload-Offset", strconv.FormatInt(t.size, 10))
	}
	w.WriteHeader(http.StatusCreated)
}

// serveThumbnail answers at the URL of a thumbnail, of the photo whose upload is
// named so.
func (r *Receiver) serveThumbnail(w http.ResponseWriter, q *http.Request, device, upload string) {
	owner, id, err := parseUploadID(upload)
	if err != nil || owner != device {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	if !only(w, q, http.MethodHead, http.MethodPatch) {
		return
	}
	asked := q.URL.Query()
	day, err := time.Parse(time.DateOnly, asked.Get("day"))
	size, err2 := strconv.ParseInt(asked.Get("size"), 10, 64)
	t := thumbnail{of: archive.Entry{Device: device, Day: day.Format(time.DateOnly), ID: id, Format: "jpg"}, size: size, sha256: asked.Get("sha256")}
	if errors.Join(err, err2) != nil || t.check() != nil {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	offset := int64(0)
	if r.store.archive.Has(t.of) {
		offset = t.size
	}
	h := w.Header()
	switch {
	case q.Method == http.MethodHead:
		h.Set("Upload-Offset", strconv.FormatInt(offset, 10))
		h.Set("Upload-Length", strconv.FormatInt(t.size, 10))
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	case q.Header.Get("Content-Type") != "application/offset+octet-stream":
		http.Error(w, "want application/offset+octet-stream", http.StatusUnsupportedMediaType)
	case q.Header.Get("Upload-Offset") != strconv.FormatInt(offset, 10):
		http.Error(w, "another offset", http.StatusConflict)
	case offset == t.size:
		h.Set("Upload-Offset", strconv.FormatInt(offset, 10))
		w.WriteHeader(http.StatusNoContent)
	default:
		r.takeThumbnail(w, q, t)
	}
}

// takeThumbnail reads the bytes of a thumbnail and keeps them.
func (r *Receiver) takeThumbnail(w http.ResponseWriter, q *http.Request, t thumbnail) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(thumbnailWait)) // only a real connection has one
	b, err := io.ReadAll(io.LimitReader(q.Body, t.size+1))
	if err != nil {
		return // the connection broke, and nothing is kept
	}
	sum := sha256.Sum256(b)
	switch {
	case int64(len(b)) != t.size:
		http.Error(w, fmt.Sprintf("want all %d bytes at once", t.size), http.StatusBadRequest)
		return
	case hex.EncodeToString(sum[:]) != t.sha256:
		http.Error(w, "the bytes do not have the SHA-256 that was announced", errChecksum.HTTPResponse.StatusCode)
		return
	case !showable(b):
		http.Error(w, fmt.Sprintf("want a JPEG of at most %d pixels a side", maxThumbnailSide), http.StatusUnprocessableEntity)
		return
	}
	if free, err := r.store.freeBytes(r.store.dir); err == nil && free < diskReserve {
		http.Error(w, "the hub has no room", http.StatusInsufficientStorage)
		return
	}
	if err := r.store.previews.Keep(t.of, b); err != nil {
		r.log.Error().Str("device", t.of.Device).Str("photo", string(t.of.ID)).Err(err).Msg("keep thumbnail")
		http.Error(w, "the hub could not keep the thumbnail", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Del("Connection")
	h.Set("Upload-Offset", strconv.FormatInt(t.size, 10))
	w.WriteHeader(http.StatusNoContent)
}

// showable tells whether b is a whole JPEG that a thumbnail can be. Decoding it
// takes 8 MB at the most (640 × 640, progressive, three components in full).
func showable(b []byte) bool {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxThumbnailSide || c.Height > maxThumbnailSide {
		return false
	}
	_, err = jpeg.Decode(bytes.NewReader(b))
	return err == nil
}
