// Package tus uploads photos to a tus 1.0 server (https://tus.io), resuming
// where an earlier try was cut off.
//
// A new photo costs a POST that creates the upload and one PATCH with all of
// its bytes; a photo whose upload was begun and whose URL is known costs a HEAD
// in place of the POST. The server knows the offset: nothing about progress is
// stored here. A photo's ID is its key there, so that creating it twice is
// harmless with a server that follows the wire contract, and costs a second
// transfer, never a wrong photo, with any other.
//
// Nothing is trusted that answers: redirects are not followed, an upload must
// be on the endpoint's host, headers and texts are bounded, and a refusal counts
// only from a tus server, not from a proxy or portal on the way.
//
// HTTP/1.1 only, over one connection that is kept for the next photo: one
// upload at a time has no use for HTTP/2's streams, whose flow-control windows
// (1 MB in Go's servers) hold back a fast link with a long delay. Measured with
// 50 MB over TLS on one machine: HTTP/1.1 280 to 450 MB/s, HTTP/2 155 to 185,
// both with 10 MB resident.
package tus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"fieldcam/agent/identity"
	"fieldcam/capture/photo"
	"fieldcam/queue/upload"
)

// URLs keeps the URL of each unfinished upload through a restart.
type URLs interface {
	// UploadURL is what was set for the photo, or "".
	UploadURL(seq uint64) string
	// SetUploadURL sets it, durably; "" clears it.
	SetUploadURL(seq uint64, url string) error
}

// RememberedBytes is the size from which a photo's upload URL is stored before
// its first byte is sent. Storing costs two flushes of the card and 16 KB of
// wear; sending so much again costs less.
const RememberedBytes = 256 << 10

// rounds bounds how often one Upload looks for the offset and sends on. Each
// round but a server's change of mind moves forward; the next session goes on.
const rounds = 6

// Options are what a Client needs besides its Config.
type Options struct {
	// Identity is shown to the server; nil shows nothing and trusts the system's
	// authorities.
	Identity *identity.Identity
	// Device is this controller's name.
	Device string
	// URLs may be nil: then every upload begins with its creation.
	URLs URLs
	// DialContext connects; nil is a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Client uploads to one endpoint. One goroutine at a time may use it.
type Client struct {
	o         Options
	endpoint  *url.URL
	transport *http.Transport
	watch     *watch
}

// New makes a client of the endpoint that cfg names. It connects to nothing.
// Close it after use.
func New(cfg upload.Config, o Options) (*Client, error) {
	if cfg.URL == "" {
		return nil, errors.New("tus client without an upload URL")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("parse upload URL: %w", err)
	}
	c := &Client{o: o, endpoint: u, watch: &watch{idle: cfg.IdleTimeout}}
	c.transport = newTransport(o, c.watch)
	return c, nil
}

// Close closes the idle connection. The client must not be in use.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Upload sends the photo m, whose bytes r gives, from wherever an earlier try
// ended. nil: the server has all of it, durably. Errors are those of package
// upload. r is not touched after Upload has returned.
func (c *Client) Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	u := c.known(m)
	offset := int64(-1) // unknown
	for range rounds {
		var err error
		switch {
		case u == "":
			if u, offset, err = c.create(ctx, m.Size, photoMetadata(c.o.Device, m)); err != nil {
				return err
			}
			if offset < m.Size {
				c.remember(m, u)
			}
		case offset < 0:
			offset, err = c.head(ctx, m, u)
			if errors.Is(err, errGone) {
				c.remember(m, "")
				u = ""
				continue
			}
			if err != nil {
				return err
			}
		}
		if offset == m.Size {
			return nil
		}
		next, err := c.patch(ctx, m, u, offset, r)
		switch {
		case err == nil && next == m.Size:
			return nil
		case err == nil:
			offset = next
		case errors.Is(err, errConflict):
			offset = -1
		case errors.Is(err, errGone):
			c.remember(m, "")
			u, offset = "", -1
		case errors.Is(err, errChecksum):
			c.remember(m, "")
			return &upload.MismatchError{Err: err}
		case errors.Is(err, errOffset):
			c.remember(m, "")
			return err
		default:
			return err
		}
	}
	return fmt.Errorf("upload photo: the server kept changing its mind about the offset, %d times", rounds)
}

// known is the stored URL of m's upload, if it is still one of this endpoint.
func (c *Client) known(m photo.Meta) string {
	if c.o.URLs == nil || m.Size < RememberedBytes {
		return ""
	}
	stored := c.o.URLs.UploadURL(m.Seq())
	if stored == "" {
		return ""
	}
	u, err := resolve(c.endpoint, stored)
	if err != nil { // another endpoint is configured since
		c.remember(m, "")
		return ""
	}
	return u
}

// remember stores the URL of m's upload, or with "" forgets it. That this fails
// does not stop the upload: what is lost is only that a cut upload goes on where
// it was, and a card that can't store fails the acknowledgement, which is
// reported.
func (c *Client) remember(m photo.Meta, u string) {
	if c.o.URLs == nil || m.Size < RememberedBytes {
		return
	}
	if u == "" && c.o.URLs.UploadURL(m.Seq()) == "" {
		return // spares the card
	}
	_ = c.o.URLs.SetUploadURL(m.Seq(), u)
}
