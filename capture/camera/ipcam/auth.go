package ipcam

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrRefused is why there is no picture where the camera does not take the user and
// password that it was shown.
var ErrRefused = errors.New("the camera refuses user and password")

// ErrNotShown is why there is no picture where the camera wants a user and password,
// and they were not shown to it.
var ErrNotShown = errors.New("the camera wants a user and password")

var (
	errNone     = fmt.Errorf("%w, and none are configured", ErrNotShown)
	errClear    = fmt.Errorf("%w in the clear (Basic without https), which is not allowed; see basic", ErrNotShown)
	errNoScheme = fmt.Errorf("%w in a way that is not known here", ErrNotShown)
)

// authorizer shows one server who asks, in the way that it wanted last.
type authorizer struct {
	username, password string
	clear              bool // the password may be sent in the clear

	digest *digest // nil: not asked for
	basic  bool    // asked for
}

// forget begins anew, as with a server that was never seen.
func (a *authorizer) forget() { a.digest, a.basic = nil, false }

// maxAsk is how often one request is sent: as the last one was answered, to a new
// challenge, and to another where the nonce of that was stale already.
const maxAsk = 3

// drainBytes is how much of an answer that is not wanted is read, to use its
// connection again.
const drainBytes = 64 << 10

// do sends the request that build makes, with user and password where the server
// wants them. The caller closes the answer's body. The status is never 401.
func (a *authorizer) do(client *http.Client, build func() (*http.Request, error)) (*http.Response, error) {
	fresh := false // the challenge to answer was made for this request
	for n := 1; ; n++ {
		req, err := build()
		if err != nil {
			return nil, err
		}
		shown := a.show(req)
		resp, err := client.Do(req)
		if err != nil {
			return nil, withoutAddress(err)
		}
		if resp.StatusCode != http.StatusUnauthorized {
			return resp, nil
		}
		_, _ = io.CopyN(io.Discard, resp.Body, drainBytes)
		resp.Body.Close()
		stale, err := a.challenged(resp.Header, req.URL.Scheme == "https")
		switch {
		case err != nil:
			return nil, err
		case shown && fresh && !stale, n == maxAsk:
			a.forget()
			return nil, ErrRefused
		}
		fresh = true
	}
}

// show adds user and password to the request, where the server asked for them, and
// tells whether it did.
func (a *authorizer) show(req *http.Request) bool {
	switch {
	case a.digest != nil:
		req.Header.Set("Authorization", a.digest.header(req.Method, req.URL.RequestURI(), a.username, a.password))
	case a.basic && (a.clear || req.URL.Scheme == "https"):
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.username+":"+a.password)))
	default:
		return false
	}
	return true
}

// challenged chooses the best of the ways that the server offers. stale says that the
// nonce was too old, and nothing else wrong.
func (a *authorizer) challenged(h http.Header, secure bool) (stale bool, err error) {
	a.forget()
	if a.username == "" {
		return false, errNone
	}
	all, err := parseChallenges(h.Values("WWW-Authenticate"))
	best, basic := 0, false
	for _, c := range all {
		switch c.scheme {
		case "digest":
			d, rank, ok := newDigest(c)
			if !ok || a.digest != nil && rank >= best {
				continue
			}
			a.digest, best = d, rank
			stale = strings.EqualFold(c.params["stale"], "true")
		case "basic":
			basic = true
		}
	}
	switch {
	case a.digest != nil:
		return stale, nil
	case basic && !a.clear && !secure:
		return false, errClear
	case basic:
		a.basic = true
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrNotShown, err)
	}
	return false, errNoScheme
}
