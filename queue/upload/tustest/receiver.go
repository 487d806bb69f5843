// Package tustest is the receiving end of uploads in memory: a tus 1.0 server
// that follows the wire contract of the hub, with faults on request. It keeps
// no picture, only hashes, so that large photos and long tests cost nothing.
package tustest

import (
	"crypto/sha256"
	"hash"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Path is the path of the endpoint.
const Path = "/files/"

// Stored is one photo that the receiver has filed.
type Stored struct {
	Metadata map[string]string
	Size     int64
	SHA256   string
	// Times is how often it was filed; 1 is the promise.
	Times int
}

// Receiver is one server; New makes it. Its methods may be called from any
// goroutine.
type Receiver struct {
	// User and Password, where set before use, are demanded of every request.
	User, Password string
	// Stock makes it behave like a plain tus server: each creation is a new
	// upload, also for an ID that is known.
	Stock bool
	// Forgetful: it keeps no requests, of which a long test makes too many.
	Forgetful bool

	mu       sync.Mutex // guards all below
	uploads  map[string]*partial
	stored   map[string]Stored
	small    map[string]Stored // the thumbnails, by photo ID
	requests []Request
	faults   []planned
	created  int
	done     chan struct{} // closed by Close: ends hanging requests
	closed   bool
}

// partial is one upload.
type partial struct {
	metadata map[string]string
	length   int64
	offset   int64
	sum      hash.Hash
	busy     bool
}

// Request is one request as it arrived.
type Request struct {
	Method, Path string
	Header       http.Header
	RemoteAddr   string
}

// New is a receiver that has nothing.
func New() *Receiver {
	return &Receiver{uploads: make(map[string]*partial), stored: make(map[string]Stored), small: make(map[string]Stored), done: make(chan struct{})}
}

// Serve answers on l until stop is called, which waits for all that it began.
func (r *Receiver) Serve(l net.Listener) (stop func()) {
	var begun sync.WaitGroup
	s := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			begun.Add(1) // a hijacked connection's handler outlives StateHijacked
			defer begun.Done()
			r.ServeHTTP(w, q)
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				begun.Add(1)
			case http.StateClosed, http.StateHijacked:
				begun.Done()
			}
		},
	}
	begun.Go(func() { s.Serve(l) })
	return func() {
		r.Close()
		s.Close()
		begun.Wait()
	}
}

// Close ends the requests that a fault made hang.
func (r *Receiver) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.done)
	}
}

// Stored is what the receiver has filed, by photo ID.
func (r *Receiver) Stored() map[string]Stored {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.stored)
}

// Thumbnails are the thumbnails that the receiver has, by photo ID: of photos that
// had not been filed when they came.
func (r *Receiver) Thumbnails() map[string]Stored {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.small)
}

// Requests are all requests so far, in order of arrival.
func (r *Receiver) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Forget drops all unfinished uploads, as a server does that cleans up.
func (r *Receiver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.uploads)
}

func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	if !r.Forgetful {
		r.requests = append(r.requests, Request{q.Method, q.URL.Path, q.Header.Clone(), q.RemoteAddr})
	}
	fault := r.takeFault(q.Method)
	r.mu.Unlock()
	if fault != nil {
		fault(r, w, q)
		return
	}
	r.serve(w, q)
}

// serve answers as a healthy server does.
func (r *Receiver) serve(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Tus-Resumable", "1.0.0")
	if user, password, _ := q.BasicAuth(); user != r.User || password != r.Password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if q.Header.Get("Tus-Resumable") != "1.0.0" {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	id := strings.TrimPrefix(q.URL.Path, Path)
	switch {
	case q.Method == http.MethodPost && id == "":
		r.create(w, q)
	case q.Method == http.MethodHead:
		r.head(w, id)
	case q.Method == http.MethodPatch:
		r.patch(w, q, id)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (r *Receiver) create(w http.ResponseWriter, q *http.Request) {
	length, err := strconv.ParseInt(q.Header.Get("Upload-Length"), 10, 64)
	metadata, ok := parseMetadata(q.Header.Get("Upload-Metadata"))
	of := ""
	if metadata["role"] == "thumbnail" {
		of = metadata["photo"]
	}
	if err != nil || !ok || metadata["id"] == "" && of == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name := metadata["id"]
	if of != "" {
		name = of + "-thumbnail"
	}
	if r.Stock {
		r.created++
		name += "-" + strconv.Itoa(r.created)
	}
	u := r.uploads[name]
	if s, ok := r.stored[of]; ok && !r.Stock { // nobody needs the thumbnail any more
		u = &partial{metadata: s.Metadata, length: length, offset: length}
	} else if s, ok := r.stored[metadata["id"]]; ok && u == nil && !r.Stock {
		u = &partial{metadata: s.Metadata, length: s.Size, offset: s.Size}
		r.uploads[name] = u
	}
	if u == nil {
		u = &partial{metadata: metadata, length: length, sum: sha256.New()}
		r.uploads[name] = u
	} else {
		w.Header().Set("Upload-Offset", strconv.FormatInt(u.offset, 10))
	}
	w.Header().Set("Location", Path+name)
	w.WriteHeader(http.StatusCreated)
}

func (r *Receiver) head(w http.ResponseWriter, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.uploads[id]
	if u == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.offset, 10))
	w.Header().Set("Upload-Length", strconv.FormatInt(u.length, 10))
	w.Header().Set("Cache-Control", "no-store")
}

func (r *Receiver) patch(w http.ResponseWriter, q *http.Request, id string) {
	offset, err := strconv.ParseInt(q.Header.Get("Upload-Offset"), 10, 64)
	r.mu.Lock()
	u := r.uploads[id]
	switch {
	case u == nil:
		r.mu.Unlock()
		w.WriteHeader(http.StatusNotFound)
		return
	case u.busy:
		r.mu.Unlock()
		w.WriteHeader(http.StatusLocked)
		return
	case err != nil || offset != u.offset:
		r.mu.Unlock()
		w.WriteHeader(http.StatusConflict)
		return
	}
	u.busy = true
	r.mu.Unlock()

	n, err := io.Copy(struct{ io.Writer }{u.sum}, io.LimitReader(q.Body, u.length-offset))

	r.mu.Lock()
	defer r.mu.Unlock()
	u.busy = false
	u.offset += n
	if err != nil {
		return // the connection broke: what arrived is kept
	}
	if u.offset == u.length && !r.file(id, u) {
		w.WriteHeader(460)
		return
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.offset, 10))
	w.WriteHeader(http.StatusNoContent)
}
