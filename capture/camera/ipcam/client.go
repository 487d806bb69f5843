package ipcam

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fieldcam/agent/identity"
)

const (
	// dialTime bounds the opening of one connection. A camera is on the board's own
	// network.
	dialTime = 5 * time.Second
	// headerBytes bounds the headers of an answer.
	headerBytes = 64 << 10
	// maxRedirects is how often a snapshot may be somewhere else.
	maxRedirects = 3
)

// newClient makes the client for one camera, which follows no redirection by itself.
// now is the wall time by which certificates are judged.
func newClient(c Config, who *identity.Identity, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	t := who.TLS()
	if pin, _ := c.fingerprint(); pin != nil {
		// In the place of the usual verification, not besides: such a certificate has
		// the wrong name, and was made when the camera's clock was in 1970.
		t.InsecureSkipVerify = true
		t.VerifyConnection = func(s tls.ConnectionState) error { return checkPin(pin, s) }
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, dialTime)
				defer cancel()
				return dial(ctx, network, addr)
			},
			TLSClientConfig: t, TLSHandshakeTimeout: dialTime,
			DisableCompression: true, MaxResponseHeaderBytes: headerBytes, MaxConnsPerHost: 1,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkPin tells whether the server has the one certificate.
func checkPin(pin []byte, s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the camera shows no certificate")
	}
	got := sha256.Sum256(s.PeerCertificates[0].Raw)
	if !bytes.Equal(got[:], pin) {
		return fmt.Errorf("the camera's certificate has the fingerprint %x, want %x", got, pin)
	}
	return nil
}

// withoutAddress is what the client says without the address, which can have a key in
// its query.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// follow is where a redirection leads: on the same host and port, and never out of
// https. Another port is accepted where it leads from http into https.
func follow(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, errors.New("the camera redirects to no address")
	}
	same := strings.EqualFold(to.Hostname(), from.Hostname())
	switch {
	case same && to.Scheme == from.Scheme && port(to) == port(from):
	case same && from.Scheme == "http" && to.Scheme == "https":
	default:
		return nil, fmt.Errorf("the camera redirects to %s://%s, which is not followed", to.Scheme, to.Host)
	}
	to.User, to.Fragment = nil, ""
	return to, nil
}

// at is the address that a camera told, on the host that is configured: it may know
// itself by another name, or by the address that it had before. Where that was by
// https the answer is, on the same port.
func at(configured *url.URL, told string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(told))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil, errors.New("the camera tells no http address")
	}
	u.User, u.Fragment = nil, ""
	host := configured.Hostname()
	switch {
	case configured.Scheme == "https" && u.Scheme != "https":
		u.Scheme, u.Host = "https", configured.Host
	case u.Port() != "":
		u.Host = net.JoinHostPort(host, u.Port())
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	return u, nil
}

// port is the port of u, also where it is the scheme's own.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
