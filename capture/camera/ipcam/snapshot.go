package ipcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"

	"fieldcam/capture/camera/jpegstream"
)

const (
	// megabyte is the unit of Config.MaxMB.
	megabyte = 1_000_000
	// partBytes is the part of a picture that is in memory at a time.
	partBytes = 32 << 10
	// stallTime is the silence in the middle of a picture, at the end of its time, from which
	// on the camera hangs: what a network lost Linux sends again after 0.2 s, and 0.4 s later.
	stallTime = time.Second
	// maxServer bounds what is kept of the Server header, in bytes.
	maxServer = 60
)

// statusError is an answer that is no picture.
type statusError struct{ code int }

func (e *statusError) Error() string {
	return fmt.Sprintf("the camera answers %d %s", e.code, http.StatusText(e.code))
}

// stalledError is a picture that stopped in its middle, and for how long before the end
// of its time.
type stalledError struct {
	bytes int64
	d     time.Duration
	err   error
}

func (e *stalledError) Error() string {
	return fmt.Sprintf("the picture stops after %d bytes, and nothing comes for %v: %v", e.bytes, e.d, e.err)
}
func (e *stalledError) Unwrap() error { return e.err }

// snapshot gets the picture at u and passes it on to w. It tells what the server calls
// itself.
func (c *Camera) snapshot(ctx context.Context, u *url.URL, w io.Writer) (server string, err error) {
	resp, err := c.get(ctx, u)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	picture := jpegstream.New(w)
	if err := pass(resp.Body, picture, int64(c.cfg.MaxMB)*megabyte); err != nil {
		if ctx.Err() != nil && !errors.As(err, new(*stalledError)) {
			return "", ctx.Err()
		}
		var sink *jpegstream.SinkError
		if kind := resp.Header.Get("Content-Type"); !errors.As(err, &sink) && !strings.HasPrefix(kind, "image/") {
			err = fmt.Errorf("%w (Content-Type %.40q)", err, kind)
		}
		return "", err
	}
	return printable(resp.Header.Get("Server")), nil
}

// get asks for u, and where that leads to.
func (c *Camera) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	for n := 0; ; n++ {
		resp, err := c.auth.do(c.client, func() (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Accept", "image/jpeg, */*;q=0.1")
			return req, nil
		})
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			c.upAt = time.Time{}
			return resp, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			if n == maxRedirects {
				break
			}
			_, _ = io.CopyN(io.Discard, resp.Body, drainBytes)
			resp.Body.Close()
			if u, err = follow(u, resp.Header.Get("Location")); err != nil {
				return nil, err
			}
			continue
		}
		resp.Body.Close()
		return nil, &statusError{resp.StatusCode}
	}
}

// pass passes on the picture until its end, and not the rest.
func pass(from io.Reader, picture *jpegstream.Writer, limit int64) error {
	part := make([]byte, partBytes)
	for total := int64(0); ; {
		asked := time.Now()
		n, err := from.Read(part)
		if n > 0 {
			if _, err := picture.Write(part[:n]); err != nil {
				return err
			}
			if picture.Ended() {
				return nil
			}
		}
		switch total += int64(n); {
		case total > limit:
			return fmt.Errorf("the picture does not end within %d bytes", limit)
		case err == io.EOF:
			return fmt.Errorf("the answer ends after %d bytes, and the picture does not (want FF D9)", total)
		case errors.Is(err, context.DeadlineExceeded) && total > 0 && time.Since(asked) >= stallTime:
			return &stalledError{bytes: total, d: time.Since(asked), err: err}
		case err != nil:
			return fmt.Errorf("the picture breaks off after %d bytes: %w", total, err)
		}
	}
}

// notYet tells whether err is what a camera gives that has not quite started.
func notYet(err error) bool {
	var status *statusError
	var op *net.OpError
	switch {
	case errors.As(err, &status):
		return status.code >= 500 || status.code == http.StatusNotFound
	case errors.As(err, &op) && op.Op == "dial":
		return true
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

// printable is s without what is no text, within bounds.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxServer {
		s = strings.ToValidUTF8(s[:maxServer], "")
	}
	return strings.TrimSpace(s)
}
