package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// policy lets the page load from itself alone, and nobody frame it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard is around every answer.
func (p *Page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !p.answersTo(r.Host) {
			http.Error(w, "this hub has another name: start it with --host to add one", http.StatusMisdirectedRequest)
			return
		}
		if p.o.Authenticate != nil {
			if _, password, given := r.BasicAuth(); !given || !p.o.Authenticate(password) {
				if given { // a browser asks first without
					p.refused.Warn().Str("from", r.RemoteAddr).Msg("wrong operator's password")
				}
				h.Set("WWW-Authenticate", `Basic realm="fieldcam hub", charset="UTF-8"`)
				http.Error(w, "the operator's password, please", http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// answersTo tells whether host, of a request, is a name of this page.
func (p *Page) answersTo(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(strings.TrimSuffix(name, "."), "[]"))
	return slices.ContainsFunc(p.o.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// pageBuffer is a page before it is sent: an error in a template must not leave
// half of one.
type pageBuffer struct{ bytes.Buffer }

// send answers with the page, or with 304 where the browser has it.
func (b *pageBuffer) send(w http.ResponseWriter, r *http.Request, status int) {
	sum := sha256.Sum256(b.Bytes())
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag && status == http.StatusOK {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // the browser has gone
	}
}

// cacheFor lets the browser keep what next serves.
func cacheFor(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", fmt.Sprintf("private, max-age=%d", int(d.Seconds())))
		next.ServeHTTP(w, r)
	})
}
