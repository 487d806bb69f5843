package tus

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"fieldcam/queue/upload"
)

// errNotTus says that the answer is not one of a tus server.
var errNotTus = errors.New("the answer is not one of a tus server (a portal or proxy on the way?)")

// The bounds of what is taken from a server.
const (
	urlLimit      = 2048      // bytes of an upload's URL, which is stored
	textLimit     = 4 << 10   // bytes read of an answer's body
	reasonLimit   = 160       // characters of it that reach an error
	maxRetryAfter = time.Hour // a longer wish would look like giving up
)

// answer is what a server said, without its connection.
type answer struct {
	status int
	header http.Header
	text   string // the body's begin, where it is plain text
}

// gone tells whether the server does not have the upload any more.
func (a *answer) gone() bool {
	return a.status == http.StatusNotFound || a.status == http.StatusGone
}

// isTus tells whether a tus server answered, not a proxy or a portal.
func (a *answer) isTus() bool { return a.header.Get("Tus-Resumable") != "" }

// unusable tells whether a HEAD shows an upload that can't be gone on with. It
// says nothing of the photo's bytes, nor of the cloud: tus 1.0 ("Head") allows
// 403 for an upload that is gone.
func (a *answer) unusable() bool {
	switch a.status {
	case 401, 407, 408, 423, 425, 429:
		return false
	}
	return a.status >= 400 && a.status < 500 && a.isTus()
}

// refusal turns a status that was not hoped for into an error of package
// upload:
//
//	5xx, 401, 403, 407, 429              Unreachable: says nothing of the photo
//	1xx, 2xx, 3xx that don't belong here Unreachable: not our cloud
//	4xx without Tus-Resumable            Unreachable: a proxy's or portal's word
//	404, 405, 410, 412 at a creation     Unreachable: no tus 1.0 endpoint there
//	408, 409, 423, 425, 460              the photo failed, try again later
//	any other 4xx                        Refused
func (a *answer) refusal(doing string, creating bool) error {
	err := fmt.Errorf("%s: %s", doing, a.describe())
	switch a.status {
	case 401, 403, 407, 429:
		return a.unreachable(err)
	case 404, 405, 410, 412:
		if creating {
			return a.unreachable(err)
		}
	}
	switch {
	case a.status < 400 || a.status >= 500:
		return a.unreachable(err)
	case !a.isTus():
		return a.nonsense(doing, fmt.Errorf("%s: %w", a.describe(), errNotTus))
	}
	switch a.status {
	case 408, 409, 423, 425, statusChecksum:
		return err
	}
	return &upload.RefusedError{Reason: a.describe()}
}

// nonsense is the error for an answer that our cloud would not give.
func (a *answer) nonsense(doing string, err error) error {
	return a.unreachable(fmt.Errorf("%s: %w", doing, err))
}

func (a *answer) unreachable(err error) error {
	return &upload.UnreachableError{Err: err, Answered: true, RetryAfter: retryAfter(a.header)}
}

// describe is the status and the first line of the text.
func (a *answer) describe() string {
	s := strconv.Itoa(a.status)
	if name := http.StatusText(a.status); name != "" {
		s += " " + name
	}
	if line := plainLine(a.text); line != "" {
		s += " (" + line + ")"
	}
	return s
}

// plainLine is the first line of s, short and without control characters.
func plainLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(strings.ToValidUTF8(s, "?")), "\n")
	n := 0
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if n++; n > reasonLimit || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// retryAfter reads the Retry-After header (RFC 9110, 10.2.3): seconds, or a date
// that is compared with the answer's own, because the clock here may be wrong.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(s)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// parseOffset reads an Upload-Offset: decimal digits, at most size.
func parseOffset(s string, size int64) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63) // takes neither sign nor spaces
	if err != nil {
		return 0, fmt.Errorf("offset %.40q: want decimal digits", s)
	}
	if int64(n) > size {
		return 0, fmt.Errorf("offset %d of a photo with %d bytes", n, size)
	}
	return int64(n), nil
}

// resolve gives the absolute URL of an upload whose Location is given. It must
// have the endpoint's scheme and host, so that no answer sends photos and
// passwords elsewhere.
func resolve(endpoint *url.URL, location string) (string, error) {
	if location == "" {
		return "", errors.New("no Location of the upload")
	}
	if len(location) > urlLimit {
		return "", fmt.Errorf("the upload's Location has %d bytes, want at most %d", len(location), urlLimit)
	}
	l, err := url.Parse(location)
	if err != nil {
		return "", errors.New("the upload's Location is no URL")
	}
	u := endpoint.ResolveReference(l)
	if u.Scheme != endpoint.Scheme || hostPort(u) != hostPort(endpoint) || u.User != nil || u.Opaque != "" {
		return "", fmt.Errorf("the upload's Location is on %.80q, want %q", u.Scheme+"://"+u.Host, endpoint.Scheme+"://"+endpoint.Host)
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Host = endpoint.Host; u.Path == "" || u.Path == endpoint.Path && u.RawQuery == endpoint.RawQuery {
		return "", errors.New("the upload's Location names no upload")
	}
	return u.String(), nil
}

// hostPort is the host in lower case with its port, also where that is the
// scheme's own.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}
