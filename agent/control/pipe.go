package control

import (
	"context"
	"net"
	"sync"
)

// Pipe serves the commands of this process alone, without a socket: for a queue
// that they opened themselves, since no daemon runs. o.Path and o.Listen are not
// used. The caller calls stop, which waits for the server's end.
func Pipe(ctx context.Context, o Options) (c *Client, stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &pipes{incoming: make(chan net.Conn), closed: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- New(o).serve(ctx, l) }()
	return newClient("", l.dial), func() error {
		cancel()
		return <-done
	}
}

// pipes is a listener in memory.
type pipes struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *pipes) dial(ctx context.Context) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.incoming <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "here", Net: "unix"} }
