package tus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"fieldcam/capture/photo"
)

// What a single request can tell besides the errors of package upload.
var (
	errGone     = errors.New("the upload is gone from the server")
	errConflict = errors.New("the server has another offset")
	errChecksum = errors.New("upload photo: the server got other bytes than the camera gave (checksum mismatch)")
	errOffset   = errors.New("upload photo: the server tells an impossible offset")
)

// statusChecksum is tus' "460 Checksum Mismatch" (tus 1.0, Checksum extension).
const statusChecksum = 460

// create asks for an upload of size bytes that is described so, or for the one
// that the server has.
func (c *Client) create(ctx context.Context, size int64, metadata string) (u string, offset int64, err error) {
	h := http.Header{
		"Upload-Length":   {strconv.FormatInt(size, 10)},
		"Upload-Metadata": {metadata},
		// Not sent, but lets net/http repeat the request on a new connection
		// where the server had closed the kept one: creating is idempotent.
		"Idempotency-Key": {},
	}
	a, err := c.do(ctx, http.MethodPost, c.endpoint.String(), h, nil)
	if err != nil {
		return "", 0, err
	}
	if a.status != http.StatusCreated {
		return "", 0, a.refusal("create upload", true)
	}
	u, err = resolve(c.endpoint, a.header.Get("Location"))
	if err != nil {
		return "", 0, a.nonsense("create upload", err)
	}
	if a.header.Get("Upload-Offset") == "" {
		return u, 0, nil
	}
	offset, err = parseOffset(a.header.Get("Upload-Offset"), size)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %w", errOffset, err)
	}
	return u, offset, nil
}

// head asks how much of the upload the server has. It says errGone also where
// the upload there is not one of m.
func (c *Client) head(ctx context.Context, m photo.Meta, u string) (int64, error) {
	a, err := c.do(ctx, http.MethodHead, u, http.Header{}, nil)
	switch {
	case err != nil:
		return 0, err
	case a.gone(), a.unusable():
		return 0, errGone
	case a.status != http.StatusOK && a.status != http.StatusNoContent:
		return 0, a.refusal("ask for the offset", false)
	case a.header.Get("Tus-Resumable") == "":
		return 0, a.nonsense("ask for the offset", errNotTus)
	}
	// The length is optional in what the wire contract says, but a different one
	// proves that this is the upload of something else.
	if l := a.header.Get("Upload-Length"); l != "" && l != strconv.FormatInt(m.Size, 10) {
		return 0, errGone
	}
	offset, err := parseOffset(a.header.Get("Upload-Offset"), m.Size)
	if err != nil {
		return 0, errGone // an upload that can't be gone on with
	}
	return offset, nil
}

// patch sends the bytes from offset on and gives the server's new offset.
func (c *Client) patch(ctx context.Context, m photo.Meta, u string, offset int64, r io.ReadSeeker) (int64, error) {
	b, err := newBody(r, offset, m.Size)
	if err != nil {
		return 0, err
	}
	h := http.Header{
		"Content-Type":  {"application/offset+octet-stream"},
		"Upload-Offset": {strconv.FormatInt(offset, 10)},
	}
	a, err := c.do(ctx, http.MethodPatch, u, h, b)
	if fault := b.detach(); fault != nil && ctx.Err() == nil {
		return 0, fault
	}
	switch {
	case err != nil:
		return 0, err
	case a.gone(), a.status == http.StatusMethodNotAllowed && a.isTus(), a.status == http.StatusPreconditionFailed && a.isTus():
		return 0, errGone
	case a.status == http.StatusConflict:
		return 0, errConflict
	case a.status == statusChecksum:
		return 0, errChecksum
	case a.status != http.StatusNoContent:
		return 0, a.refusal("send photo", false)
	}
	next, err := parseOffset(a.header.Get("Upload-Offset"), m.Size)
	if err == nil && next <= offset {
		err = fmt.Errorf("it was %d, and after sending is %d", offset, next)
	}
	switch {
	case err != nil && a.header.Get("Tus-Resumable") == "":
		return 0, a.nonsense("send photo", errNotTus)
	case err != nil:
		return 0, fmt.Errorf("%w: %w", errOffset, err)
	}
	return next, nil
}
