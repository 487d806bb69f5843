package control

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"fieldcam/queue"
)

// CheckRequest asks for a check of the queue.
type CheckRequest struct {
	// Photos: read the photos, too, that the cloud has not got.
	Photos bool `json:"photos"`
}

// CheckEvent is one line of the answer to a CheckRequest. The last one has Done;
// without that the check was broken off.
type CheckEvent struct {
	Finding string `json:"finding,omitempty"` // something that is wrong
	// Photos and Bytes were read of OfPhotos and OfBytes.
	Photos   int64  `json:"photos"`
	Bytes    int64  `json:"bytes"`
	OfPhotos int64  `json:"of_photos"`
	OfBytes  int64  `json:"of_bytes"`
	Error    string `json:"error,omitempty"` // why it was broken off
	Done     bool   `json:"done,omitempty"`
}

// tellEvery is how often the caller hears how far the reading is.
const tellEvery = 500 * time.Millisecond

// unsent are the states of the photos that are here and not in the cloud.
func unsent() []queue.State {
	return []queue.State{queue.Waiting, queue.Held, queue.Refused, queue.Kept}
}

func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	var q CheckRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		answer(w, nil, badRequest("check: "+err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	tell := func(e CheckEvent) error {
		if err := out.Encode(e); err != nil {
			return err
		}
		return flush.Flush()
	}
	var e CheckEvent
	err := s.checkQueue(r.Context(), tell)
	if err == nil && q.Photos {
		err = s.checkPhotos(r.Context(), &e, tell)
	}
	e.Finding, e.Done = "", err == nil
	if err != nil {
		e.Error = err.Error()
	}
	tell(e) // a caller that has gone needs no answer
}

func (s *Server) checkQueue(ctx context.Context, tell func(CheckEvent) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := s.o.Store.Check()
	if errors.Is(err, queue.ErrClosed) || errors.Is(err, queue.ErrNoIndex) {
		return err
	}
	for _, f := range findings(err) {
		if err := tell(CheckEvent{Finding: f}); err != nil {
			return err
		}
	}
	return nil
}

// checkPhotos reads each photo that the cloud has not got, oldest first. It isn't
// queue.Scrub, which goes on where the daemon's gentle one is, and would leave out
// what that has read this week.
func (s *Server) checkPhotos(ctx context.Context, e *CheckEvent, tell func(CheckEvent) error) error {
	sum := s.o.Store.Stats()
	e.OfPhotos = sum.Waiting + sum.Held + sum.Refused + sum.Kept
	e.OfBytes = sum.WaitingBytes + sum.HeldBytes + sum.RefusedBytes + sum.KeptBytes
	p := page{Query: Query{States: unsent(), Oldest: true, Limit: pageLimit}}
	told := time.Now()
	for {
		items, err := p.read(ctx, s.o.Store)
		if err != nil {
			return err
		}
		for _, i := range items {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e.Finding = ""
			if err := s.checkPhoto(i); err != nil {
				e.Finding = err.Error()
			}
			e.Photos, e.Bytes = e.Photos+1, e.Bytes+i.Size
			if e.Finding == "" && time.Since(told) < tellEvery {
				continue
			}
			told = time.Now()
			if err := tell(*e); err != nil {
				return err
			}
		}
		if len(items) < pageLimit {
			return nil
		}
		p.after = items[len(items)-1].Seq()
	}
}

// checkPhoto reads one photo; what the cloud got meanwhile, and is gone, is sound.
func (s *Server) checkPhoto(i queue.Item) error {
	err := s.o.Store.Verify(i.Meta)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, queue.ErrUnknown) {
		now, errNow := s.o.Store.Item(i.ID)
		if errors.Is(errNow, queue.ErrUnknown) || errNow == nil && now.State == queue.Confirmed {
			return nil
		}
	}
	if err != nil {
		return findingError{i, err}
	}
	return nil
}

// findingError is a photo that is not what it was.
type findingError struct {
	item queue.Item
	err  error
}

func (e findingError) Error() string {
	return string(e.item.State) + " photo " + string(e.item.ID) + ": " + e.err.Error()
}

// findings takes the errors apart that were joined to err, at any depth.
func findings(err error) []string {
	if err == nil {
		return nil
	}
	var all []string
	for _, f := range apart(err) {
		all = append(all, strings.TrimPrefix(f, "check queue: "))
	}
	return all
}

func apart(err error) (all []string) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var texts []string
		for _, e := range many.Unwrap() {
			texts = append(texts, e.Error())
		}
		// By fmt.Errorf it can be one sentence of several causes.
		if strings.Join(texts, "\n") == err.Error() {
			for _, e := range many.Unwrap() {
				all = append(all, apart(e)...)
			}
			return all
		}
	}
	if inner := errors.Unwrap(err); inner != nil {
		if before, ok := strings.CutSuffix(err.Error(), inner.Error()); ok {
			for _, f := range apart(inner) {
				all = append(all, before+f)
			}
			return all
		}
	}
	return []string{err.Error()}
}
