package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/agent/link/linktest"
)

// authority signs certificates and keeps its files in a directory.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

// The dates of every certificate here, and a moment between them.
var (
	notBefore = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	inside    = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
)

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.key = newKey(t)
	a.cert = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, a.key)
	a.file = a.write("ca.pem", "CERTIFICATE", a.cert.Raw, 0o644)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = notBefore, notAfter
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

func (a *authority) write(name, kind string, der []byte, mode os.FileMode) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		a.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		a.t.Fatal(err)
	}
	return path
}

// issue writes a certificate and key for name, and gives their paths.
func (a *authority) issue(name string, mode os.FileMode) (cert, key string) {
	a.t.Helper()
	k := newKey(a.t)
	c := a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}, k)
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", c.Raw, 0o644), a.write(name+".key", "EC PRIVATE KEY", der, mode)
}

// server is a TLS server for "hub" that wants client certificates if a signed
// them.
func (a *authority) server() *tls.Config {
	a.t.Helper()
	cert, key := a.issue("hub", 0o600)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool,
		ClientAuth: tls.VerifyClientCertIfGiven, Time: func() time.Time { return inside }}
}

// shake connects client and server, and sends one byte from the server, with
// which session tickets arrive.
func shake(t testing.TB, client, server *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	// A buffered line: over net.Pipe two ends that both write an alert deadlock.
	n := linktest.New()
	l, err := n.Listen("hub")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan tls.ConnectionState, 1)
	go func() {
		b, err := l.Accept()
		if err != nil {
			done <- tls.ConnectionState{}
			return
		}
		defer b.Close()
		s := tls.Server(b, server)
		s.Write([]byte{1})
		done <- s.ConnectionState()
	}()
	a, err := n.Dial(t.Context(), "tcp", "hub")
	if err != nil {
		t.Fatal(err)
	}
	client = client.Clone()
	client.ServerName = "hub"
	c := tls.Client(a, client)
	_, err = io.ReadFull(c, make([]byte, 1))
	a.Close()
	return <-done, err
}

func open(t testing.TB, c identity.Config) *identity.Identity {
	t.Helper()
	i, err := identity.Open(c, "cam-1", func() time.Time { return inside })
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestShowsCertificateAndTrustsOnlyItsAuthority(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue("cam-1", 0o600)
	i := open(t, identity.Config{CAFile: a.file, CertFile: cert, KeyFile: key})
	s, err := shake(t, i.TLS(), a.server())
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	if len(s.PeerCertificates) == 0 || s.PeerCertificates[0].Subject.CommonName != "cam-1" {
		t.Errorf("the server saw %d certificates, want that of cam-1", len(s.PeerCertificates))
	}
	if s.Version < tls.VersionTLS12 || len(i.Warnings()) != 0 {
		t.Errorf("version %x, warnings %q, want at least 0303 and none", s.Version, i.Warnings())
	}
	if _, err := shake(t, i.TLS(), newAuthority(t).server()); err == nil {
		t.Error("a server of another authority was trusted")
	}
	old := a.server()
	old.MaxVersion, old.MinVersion = tls.VersionTLS11, tls.VersionTLS10
	if _, err := shake(t, i.TLS(), old); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestCertificatesAreJudgedByTheGivenClock(t *testing.T) {
	a := newAuthority(t)
	now := time.Unix(0, 0)
	i, err := identity.Open(identity.Config{CAFile: a.file}, "cam-1", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, i.TLS(), a.server()); err == nil {
		t.Error("in 1970 a certificate of 2026 was accepted")
	}
	now = inside
	if _, err := shake(t, i.TLS(), a.server()); err != nil {
		t.Errorf("after the clock was set: %v", err)
	}
}

func TestSecondConnectionResumesByTicket(t *testing.T) {
	a := newAuthority(t)
	config, server := open(t, identity.Config{CAFile: a.file}).TLS(), a.server()
	for n, want := range []bool{false, true} {
		s, err := shake(t, config, server)
		if err != nil || s.DidResume != want {
			t.Errorf("connection %d: resumed %v, error %v, want %v", n, s.DidResume, err, want)
		}
	}
}

func TestClassicKeyShareOffersX25519Alone(t *testing.T) {
	a := newAuthority(t)
	for _, classic := range []bool{false, true} {
		var offered []tls.CurveID
		server := a.server()
		server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			offered = h.SupportedCurves
			return nil, nil
		}
		if _, err := shake(t, open(t, identity.Config{CAFile: a.file, ClassicKeyShare: classic}).TLS(), server); err != nil {
			t.Fatal(err)
		}
		if got := slices.Equal(offered, []tls.CurveID{tls.X25519}); got != classic {
			t.Errorf("classic_key_share %v: offered %v", classic, offered)
		}
	}
}
