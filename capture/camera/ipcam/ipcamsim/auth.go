package ipcamsim

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const realm = `IP Camera "one"`

// authorized tells whether the request shows user and password; where it does not, it
// is answered.
func (c *Camera) authorized(w http.ResponseWriter, r *http.Request, f Faults) bool {
	if c.o.Username == "" {
		return true
	}
	header := r.Header.Get("Authorization")
	stale := false
	switch {
	case f.Unauthorized:
	case strings.HasPrefix(header, "Basic ") && c.o.Basic:
		if user, password, ok := r.BasicAuth(); ok && user == c.o.Username && password == c.o.Password {
			return true
		}
	case strings.HasPrefix(header, "Digest ") && c.o.Digest:
		var ok bool
		if ok, stale = c.digest(header, r); ok {
			return true
		}
	}
	if c.o.Basic {
		w.Header().Add("WWW-Authenticate", "Basic realm="+strconv.Quote(realm))
	}
	if c.o.Digest {
		c.challenge(w, stale)
	}
	http.Error(w, "401 Unauthorized", http.StatusUnauthorized)
	return false
}

// challenge offers Digest with a new nonce.
func (c *Camera) challenge(w http.ResponseWriter, stale bool) {
	nonce := rand.Text()
	c.mu.Lock()
	c.nonces[nonce] = 0
	c.mu.Unlock()
	text := fmt.Sprintf(`Digest realm=%q, nonce=%q, opaque="o,p=a q"`, realm, nonce)
	if !c.o.NoQop {
		text += `, qop="auth,auth-int"`
	}
	if stale {
		text += ", stale=TRUE"
	}
	if len(c.o.Algorithms) == 0 {
		w.Header().Add("WWW-Authenticate", text)
		return
	}
	var all []string
	for _, a := range c.o.Algorithms {
		all = append(all, text+", algorithm="+a)
	}
	w.Header().Add("WWW-Authenticate", strings.Join(all, ", ")) // all in one header
}

// paramForm is a parameter of an Authorization header.
var paramForm = regexp.MustCompile(`(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))`)

// digest checks a Digest header, and counts the use of its nonce.
func (c *Camera) digest(header string, r *http.Request) (ok, stale bool) {
	p := map[string]string{}
	for _, m := range paramForm.FindAllStringSubmatch(header, -1) {
		p[m[1]] = regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2]+m[3], "$1")
	}
	algorithm := p["algorithm"]
	name := strings.TrimSuffix(algorithm, "-sess")
	if name == "" {
		name = "MD5"
	}
	h, known := map[string]func(string) string{
		"MD5":         func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) },
		"SHA-256":     func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) },
		"SHA-512-256": func(s string) string { return fmt.Sprintf("%x", sha512.Sum512_256([]byte(s))) },
	}[name]
	if !known || p["opaque"] != "o,p=a q" || p["realm"] != realm || p["username"] != c.o.Username || p["uri"] != r.RequestURI {
		return false, false
	}
	a1 := h(c.o.Username + ":" + realm + ":" + c.o.Password)
	if strings.HasSuffix(algorithm, "-sess") {
		a1 = h(a1 + ":" + p["nonce"] + ":" + p["cnonce"])
	}
	want := h(a1 + ":" + p["nonce"] + ":" + h(r.Method+":"+r.RequestURI))
	if !c.o.NoQop {
		want = h(strings.Join([]string{a1, p["nonce"], p["nc"], p["cnonce"], "auth", h(r.Method + ":" + r.RequestURI)}, ":"))
		if p["qop"] != "auth" || len(p["cnonce"]) < 16 {
			return false, false
		}
	}
	if p["response"] != want {
		return false, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	uses, given := c.nonces[p["nonce"]]
	if !given || c.o.NonceUses > 0 && uses >= uint(c.o.NonceUses) {
		delete(c.nonces, p["nonce"])
		return false, true
	}
	c.nonces[p["nonce"]]++
	if c.o.NoQop {
		return true, false
	}
	count, err := strconv.ParseUint(p["nc"], 16, 32)
	return err == nil && len(p["nc"]) == 8 && uint(count) == uses+1, false
}
