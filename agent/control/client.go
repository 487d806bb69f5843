package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// ErrNotRunning means that no daemon listens with that state directory.
var ErrNotRunning = errors.New("the daemon is not running")

// ErrNotAllowed means that the caller may not write to the socket.
var ErrNotAllowed = errors.New("not allowed to talk to the daemon: use sudo, or join the group of its socket")

// maxAnswer bounds an answer: a list of 100,000 photos is 40 MB.
const maxAnswer = 64 << 20

// Client talks to the daemon on this machine.
type Client struct {
	path string
	http http.Client
}

// NewClient makes a Client of the socket at path; nothing is opened yet.
func NewClient(path string) *Client {
	c := &Client{path: path}
	c.http.Transport = &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}
	return c
}

// Status asks for the status.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, "GET", "/status", nil, &s)
}

// List asks for photos in the queue, newest first; an empty state is any, limit
// 0 is all.
func (c *Client) List(ctx context.Context, state queue.State, limit int) (photos []Photo, err error) {
	q := url.Values{"state": {string(state)}, "limit": {strconv.Itoa(limit)}}
	return photos, c.do(ctx, "GET", "/queue?"+q.Encode(), nil, &photos)
}

// Photo asks for one photo.
func (c *Client) Photo(ctx context.Context, id photo.ID) (p Photo, err error) {
	return p, c.do(ctx, "GET", "/queue/"+url.PathEscape(string(id)), nil, &p)
}

// Retry makes refused photos wait again, and says how many.
func (c *Client) Retry(ctx context.Context, q RetryRequest) (int, error) {
	var r RetryResult
	err := c.do(ctx, "POST", "/queue/retry", q, &r)
	return r.Waiting, err
}

// Capture takes one photo now and waits for it.
func (c *Client) Capture(ctx context.Context) (m photo.Meta, err error) {
	return m, c.do(ctx, "POST", "/capture", nil, &m)
}

// Upload starts an upload session now and does not wait for it.
func (c *Client) Upload(ctx context.Context, photos int) error {
	return c.do(ctx, "POST", "/upload", UploadRequest{photos}, nil)
}

// Plan asks what the schedule will do in the next days, and for the first limit
// slots of that.
func (c *Client) Plan(ctx context.Context, days, limit int) (p Plan, err error) {
	return p, c.do(ctx, "GET", fmt.Sprintf("/schedule?days=%d&limit=%d", days, limit), nil, &p)
}

// do sends one request and decodes the answer into out, where it is not nil.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://fieldcam"+path, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer resp.Body.Close()
	answer := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode != http.StatusOK {
		var f failure
		if answer.Decode(&f) != nil || f.Error == "" {
			return fmt.Errorf("the daemon answered %s", resp.Status)
		}
		return errors.New(f.Error)
	}
	if out == nil {
		return nil
	}
	if err := answer.Decode(out); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// explain tells the faults apart that a person can mend.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (no answer at %s)", ErrNotRunning, c.path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w (%s)", ErrNotAllowed, c.path)
	}
	return fmt.Errorf("talk to the daemon: %w", err)
}
