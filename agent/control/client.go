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
	"syscall"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// ErrNotRunning means that no daemon listens with that state directory.
var ErrNotRunning = errors.New("the daemon is not running")

// ErrNotAllowed means that the caller may not write to the socket.
var ErrNotAllowed = errors.New("not allowed to talk to the daemon, or look into its directory: use sudo, or join the group of its socket")

// ErrSilent means that the daemon is there, and doesn't answer.
var ErrSilent = fmt.Errorf("the daemon does not answer within %v: \"systemctl status fieldcam\" says more", answerTime)

// answerTime bounds the wait for what the daemon has at hand: on a controller that
// is busy with a photo it takes a second.
const answerTime = 30 * time.Second

// maxAnswer bounds an answer: a day of 17,280 slots is 4 MB.
const maxAnswer = 64 << 20

// Client talks to the daemon on this machine.
type Client struct {
	path string
	http http.Client
}

// NewClient makes a Client of the socket at path; nothing is opened yet.
func NewClient(path string) *Client {
	return newClient(path, func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	})
}

func newClient(path string, dial func(context.Context) (net.Conn, error)) *Client {
	c := &Client{path: path}
	c.http.Transport = &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}
	return c
}

// Status asks for the status; ErrSilent where that takes too long.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, ErrSilent)
	defer cancel()
	return s, c.do(ctx, "GET", "/status", nil, &s)
}

// Capture takes one photo now and waits for it.
func (c *Client) Capture(ctx context.Context) (m photo.Meta, err error) {
	return m, c.do(ctx, "POST", "/capture", nil, &m)
}

// Upload starts an upload session now and does not wait for it; ErrSilent where
// that takes too long.
func (c *Client) Upload(ctx context.Context, photos int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, ErrSilent)
	defer cancel()
	return c.do(ctx, "POST", "/upload", UploadRequest{photos}, nil)
}

// do sends one request and decodes the answer into out, where it is not nil.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// send sends one request. The caller closes the answer's body.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://fieldcam"+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var f failure
	if json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&f) != nil || f.Error == "" {
		f.Error = "the daemon answered " + resp.Status
	}
	return nil, &Refusal{text: f.Error, unknown: resp.StatusCode == http.StatusNotFound}
}

// Refusal is an error that the daemon answered with, as far as it is still alive.
// errors.Is(err, queue.ErrUnknown) tells that there is no such photo.
type Refusal struct {
	text    string
	unknown bool
}

func (e *Refusal) Error() string { return e.text }

// Is tells whether the daemon meant target.
func (e *Refusal) Is(target error) bool { return e.unknown && target == queue.ErrUnknown }

// explain tells the faults apart that a person can mend.
func (c *Client) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // such as which signal it was
	}
	// The address that it names is none that a person knows.
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (no answer at %s)", ErrNotRunning, c.path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w (%s)", ErrNotAllowed, c.path)
	}
	return fmt.Errorf("talk to the daemon: %w", err)
}
