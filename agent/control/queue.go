package control

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// Photos is what the commands read: a *queue.Queue, as for the others below.
type Photos interface {
	List(queue.Filter) ([]queue.Item, error)
	Item(photo.ID) (queue.Item, error)
	Open(photo.Meta) (io.ReadSeekCloser, error)
}

// Hands is what a person may do with photos.
type Hands interface {
	Retry(ids ...photo.ID) (int, error)
	Hold(ids ...photo.ID) (int, error)
	Release(ids ...photo.ID) (int, error)
	Drop(ids ...photo.ID) (int, error)
}

// Books is what the queue knows of itself and of the slots.
type Books interface {
	Stats() queue.Stats
	Days(from, to time.Time) ([]queue.Day, error)
	Ledger(from, to time.Time) ([]queue.Entry, error)
	Account(seqs ...uint64) ([]string, error)
}

// Inspector looks for damage.
type Inspector interface {
	Check() error
	Verify(photo.Meta) error
}

// Store is all that the queue commands read and mend.
type Store interface {
	Photos
	Hands
	Books
	Inspector
}

// Photo is one photo in the queue.
type Photo struct {
	photo.Meta
	State queue.State `json:"state"`
	// Reason and Since say why and from when it is refused or lost.
	Reason string     `json:"reason,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
	// Resumes tells whether a part of it is in the cloud, by an upload that was
	// broken off.
	Resumes bool `json:"resumes,omitempty"`
	// Copied: the second copy holds it. Away: only that does.
	Copied bool `json:"copied,omitempty"`
	Away   bool `json:"away,omitempty"`
	// Path is where its file is. Client.Photo fills it, for a photo that can be
	// read; lists don't.
	Path string `json:"path,omitempty"`
}

func photoOf(i queue.Item) Photo {
	p := Photo{Meta: i.Meta, State: i.State, Reason: i.Reason, Resumes: i.UploadURL != "", Copied: i.Copied, Away: i.Away}
	if !i.Since.IsZero() {
		p.Since = &i.Since
	}
	return p
}

// Choice says which photos to change: those named, or all that can be.
type Choice struct {
	IDs []photo.ID `json:"ids,omitempty"`
	All bool       `json:"all,omitempty"`
}

// RetryResult says how many photos wait again, for Retry and Release.
type RetryResult struct {
	Waiting int `json:"waiting"`
}

// HoldResult says how many photos are held now.
type HoldResult struct {
	Held int `json:"held"`
}

// DropResult says how many photos were deleted.
type DropResult struct {
	Dropped int `json:"dropped"`
}

const (
	// pageLimit bounds the photos of one answer: a backlog of months must not be
	// in the daemon's memory at once.
	pageLimit = 500
	// stallTime bounds the wait for a caller that reads a photo's bytes: a stick
	// may hang for a minute while it erases.
	stallTime = 5 * time.Minute
	// pieceBytes is how much of a photo is in memory at once.
	pieceBytes = 64 << 10
)

func (s *Server) handleQueue(m *http.ServeMux) {
	m.HandleFunc("GET /queue", s.list)
	m.HandleFunc("GET /queue/{id}", s.show)
	m.HandleFunc("GET /queue/{id}/photo", s.bytes)
	m.HandleFunc("POST /queue/retry", s.hand(s.o.Store.Retry, func(n int) any { return RetryResult{n} }))
	m.HandleFunc("POST /queue/release", s.hand(s.o.Store.Release, func(n int) any { return RetryResult{n} }))
	m.HandleFunc("POST /queue/hold", s.hand(s.o.Store.Hold, func(n int) any { return HoldResult{n} }))
	m.HandleFunc("POST /queue/drop", s.drop)
	m.HandleFunc("POST /queue/check", s.check)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	p, err := parsePage(r.URL.Query())
	if err != nil {
		answer(w, nil, err)
		return
	}
	items, err := p.read(r.Context(), s.o.Store)
	photos := []Photo{}
	for _, i := range items {
		photos = append(photos, photoOf(i))
	}
	answer(w, photos, err)
}

// item looks up the photo that the request names.
func (s *Server) item(r *http.Request) (queue.Item, error) {
	id, err := photo.ParseID(r.PathValue("id"))
	if err != nil {
		return queue.Item{}, badRequest(err.Error())
	}
	return s.o.Store.Item(id)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	i, err := s.item(r)
	if err != nil {
		answer(w, nil, err)
		return
	}
	p := photoOf(i)
	if i.State != queue.Lost { // to open that one would only log an error
		if f, err := s.o.Store.Open(i.Meta); err == nil {
			if named, ok := f.(interface{ Name() string }); ok {
				p.Path = named.Name()
			}
			f.Close()
		}
	}
	answer(w, p, nil)
}

// bytes streams a photo. The caller need not be allowed to read the spool, and
// gets what only the second copy has, too.
func (s *Server) bytes(w http.ResponseWriter, r *http.Request) {
	i, err := s.item(r)
	if err != nil {
		answer(w, nil, err)
		return
	}
	f, err := s.o.Store.Open(i.Meta)
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(i.Size, 10))
	deadline := http.NewResponseController(w)
	buffer := make([]byte, pieceBytes)
	for left := i.Size; left > 0; {
		n, err := io.ReadFull(f, buffer[:min(left, pieceBytes)])
		if err == nil {
			// A writer without deadlines has no network below it.
			if err = deadline.SetWriteDeadline(time.Now().Add(stallTime)); errors.Is(err, http.ErrNotSupported) {
				err = nil
			}
		}
		if err == nil {
			_, err = w.Write(buffer[:n])
		}
		if err != nil {
			panic(http.ErrAbortHandler) // a part must not look like the whole
		}
		left -= int64(n)
	}
}

// hand answers a request to change photos by f.
func (s *Server) hand(f func(...photo.ID) (int, error), result func(n int) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Choice
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
			answer(w, nil, badRequest("choose photos: "+err.Error()))
			return
		}
		if q.All == (len(q.IDs) > 0) {
			answer(w, nil, badRequest("choose photos: want either photo IDs or all"))
			return
		}
		n, err := f(q.IDs...)
		answer(w, result(n), err)
	}
}

// drop deletes those named, and never all: who asks has seen each.
func (s *Server) drop(w http.ResponseWriter, r *http.Request) {
	var q Choice
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil || q.All || len(q.IDs) == 0 {
		answer(w, nil, badRequest("drop: want photo IDs"))
		return
	}
	n, err := s.o.Store.Drop(q.IDs...)
	answer(w, DropResult{n}, err)
}
