package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// Agent is what the commands steer.
type Agent interface {
	Status() Status
	// Capture takes one photo now.
	Capture(ctx context.Context) (photo.Meta, error)
	// Upload starts an upload session now; 0 photos is as many as possible.
	Upload(photos int) error
}

// Options are a Server's parts; all but Pause, Outlook and Listen are required.
type Options struct {
	Path  string // the socket
	Agent Agent
	Store Store
	Zone  *time.Location
	Clock interface{ Now() time.Time }
	Log   zerolog.Logger
	// Pause is the person's pause, Outlook what the daemon knows of the days to
	// come, which waits for nothing. nil: the server has none to give.
	Pause   Pauser
	Outlook func() Outlook
	// Listen takes the socket at path. nil: a Unix socket there, in place of one
	// that a daemon left behind.
	Listen func(path string) (net.Listener, error)
}

const (
	// socketMode lets the group in: technicians need not be root.
	socketMode = 0o660
	// maxBody bounds a request: 1,000 IDs to retry are 35 KB.
	maxBody = 256 << 10
	// requestTime bounds the reading of a request.
	requestTime = 10 * time.Second
	// stopTime bounds the wait for answers under way when the daemon stops.
	stopTime = 500 * time.Millisecond
)

// Server answers the commands.
type Server struct{ o Options }

// New allocates a Server.
func New(o Options) *Server {
	if o.Listen == nil {
		o.Listen = listen
	}
	return &Server{o}
}

// Run listens until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	l, err := s.o.Listen(s.o.Path)
	if err != nil {
		return fmt.Errorf("open control socket: %w", err)
	}
	return s.serve(ctx, l)
}

// listen opens the Unix socket at path. It takes the place of one that a daemon
// left behind: the daemon holds the queue's lock, so that no other lives.
func listen(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old one: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		l.Close()
		return nil, fmt.Errorf("open it to its group: %w", err)
	}
	return l, nil
}

// serve answers on l until ctx ends, and closes it.
func (s *Server) serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: requestTime,
		ReadTimeout:       requestTime,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve control socket: %w", err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if h.Shutdown(bound) != nil {
		h.Close()
	}
	<-done
	return nil
}

func (s *Server) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) { answer(w, s.o.Agent.Status(), nil) })
	s.handleQueue(m)
	s.handleLedger(m)
	m.HandleFunc("POST /capture", func(w http.ResponseWriter, r *http.Request) {
		m, err := s.o.Agent.Capture(r.Context())
		answer(w, m, err)
	})
	m.HandleFunc("POST /upload", s.upload)
	s.handlePause(m)
	s.handleOutlook(m)
	return m
}

// UploadRequest asks for an upload session now.
type UploadRequest struct {
	Photos int `json:"photos"` // 0: as many as possible
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	var q UploadRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil || q.Photos < 0 {
		answer(w, nil, badRequest("upload: want a number of photos, 0 for as many as possible"))
		return
	}
	answer(w, struct{}{}, s.o.Agent.Upload(q.Photos))
}

// badRequest is an error of the caller's, not of the daemon's.
type badRequest string

func (e badRequest) Error() string { return string(e) }

// failure is how an error travels.
type failure struct {
	Error string `json:"error"`
}

// answer writes v, or err where there is one.
func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		code := http.StatusInternalServerError
		var bad badRequest
		switch {
		case errors.As(err, &bad):
			code = http.StatusBadRequest
		case errors.Is(err, queue.ErrUnknown):
			code = http.StatusNotFound
		}
		w.WriteHeader(code)
		v = failure{err.Error()}
	}
	json.NewEncoder(w).Encode(v) // a caller that has gone needs no answer
}
