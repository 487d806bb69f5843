package identity

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"fieldcam/config/invalid"
)

// ticketsKept is how many session tickets one TLS configuration keeps. It talks
// to one server, which may hand out several at a time.
const ticketsKept = 4

// Identity is an opened Config: the files were read and fit together. It does
// not change and may be used from any goroutine.
type Identity struct {
	tls                *tls.Config
	username, password string
	warnings           []string
}

// Open reads the files that c names. now is the wall time by which certificates
// are judged, at each connection anew; nil is time.Now. An error is a list of
// invalid.Values, one for each file that can't be used, with its key in Config
// and its path.
//
// A certificate outside its dates is no error: on a board without a clock the
// date may be wrong, and the peer judges it at each connection.
func Open(c Config, device string, now func() time.Time) (*Identity, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	var l invalid.List
	i := &Identity{
		tls:      &tls.Config{MinVersion: tls.VersionTLS12, Time: now},
		username: c.Username,
		password: c.Password,
	}
	if c.ClassicKeyShare {
		i.tls.CurvePreferences = []tls.CurveID{tls.X25519}
	}
	if c.CAFile != "" {
		if pool, err := readAuthorities(c.CAFile); err != nil {
			l.Add("ca_file", c.CAFile, want("a PEM file with the certificates to trust", err))
		} else {
			i.tls.RootCAs = pool
		}
	}
	i.openClientCertificate(c, device, &l)
	if c.PasswordFile != "" {
		password, err := readPassword(c.PasswordFile)
		if err != nil {
			l.Add("password_file", c.PasswordFile, want("a file with the password on its first line", err))
		}
		i.password = password
		i.warnExposed("password_file", c.PasswordFile)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	if i.username == "" && i.password != "" {
		i.username = device
	}
	return i, nil
}

// openClientCertificate reads the certificate and the key that fits it.
func (i *Identity) openClientCertificate(c Config, device string, l *invalid.List) {
	if c.CertFile == "" {
		return
	}
	cert, err := readFile(c.CertFile)
	if err == nil {
		_, err = parseCertificates(cert)
	}
	if err != nil {
		l.Add("cert_file", c.CertFile, want("a PEM file with the client certificate", err))
	}
	key, keyErr := readFile(c.KeyFile)
	if keyErr != nil {
		l.Add("key_file", c.KeyFile, want("a PEM file with the client certificate's key", keyErr))
	}
	if err != nil || keyErr != nil {
		return
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		l.Add("key_file", c.KeyFile, want("the key of the certificate in cert_file", err))
		return
	}
	i.tls.Certificates = []tls.Certificate{pair}
	i.warnExposed("key_file", c.KeyFile)
	if leaf, err := x509.ParseCertificate(pair.Certificate[0]); err == nil && leaf.Subject.CommonName != device {
		i.warnings = append(i.warnings, fmt.Sprintf("cert_file %s: its common name is %q, the device's name is %q: the hub may refuse it",
			c.CertFile, leaf.Subject.CommonName, device))
	}
}

// want joins what was expected with why it isn't there.
func want(what string, err error) string { return what + " (" + err.Error() + ")" }

// TLS is a client configuration of the caller's own: at least TLS 1.2, always
// verifying. It keeps the session tickets of its connections (1.5 to 4 KB less
// for each new connection), so a caller makes one and uses it for every
// connection to one server.
func (i *Identity) TLS() *tls.Config {
	c := i.tls.Clone()
	if c == nil { // the zero Identity
		c = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c.ClientSessionCache = tls.NewLRUClientSessionCache(ticketsKept)
	return c
}

// Username is for the broker and the upload endpoint; empty: none is set.
func (i *Identity) Username() string { return i.username }

// Password belongs to Username. It must never reach a log or an error.
func (i *Identity) Password() string { return i.password }

// Warnings are what a person should change although everything works: secrets
// that anybody on the controller can read, a certificate for another name. They
// hold no secret.
//
// An exposed key is not refused: a key on a FAT boot partition, where modes do
// not exist, is how cards are often prepared, and a controller that refuses its
// key can't be reached to correct that.
func (i *Identity) Warnings() []string { return i.warnings }
