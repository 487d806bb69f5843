//go:build e2e

package e2e_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/cmd/fieldcam-sim/internal/loopback"
)

// The hub's user at the broker; the test listens under its name.
const hubUser, hubPassword = "hub", "the hub's password"

// mosquitto is Debian's broker as an operator would run it: TLS, one user per
// device, each with its own topics, and retained messages kept on disk.
type mosquitto struct {
	*child.Process
	dir  string
	addr string
}

// newMosquitto prepares a broker in dir; it does not run yet.
func newMosquitto(t testing.TB, dir string) *mosquitto {
	t.Helper()
	addr, err := loopback.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.MkdirAll(dir, 0o750))
	must(t, makeAuthority(dir))
	_, port, err := net.SplitHostPort(addr)
	must(t, err)
	m := &mosquitto{dir: dir, addr: addr}
	must(t, os.WriteFile(m.path("acl"), []byte("user "+hubUser+"\ntopic read fieldcam/1/#\n\npattern write fieldcam/1/%u/#\n"), 0o600))
	must(t, os.WriteFile(m.path("hub-password"), []byte(hubPassword+"\n"), 0o600))
	must(t, os.WriteFile(m.path("mosquitto.conf"), fmt.Appendf(nil, `listener %s 127.0.0.1
allow_anonymous false
password_file %s
acl_file %s
certfile %s
keyfile %s
persistence true
persistence_location %s/
autosave_interval 1
log_dest stderr
log_type error
log_type warning
log_type notice
# As root it would become a user that cannot read this directory.
user root
`, port, m.path("passwords"), m.path("acl"), m.path("server.pem"), m.path("server.key"), m.dir), 0o600))
	m.Process = child.New("mosquitto", filepath.Join(dir, "..", "mosquitto.log"), program(t, "mosquitto"), "-c", m.path("mosquitto.conf"))
	return m
}

func (m *mosquitto) path(name string) string { return filepath.Join(m.dir, name) }

// allow lets the hub and these users in, and nobody else.
func (m *mosquitto) allow(t testing.TB, users map[string]string) {
	t.Helper()
	must(t, os.WriteFile(m.path("passwords"), nil, 0o600))
	add := func(name, password string) {
		if out, err := exec.Command(program(t, "mosquitto_passwd"), "-b", m.path("passwords"), name, password).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	add(hubUser, hubPassword)
	for name, password := range users {
		add(name, password)
	}
}

// begin starts the broker and waits until it answers.
func (m *mosquitto) begin() error {
	if err := m.Start(); err != nil {
		return err
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", m.addr)
		if err == nil {
			return c.Close()
		}
		if time.Since(began) > patience || !m.Running() {
			return fmt.Errorf("mosquitto does not answer: %w (%v)", err, m.Err())
		}
	}
}

// clientTLS trusts the broker's authority alone.
func (m *mosquitto) clientTLS(t testing.TB) *tls.Config {
	t.Helper()
	return trusting(t, m.path("ca.pem"))
}

func trusting(t testing.TB, caFile string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	must(t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s: no certificate in it", caFile)
	}
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// program finds a program, also among the daemons that Debian keeps out of a
// user's PATH.
func program(t testing.TB, name string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(p); err == nil {
			return found
		}
	}
	t.Fatalf("%s is not installed: run scripts/deps, or on Debian: apt-get install mosquitto", name)
	return ""
}
