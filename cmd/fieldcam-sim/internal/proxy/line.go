package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// chunk is what is forwarded at once; a slowed line is smooth down to
// chunk / rate seconds.
const chunk = 4 << 10

// dialTime bounds the connection to the far side.
const dialTime = 5 * time.Second

// line is one connection through the proxy.
type line struct {
	p      *Proxy
	near   net.Conn
	target string
	// broken ends when the line is reset; cancel makes it so.
	broken context.Context
	cancel context.CancelFunc

	mu  sync.Mutex // guards far
	far net.Conn   // nil before it is connected
}

// forward carries bytes until both sides have ended, and closes both.
func (l *line) forward() {
	defer l.near.Close()
	defer l.cancel()
	if l.p.pass(l.broken) != nil {
		return
	}
	d := net.Dialer{Timeout: dialTime}
	far, err := d.DialContext(l.broken, "tcp", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	l.mu.Lock()
	l.far = far
	l.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { l.copy(far, l.near) })
	both.Go(func() { l.copy(l.near, far) })
	both.Wait()
}

// reset breaks the line, not orderly but with a reset to both sides.
func (l *line) reset() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range []net.Conn{l.near, l.far} {
		if t, ok := c.(*net.TCPConn); ok {
			t.SetLinger(0) // closed already where it fails
			t.Close()
		}
	}
}

// copy forwards until an end of src, which it passes on, or an error, after
// which both sides are closed.
func (l *line) copy(dst, src net.Conn) {
	buf := make([]byte, chunk)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if l.p.pass(l.broken) != nil || l.p.limit.WaitN(l.broken, n) != nil {
				break
			}
			if _, err := dst.Write(buf[:n]); err != nil {
				break
			}
			l.p.bytes.Add(int64(n))
		}
		if errors.Is(err, io.EOF) {
			if t, ok := dst.(*net.TCPConn); ok {
				t.CloseWrite() // closed already where it fails
			}
			return
		}
		if err != nil {
			break
		}
	}
	src.Close()
	dst.Close()
}
