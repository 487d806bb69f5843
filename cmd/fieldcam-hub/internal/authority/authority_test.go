package authority

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var then = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string, at time.Time, names ...string) *Authority {
	t.Helper()
	a, err := Open(dir, names, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func leaf(t testing.TB, a *Authority) *x509.Certificate {
	t.Helper()
	pair, err := a.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf
}

func TestDevicesWithTheCAFileTrustTheServer(t *testing.T) {
	a := open(t, t.TempDir(), then, "localhost", "127.0.0.1", "hub.example")
	pemBytes, err := os.ReadFile(a.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pemBytes) {
		t.Fatal("the CA file holds no certificate")
	}
	for _, name := range []string{"localhost", "127.0.0.1", "hub.example"} {
		if _, err := leaf(t, a).Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: then}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := leaf(t, a).Verify(x509.VerifyOptions{Roots: pool, DNSName: "other.example", CurrentTime: then}); err == nil {
		t.Error("the certificate is good for a name that is not the hub's")
	}
}

func TestRestartKeepsBothCertificates(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, then, "localhost")
	b := open(t, dir, then.Add(time.Hour), "localhost")
	if !a.ca.Equal(b.ca) {
		t.Error("the authority changed: no device trusts this hub any more")
	}
	if !leaf(t, a).Equal(leaf(t, b)) {
		t.Error("the server's certificate changed without need")
	}
}

func TestServerCertificateIsRenewedInTimeByTheSameAuthority(t *testing.T) {
	dir := t.TempDir()
	now := then
	a, err := Open(dir, []string{"localhost"}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	first := leaf(t, a)
	for range 30 { // months, 80 days each
		now = now.Add(80 * 24 * time.Hour)
		if l := leaf(t, a); l.NotAfter.Sub(now) < renewBefore {
			t.Fatalf("on %s the certificate ends %s", now.Format(time.DateOnly), l.NotAfter.Format(time.DateOnly))
		} else if err := l.CheckSignatureFrom(a.ca); err != nil {
			t.Fatal(err)
		}
	}
	if leaf(t, a).Equal(first) {
		t.Error("never renewed")
	}
}

func TestNewNameGetsANewCertificate(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, then, "localhost")
	b := open(t, dir, then, "localhost", "hub.example")
	if err := leaf(t, b).VerifyHostname("hub.example"); err != nil {
		t.Error(err)
	}
	if !a.ca.Equal(b.ca) {
		t.Error("the authority changed")
	}
}

func TestKeysAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, then, "localhost")
	for _, name := range []string{"ca.key", "server.key"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v: want mode 0600", name, st, err)
		}
	}
}

func TestAuthorityWithoutItsKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, then, "localhost")
	if err := os.Remove(filepath.Join(dir, "ca.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, []string{"localhost"}, time.Now); err == nil {
		t.Error("a new authority was made beside a certificate that devices trust")
	}
}

// TestNoticeKeyIsMadeOnceAndItsOwnersAlone: controllers believe no other.
func TestNoticeKeyIsMadeOnceAndItsOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	first, err := NoticeKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := NoticeKey(dir)
	if err != nil || !first.Equal(again) {
		t.Errorf("the key changed: %v", err)
	}
	path := filepath.Join(dir, "notice.key")
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", st, err)
	}
	public, err := base64.StdEncoding.DecodeString(PublicText(first))
	if err != nil || !ed25519.Verify(public, []byte("text"), ed25519.Sign(first, []byte("text"))) {
		t.Errorf("%s is not its public half (%v)", PublicText(first), err)
	}
	server, err := os.ReadFile(filepath.Join(dir, "..", "tls", "notice.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{nil, server[:len(server)/2], []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NoticeKey(dir); err == nil {
			t.Errorf("%q was taken for a key, or replaced", content)
		}
	}
}
