package tus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// errIdle ends a request that does not move.
var errIdle = errors.New("no progress")

// looksPerTimeout is how often within the idle time-out the watch looks, so
// that a request is ended at most a fifth later than told.
const looksPerTimeout = 5

// watch ends requests that make no progress. Progress is a byte that a socket
// took, or that the peer acknowledged: a body that was read into a buffer proves
// nothing, a write that is blocked moves nothing, and a byte that comes in
// doesn't count, for an answer that comes one byte at a time would never end.
type watch struct {
	idle  time.Duration
	moved atomic.Uint64 // bytes written to all connections

	mu   sync.Mutex // guards last
	last net.Conn   // the latest connection
}

// conn counts what is written to c.
func (w *watch) conn(c net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = c
	return &watchedConn{Conn: c, watch: w}
}

// progress is a number that changes when something moves.
func (w *watch) progress() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.moved.Load()
	if w.last != nil {
		n += acknowledged(w.last)
	}
	return n
}

// start watches one request: the context ends, with a cause that says so, when
// nothing has moved for the idle time-out. stop ends the watch and the context,
// and waits for the watch.
func (w *watch) start(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		every := w.idle / looksPerTimeout
		t := time.NewTicker(every)
		defer t.Stop()
		before, since := w.progress(), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			if n := w.progress(); n != before {
				before, since = n, time.Now()
			} else if time.Since(since) >= w.idle {
				cancel(fmt.Errorf("%w for %v", errIdle, w.idle))
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-over
	}
}

// watchedConn tells its watch what moves. It hides the other methods of the
// connection from net/http, so that no byte passes by.
type watchedConn struct {
	net.Conn
	watch *watch
}

// Write hands over small pieces, so that a large one on a slow link counts while
// it goes.
func (c *watchedConn) Write(p []byte) (int, error) {
	total := 0
	for {
		n, err := c.Conn.Write(p[:min(len(p), writePiece)])
		c.watch.moved.Add(uint64(n))
		total += n
		if p = p[n:]; err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// writePiece is a TLS record with its overhead, so that one goes in one write.
const writePiece = 16<<10 + 512
