package tus

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"fieldcam/queue/upload"
)

// Bounds and sizes of the connection.
const (
	connectTimeout = 30 * time.Second // TCP and TLS, each
	headerLimit    = 16 << 10         // bytes of an answer's headers
	// writeBuffer fills a TLS record (16 KiB) twice; larger ones only cost
	// memory, since the file and the socket have buffers of their own.
	writeBuffer = 32 << 10
	// idleConnection ends a connection that no photo used: shorter than the idle
	// time-outs of common servers (60 s and more), so that we seldom write into
	// one that is closing.
	idleConnection = 50 * time.Second
	// textTimeout bounds reading the text of an answer whose status is known.
	textTimeout = 10 * time.Second
)

// newTransport makes the HTTP/1.1 client, whose connections tell w what moves.
func newTransport(o Options, w *watch) *http.Transport {
	dial := o.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	t := &http.Transport{
		Proxy: nil, // the environment's would be a surprise in a daemon
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			tuneSocket(c, w.idle)
			return w.conn(c), nil
		},
		TLSHandshakeTimeout:    connectTimeout,
		DisableCompression:     true,
		MaxConnsPerHost:        1,
		MaxIdleConns:           1,
		IdleConnTimeout:        idleConnection,
		MaxResponseHeaderBytes: headerLimit,
		WriteBufferSize:        writeBuffer,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	if o.Identity != nil {
		t.TLSClientConfig = o.Identity.TLS()
	} else {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return t
}

// do sends one request and gives the answer, or why there is none: an
// UnreachableError or the context's error.
func (c *Client) do(caller context.Context, method, u string, h http.Header, b *body) (*answer, error) {
	ctx, stop := c.watch.start(caller)
	defer stop()
	doing := method + " " + c.endpoint.Host
	q, err := http.NewRequestWithContext(ctx, method, u, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	h.Set("Tus-Resumable", "1.0.0")
	h.Set("User-Agent", "fieldcam")
	q.Header = h
	if id := c.o.Identity; id != nil && id.Username() != "" {
		q.SetBasicAuth(id.Username(), id.Password())
	}
	if b != nil {
		// Without GetBody net/http never sends a half-read body again.
		q.Body, q.ContentLength = b, b.length
	}
	// RoundTrip, not Client.Do: no redirects, no cookies.
	r, err := c.transport.RoundTrip(q)
	if err != nil {
		if caller.Err() != nil {
			return nil, fmt.Errorf("%s: %w", doing, caller.Err())
		}
		if idle := context.Cause(ctx); idle != nil {
			err = idle
		}
		return nil, &upload.UnreachableError{Err: fmt.Errorf("%s: %w", doing, err)}
	}
	a := &answer{status: r.StatusCode, header: r.Header}
	limit := time.AfterFunc(textTimeout, stop)
	defer limit.Stop()
	text, _ := io.ReadAll(io.LimitReader(r.Body, textLimit)) // what there is of it will do
	r.Body.Close()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		a.text = string(text)
	}
	return a, nil
}
