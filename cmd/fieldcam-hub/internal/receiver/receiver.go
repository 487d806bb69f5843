// Package receiver takes photos from devices over tus 1.0 and files them.
//
// Promises:
//   - A device that reads 204 after its last byte, or full offset from a HEAD or
//     a POST, may delete its copy: the photo's SHA-256 was right, and the photo is
//     in the archive, durably.
//   - The same ID twice is one photo, whatever was cut, lost or repeated. The
//     same ID with other bytes is refused (422) once the first is filed.
//   - Wrong bytes (460) leave nothing behind.
//   - A device reaches its own uploads only.
//   - A thumbnail, which may come ahead of its photo, is never the photo: no answer
//     about the photo changes by it. It is kept whole or not at all.
//   - Nothing from the wire is a path before photo.CheckDevice, photo.ParseID and
//     archive.CheckFormat have accepted its parts.
//
// tusd's handler speaks the protocol; its store of files is wrapped by store,
// which holds the rules. Out of scope: downloads, deletion, concatenation.
package receiver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
)

// Path is where the receiver expects to be mounted.
const Path = "/files/"

const (
	// MaxBytes bounds one photo: far above a RAW file of a large sensor.
	MaxBytes = 1 << 30
	// maxMetadata bounds the Upload-Metadata header: ten values of at most 100
	// bytes or so, in base64, with room for keys to come.
	maxMetadata = 4 << 10
	// silence ends a request whose sender says nothing for so long: the device's
	// own idle time-out (queue/upload's default).
	silence = 75 * time.Second
	// lockWait is how long a request waits for another of the same photo to end:
	// the hash of the largest photo takes some seconds.
	lockWait = 20 * time.Second
	// unwantedWait bounds how long a body is read that belongs to a refusal: long
	// enough for the sender to hear why, short for whoever has not signed in.
	unwantedWait = 3 * time.Second
	// refusedBurst is how many wrong passwords are logged each minute, and
	// maxLogged cuts the names in them (a device's has 63 characters).
	refusedBurst = 10
	maxLogged    = 64
	// protocol is the version of tus.
	protocol = "1.0.0"
)

// Devices tells who may send. *registry.Registry is one.
type Devices interface {
	// Authenticate tells whether password is the device's.
	Authenticate(device, password string) bool
	// Known tells whether there is such a device.
	Known(device string) bool
}

// Options is what a Receiver needs.
type Options struct {
	// Dir holds the uploads in progress. It is made where it is missing, and must
	// be on the archive's file system.
	Dir     string
	Archive *archive.Archive
	// Previews keeps thumbnails until their photos are there.
	Previews *preview.Store
	Devices  Devices
	// FreeBytes tells how much room the disk has; nil: statfs.
	FreeBytes func(dir string) (uint64, error)
	Log       zerolog.Logger
}

// Receiver is an http.Handler for Path and everything below; elsewhere is nothing.
type Receiver struct {
	devices Devices
	store   *store
	tus     http.Handler
	log     zerolog.Logger
	refused zerolog.Logger // log, for strangers: a few lines a minute
}

// Open makes a Receiver. Run must run beside it.
func Open(o Options) (*Receiver, error) {
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("open receiver: %w", err)
	}
	if o.FreeBytes == nil {
		o.FreeBytes = freeBytes
	}
	files := filestore.New(o.Dir)
	files.DirModePerm, files.FileModePerm = 0o750, 0o640
	s := &store{dir: o.Dir, files: files, archive: o.Archive, previews: o.Previews, locks: locker{memorylocker.New()}, freeBytes: o.FreeBytes, log: o.Log}
	composer := handler.NewStoreComposer()
	composer.UseCore(s)
	composer.UseLocker(s.locks)
	tus, err := handler.NewHandler(handler.Config{
		StoreComposer:        composer,
		MaxSize:              MaxBytes,
		BasePath:             Path,
		DisableDownload:      true,
		DisableTermination:   true,
		DisableConcatenation: true,
		Cors:                 &handler.CorsConfig{Disable: true},
		// The store logs what matters, with the photo's name.
		Logger:             slog.New(slog.NewTextHandler(io.Discard, nil)),
		AcquireLockTimeout: lockWait,
		NetworkTimeout:     silence,
		// The store needs no context to end its work.
		GracefulRequestCompletionTimeout: time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("open receiver: %w", err)
	}
	return &Receiver{devices: o.Devices, store: s, tus: tus, log: o.Log,
		refused: o.Log.Sample(&zerolog.BurstSampler{Burst: refusedBurst, Period: time.Minute})}, nil
}

// ServeHTTP answers one request below Path.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	h, control := w.Header(), http.NewResponseController(w)
	h.Set("Tus-Resumable", protocol) // on each answer (tus 1.0, "Headers")
	if q.ContentLength != 0 {
		// Nobody has asked for this body yet: each answer from here on ends the
		// connection, so that it is not waited for.
		h.Set("Connection", "close")
		_ = control.SetReadDeadline(time.Now().Add(unwantedWait)) // only a real connection has one
	}
	device, ok := r.device(q)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="fieldcam"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	rest, ok := strings.CutPrefix(q.URL.Path, Path)
	switch {
	case !ok:
		http.NotFound(w, q)
		return
	case q.Method == http.MethodOptions:
		describe(w)
		return
	case rest == "":
		if !only(w, q, http.MethodPost) {
			return
		}
		if n := len(q.Header.Get("Upload-Metadata")); n > maxMetadata || len(q.Header.Values("Upload-Metadata")) > 1 {
			http.Error(w, fmt.Sprintf("Upload-Metadata: want one of at most %d bytes", maxMetadata), http.StatusBadRequest)
			return
		}
		if said := handler.ParseMetadataHeader(q.Header.Get("Upload-Metadata")); said["role"] != "" {
			r.serveRole(w, q, device, said)
			return
		}
		// A body with the creation is not taken: the answer then has no
		// Upload-Offset above zero, and the device sends a PATCH (tus 1.0,
		// creation-with-upload, is not among the extensions offered).
		q.Header.Del("Content-Type")
	case strings.HasSuffix(rest, thumbnailPath):
		if !r.speaks(w, q) {
			return
		}
		r.serveThumbnail(w, q, device, strings.TrimSuffix(rest, thumbnailPath))
		return
	default:
		owner, _, err := parseUploadID(rest)
		if err != nil || owner != device {
			http.Error(w, "no such upload", http.StatusNotFound)
			return
		}
		if !only(w, q, http.MethodHead, http.MethodPatch) {
			return
		}
	}
	q.Header.Del("X-HTTP-Method-Override") // tusd would follow it past these checks
	asked := *q.URL
	asked.Path, asked.RawPath = "/"+rest, ""
	if q.ContentLength != 0 {
		h.Del("Connection")
		_ = control.SetReadDeadline(time.Now().Add(silence)) // tusd renews it with each byte
	}
	b := &body{ReadCloser: q.Body, control: control}
	q = q.WithContext(context.WithValue(q.Context(), askKey{}, ask{device: device, answer: h, body: b}))
	q.URL, q.Body = &asked, b
	r.tus.ServeHTTP(w, q)
}

// serveRole answers the creation of an upload that is no photo.
func (r *Receiver) serveRole(w http.ResponseWriter, q *http.Request, device string, said map[string]string) {
	switch {
	case !r.speaks(w, q):
	case said["role"] == roleThumbnail:
		r.createThumbnail(w, q, device, said)
	default: // a newer device's: it must not be filed as a photo
		http.Error(w, fmt.Sprintf("role %.40q: want none, or %q", said["role"], roleThumbnail), http.StatusBadRequest)
	}
}

// speaks tells whether the request is of this version of tus, as tusd does for
// photos.
func (r *Receiver) speaks(w http.ResponseWriter, q *http.Request) bool {
	if q.Header.Get("Tus-Resumable") == protocol {
		return true
	}
	w.Header().Set("Tus-Version", protocol)
	http.Error(w, "want Tus-Resumable "+protocol, http.StatusPreconditionFailed)
	return false
}

// device tells who asks, by password or by a client certificate that the TLS
// layer has verified.
func (r *Receiver) device(q *http.Request) (string, bool) {
	if name, password, ok := q.BasicAuth(); ok {
		ok := photo.CheckDevice(name) == nil && r.devices.Authenticate(name, password)
		if !ok {
			r.refused.Warn().Str("device", fmt.Sprintf("%.*s", maxLogged, name)).Msg("request refused: unknown name or wrong password")
		}
		return name, ok
	}
	if q.TLS == nil || len(q.TLS.VerifiedChains) == 0 {
		return "", false
	}
	name := q.TLS.VerifiedChains[0][0].Subject.CommonName
	return name, photo.CheckDevice(name) == nil && r.devices.Known(name)
}

// describe answers OPTIONS (tus 1.0, "OPTIONS").
func describe(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Tus-Version", protocol)
	h.Set("Tus-Extension", "creation")
	h.Set("Tus-Max-Size", strconv.Itoa(MaxBytes))
	w.WriteHeader(http.StatusNoContent)
}

func only(w http.ResponseWriter, q *http.Request, methods ...string) bool {
	for _, m := range methods {
		if q.Method == m {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}

// uploadID is the tus ID of a photo: the folder of its device and its name.
func uploadID(device string, id photo.ID) string { return device + "/" + string(id) }

// parseUploadID is the inverse of uploadID, for what comes from the wire.
func parseUploadID(s string) (device string, id photo.ID, err error) {
	device, rest, _ := strings.Cut(s, "/")
	if err := photo.CheckDevice(device); err != nil {
		return "", "", err
	}
	id, err = photo.ParseID(rest)
	return device, id, err
}
