package ipcam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

// certificate is a camera's own, self-signed one. The simulated time begins in 2000.
func certificate(t *testing.T, names []net.IP, from, until time.Time) (tls.Certificate, string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "camera"}, NotBefore: from, NotAfter: until, IPAddresses: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "camera.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file, hex.EncodeToString(sum[:])
}

func TestHTTPSIsVerified(t *testing.T) {
	began := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	good, goodFile, _ := certificate(t, []net.IP{net.ParseIP(host)}, began, began.AddDate(50, 0, 0))
	own, ownFile, print := certificate(t, nil, time.Unix(0, 0), time.Unix(1000, 0)) // made in 1970, for no name
	_, otherFile, otherPrint := certificate(t, []net.IP{net.ParseIP(host)}, began, began.AddDate(50, 0, 0))
	colons := strings.ToUpper(print[:2])
	for i := 2; i < len(print); i += 2 {
		colons += ":" + strings.ToUpper(print[i:i+2])
	}
	for name, c := range map[string]struct {
		cert tls.Certificate
		cfg  func(*ipcam.Config)
		want string // in the error; empty: a picture
	}{
		"of nobody":                    {good, func(*ipcam.Config) {}, "unknown authority"},
		"of the configured authority":  {good, func(c *ipcam.Config) { c.CAFile = goodFile }, ""},
		"of another authority":         {good, func(c *ipcam.Config) { c.CAFile = otherFile }, "unknown authority"},
		"without name and out of date": {own, func(c *ipcam.Config) { c.CAFile = ownFile }, "certificate"},
		"by its fingerprint":           {own, func(c *ipcam.Config) { c.Fingerprint = print }, ""},
		"by openssl's fingerprint":     {own, func(c *ipcam.Config) { c.Fingerprint = colons }, ""},
		"with another fingerprint":     {own, func(c *ipcam.Config) { c.Fingerprint = otherPrint }, "the camera's certificate has the fingerprint " + print},
		"trusted, other fingerprint":   {good, func(c *ipcam.Config) { c.CAFile, c.Fingerprint = goodFile, otherPrint }, "want " + otherPrint},
		"without the file":             {good, func(c *ipcam.Config) { c.CAFile = goodFile + ".gone" }, "ca_file"},
	} {
		t.Run(name, func(t *testing.T) {
			o := locked(func(o *ipcamsim.Options) { o.Basic = true })
			o.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}}
			run(t, setup{options: o, cfg: func(cfg *ipcam.Config) {
				cfg.URL = "https://" + host + ipcamsim.SnapshotPath
				c.cfg(cfg)
			}}, func(t *testing.T, r *rig) {
				if c.want == "" {
					r.good(t) // by Basic, which is allowed here
					return
				}
				if asked := r.asked(func() { r.Bad(t, c.want) }); len(asked) > 0 {
					t.Errorf("asked %q, want nothing", asked)
				}
			})
		})
	}
}
