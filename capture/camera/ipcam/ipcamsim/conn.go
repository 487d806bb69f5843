package ipcamsim

import (
	"net"
	"sync"
	"time"
)

// buffered is a pipe's end whose writes do not wait for the other end's reads, as a
// socket's: in a handshake of TLS both sides write at once.
type buffered struct {
	net.Conn
	parts  chan []byte
	once   sync.Once
	closed chan struct{}
	ended  chan struct{} // all was written, or cannot be
}

const (
	// bufferParts is how many writes a connection holds.
	bufferParts = 16
	// flushTime is how long a closed connection waits for its reader.
	flushTime = time.Second
)

func newBuffered(c net.Conn) *buffered {
	b := &buffered{Conn: c, parts: make(chan []byte, bufferParts), closed: make(chan struct{}), ended: make(chan struct{})}
	go b.flush()
	return b
}

func (b *buffered) flush() {
	defer b.Conn.Close()
	defer close(b.ended)
	for {
		select {
		case p := <-b.parts:
			if _, err := b.Conn.Write(p); err != nil {
				return
			}
		case <-b.closed:
			_ = b.Conn.SetWriteDeadline(time.Now().Add(flushTime))
			for {
				select {
				case p := <-b.parts:
					if _, err := b.Conn.Write(p); err != nil {
						return
					}
				default:
					return
				}
			}
		}
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	select {
	case <-b.closed:
		return 0, net.ErrClosed
	default:
	}
	select {
	case b.parts <- append([]byte(nil), p...):
		return len(p), nil
	case <-b.ended:
		return 0, net.ErrClosed
	case <-b.closed:
		return 0, net.ErrClosed
	}
}

// Close lets what was written arrive first.
func (b *buffered) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Conn.SetReadDeadline(time.Now())
}
