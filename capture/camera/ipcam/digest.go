package ipcam

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// digest answers one Digest challenge (RFC 7616), for as long as the server takes its
// nonce. It also speaks the older form without qop (RFC 2069), as old cameras do.
type digest struct {
	realm, nonce, opaque string
	algorithm            string // as the server wrote it; empty: it wrote none
	hash                 func() hash.Hash
	session              bool // A1 has the nonces in it ("-sess")
	qop                  bool // "auth" is offered
	cnonce               string
	count                uint32 // uses of the nonce
}

// algorithms lists what can be answered, the best first.
func algorithms() []struct {
	name string
	hash func() hash.Hash
} {
	return []struct {
		name string
		hash func() hash.Hash
	}{
		{"SHA-512-256", sha512.New512_256}, {"SHA-256", sha256.New}, {"MD5", md5.New},
	}
}

// newDigest makes the answer to a challenge, and tells how good its algorithm is, 0
// for the best; false where it cannot be answered.
func newDigest(c challenge) (d *digest, rank int, ok bool) {
	d = &digest{realm: c.params["realm"], nonce: c.params["nonce"], opaque: c.params["opaque"], algorithm: c.params["algorithm"]}
	if d.nonce == "" {
		return nil, 0, false
	}
	name := d.algorithm
	if name == "" {
		name = "MD5" // RFC 7616, section 3.3
	}
	if n := len(name) - len("-sess"); n > 0 && strings.EqualFold(name[n:], "-sess") {
		name, d.session = name[:n], true
	}
	for i, a := range algorithms() {
		if strings.EqualFold(a.name, name) {
			d.hash, rank = a.hash, i
		}
	}
	qops := c.params["qop"]
	for q := range strings.SplitSeq(qops, ",") {
		d.qop = d.qop || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	// One that wants "auth-int" alone is not answered: no camera was seen that does.
	if d.hash == nil || qops != "" && !d.qop {
		return nil, 0, false
	}
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	// The same for all uses of the nonce: "-sess" hashes that of the first.
	d.cnonce = hex.EncodeToString(b[:])
	return d, rank, true
}

// header is the value of Authorization for the next request.
func (d *digest) header(method, uri, username, password string) string {
	d.count++
	var b strings.Builder
	fmt.Fprintf(&b, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%s",
		quote(username), quote(d.realm), quote(d.nonce), quote(uri), quote(d.response(method, uri, username, password)))
	if d.algorithm != "" {
		b.WriteString(", algorithm=" + d.algorithm)
	}
	if d.opaque != "" {
		b.WriteString(", opaque=" + quote(d.opaque))
	}
	if d.qop {
		fmt.Fprintf(&b, ", qop=auth, nc=%08x, cnonce=%s", d.count, quote(d.cnonce))
	} else if d.session {
		b.WriteString(", cnonce=" + quote(d.cnonce))
	}
	return b.String()
}

// response is what proves the password (RFC 7616, section 3.4.1).
func (d *digest) response(method, uri, username, password string) string {
	a1 := username + ":" + d.realm + ":" + password
	if d.session {
		a1 = d.sum(a1) + ":" + d.nonce + ":" + d.cnonce
	}
	a2 := d.sum(method + ":" + uri)
	if !d.qop {
		return d.sum(d.sum(a1) + ":" + d.nonce + ":" + a2)
	}
	return d.sum(fmt.Sprintf("%s:%s:%08x:%s:auth:%s", d.sum(a1), d.nonce, d.count, d.cnonce, a2))
}

func (d *digest) sum(s string) string {
	h := d.hash()
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}
