package main

import (
	"context"
	"crypto/tls"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// headerWait and idleWait bound connections that say nothing; a photo's own
	// silence is the receiver's to bound. bodyWait bounds how long a body is read
	// that nobody wants.
	headerWait = 15 * time.Second
	bodyWait   = 3 * time.Second
	idleWait   = 2 * time.Minute
	maxHeader  = 16 << 10
	// stopWait is what requests in progress get at the end: a photo that is whole
	// is filed, one that is not goes on after the restart.
	stopWait = time.Second
	// maxConnections bounds each address: some 60 MB where all speak TLS. Whoever
	// comes then waits until another has gone.
	maxConnections = 1000
)

// serve listens now, so that a taken port is an error at once, and adds the job
// that answers. Only the header's reading is bounded here: handler bounds that of
// a body, and ends the connection where it does not want one.
func (h *hub) serve(flag, addr string, cfg *tls.Config, handler http.Handler) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	h.closers = append(h.closers, func() { _ = l.Close() }) // closed already after a run
	bound := l.Addr().String()
	l = limit(l, maxConnections)
	// One request is one connection's, with the kernel's own flow control: HTTP/2
	// would put windows of its own between a camera and its link.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWait, IdleTimeout: idleWait, MaxHeaderBytes: maxHeader,
		Protocols: &protocols, ErrorLog: quietly(h.log),
	}
	if cfg != nil {
		l = tls.NewListener(l, cfg)
	}
	h.jobs = append(h.jobs, func(ctx context.Context) error {
		served := make(chan error, 1)
		go func() { served <- srv.Serve(l) }()
		select {
		case err := <-served:
			return fmt.Errorf("serve --%s: %w", flag, err)
		case <-ctx.Done():
		}
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
		defer cancel()
		if err := srv.Shutdown(stop); err != nil {
			_ = srv.Close() // what is cut here goes on after the restart
		}
		<-served
		return nil
	})
	return bound, nil
}

// withoutBody is for a handler that reads no bodies: one that is sent all the same
// ends the connection after the answer. http.Server.ReadTimeout would also end the
// context of a question whose answer takes longer.
func withoutBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWait)) // it is a real connection
		}
		next.ServeHTTP(w, r)
	})
}

// limited is a listener that has a bounded number of connections open.
type limited struct {
	net.Listener
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limit(l net.Listener, connections int) *limited {
	return &limited{Listener: l, slots: make(chan struct{}, connections), closed: make(chan struct{})}
}

// Accept waits for a connection, and for room for it.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &counted{Conn: c, leave: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}

// quietly takes net/http's complaints about clients, such as bad handshakes.
func quietly(log zerolog.Logger) *stdlog.Logger { return stdlog.New(debugWriter{log}, "", 0) }

type debugWriter struct{ log zerolog.Logger }

func (w debugWriter) Write(p []byte) (int, error) {
	w.log.Debug().Msg(string(p))
	return len(p), nil
}
