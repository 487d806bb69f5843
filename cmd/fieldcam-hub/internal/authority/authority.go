// Package authority is the hub's own certificate authority and the server
// certificate that it signs, so that a hub speaks TLS from its first minute,
// without anybody's help.
//
// Promises: the authority's certificate and key are made once and never
// replaced, because every device in the field trusts them; the server's
// certificate is renewed by itself, at a start and while the hub runs, long
// before it ends, and when the hub's names change. Keys are readable by their
// owner only.
//
// Out of scope: certificates for devices, and public authorities.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// caLife outlives any controller that trusts the authority.
	caLife = 30 * 365 * 24 * time.Hour
	// serverLife is within what clients accept of a private authority (Apple
	// refuses above 825 days: support.apple.com/103769).
	serverLife = 800 * 24 * time.Hour
	// renewBefore leaves a month for somebody to notice that renewal fails.
	renewBefore = 30 * 24 * time.Hour
	// backdate covers clients whose clock is slow. A controller's clock may be
	// at 1970; that is for its own time check to solve.
	backdate = 24 * time.Hour
)

// Authority holds the certificates. Its methods may be called at once from
// several goroutines.
type Authority struct {
	dir   string
	names []string
	now   func() time.Time
	ca    *x509.Certificate
	caKey crypto.Signer

	mu     sync.Mutex // guards server
	server *tls.Certificate
}

// Open reads the certificates in dir, and makes what is missing. The server's
// certificate is for names (host names and addresses of the hub).
func Open(dir string, names []string, now func() time.Time) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make certificate folder: %w", err)
	}
	a := &Authority{dir: dir, names: names, now: now}
	if err := a.openCA(); err != nil {
		return nil, err
	}
	if pair, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key")); err == nil {
		a.server = &pair
	}
	_, err := a.Certificate()
	return a, err
}

// CAFile is the PEM file that devices need, to trust this hub.
func (a *Authority) CAFile() string { return a.path("ca.pem") }

// Pool holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.ca)
	return pool
}

// Certificate is the server's, valid now.
func (a *Authority) Certificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.server != nil && a.serves(a.server.Leaf) {
		return a.server, nil
	}
	pair, err := a.issue()
	if err != nil {
		if a.server != nil && a.now().Before(a.server.Leaf.NotAfter) {
			return a.server, nil // a full disk must not end the hub's TLS a month early
		}
		return nil, fmt.Errorf("issue server certificate: %w", err)
	}
	a.server = pair
	return pair, nil
}

// TLS is a server's configuration with this certificate. Each call makes a
// fresh one.
func (a *Authority) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.Certificate() },
	}
}

// serves tells whether leaf is good for a while yet, for these names, and from
// this authority.
func (a *Authority) serves(leaf *x509.Certificate) bool {
	if leaf == nil || !a.now().Add(renewBefore).Before(leaf.NotAfter) || leaf.CheckSignatureFrom(a.ca) != nil {
		return false
	}
	return !slices.ContainsFunc(a.names, func(n string) bool { return leaf.VerifyHostname(n) != nil })
}

func (a *Authority) path(name string) string { return filepath.Join(a.dir, name) }

func (a *Authority) openCA() error {
	pair, err := tls.LoadX509KeyPair(a.path("ca.pem"), a.path("ca.key"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(a.path("ca.pem")); err == nil {
			return fmt.Errorf("%s is there, but its key %s is not: restore it, or remove both to make a new authority "+
				"that every device then needs", a.path("ca.pem"), a.path("ca.key"))
		}
		if pair, err = a.makeCA(); err != nil {
			return fmt.Errorf("make authority: %w", err)
		}
	} else if err != nil {
		return fmt.Errorf("open authority: %w", err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return fmt.Errorf("open authority: %s: cannot sign", a.path("ca.key"))
	}
	a.ca, a.caKey = pair.Leaf, signer
	return nil
}

func (a *Authority) makeCA() (tls.Certificate, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	now := a.now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "fieldcam hub on " + host},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	return a.sign("ca", template, template, nil)
}

func (a *Authority) issue() (*tls.Certificate, error) {
	now := a.now()
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "fieldcam hub"},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(serverLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range a.names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	pair, err := a.sign("server", template, a.ca, a.caKey)
	return &pair, err
}

// sign makes a key and its certificate, signed by parent with key (nil: by
// itself), and keeps both in files called name.
func (a *Authority) sign(name string, template, parent *x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	if key == nil {
		key = own
	}
	// 127 random bits (CA/Browser Forum baseline 7.1 asks for 64).
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, own.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return tls.Certificate{}, err
	}
	// The key first: a certificate without its key is the state that needs a
	// person, so it must not arise from a power cut.
	if err := writePEM(a.path(name+".key"), "PRIVATE KEY", keyDER, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	if err := writePEM(a.path(name+".pem"), "CERTIFICATE", der, 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return tls.LoadX509KeyPair(a.path(name+".pem"), a.path(name+".key"))
}
