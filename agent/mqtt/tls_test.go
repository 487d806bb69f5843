package mqtt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/message"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

// certificate makes a certificate for name, and the pool that trusts it.
func certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 365 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// meter counts the writes and bytes of a connection's two sides.
type meter struct {
	mu            sync.Mutex
	writes, bytes int
}

func (m *meter) on(c net.Conn) net.Conn { return &metered{c, m} }

// reset gives back the counts, and begins anew.
func (m *meter) reset() (writes, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	writes, bytes = m.writes, m.bytes
	m.writes, m.bytes = 0, 0
	return writes, bytes
}

type metered struct {
	net.Conn
	m *meter
}

func (c *metered) Write(p []byte) (int, error) {
	c.m.mu.Lock()
	c.m.writes++
	c.m.bytes += len(p)
	c.m.mu.Unlock()
	return c.Conn.Write(p)
}

// tlsRig is a broker behind TLS.
type tlsRig struct {
	*mqtttest.Broker
	meter   meter
	pool    *x509.CertPool
	dial    func(context.Context, string, string) (net.Conn, error)
	mu      sync.Mutex
	resumed []bool
}

func tlsBroker(t testing.TB, name string) *tlsRig {
	b := &tlsRig{Broker: broker(t, nil)}
	cert, pool := certificate(t, name)
	b.pool = pool
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	var served sync.WaitGroup
	t.Cleanup(func() { b.Cut(); served.Wait() })
	b.dial = func(context.Context, string, string) (net.Conn, error) {
		mine, yours := mqtttest.Pipe()
		server := tls.Server(b.meter.on(mine), conf)
		served.Go(func() {
			defer mine.Close()
			if server.Handshake() != nil {
				return
			}
			b.mu.Lock()
			b.resumed = append(b.resumed, server.ConnectionState().DidResume)
			b.mu.Unlock()
			b.Serve(server)
		})
		return b.meter.on(yours), nil
	}
	return b
}

func tlsConfig() mqtt.Config {
	c := mqtt.Default()
	c.URL = "tls://hub.example:8883"
	return c
}

// TestHeartbeatFitsItsByteBudget: 320 bytes of IP both ways.
func TestHeartbeatFitsItsByteBudget(t *testing.T) {
	const (
		budget = 320
		// header is of one TCP segment: IPv4 20, TCP 20, its time stamps 12.
		header = 52
		// segments are the PUBLISH, the PUBACK, which carries the acknowledgement
		// of the former, and the bare acknowledgement of the latter.
		segments = 3
	)
	synctest.Test(t, func(t *testing.T) {
		b := tlsBroker(t, "hub.example")
		r := run(t, tlsConfig(), mqtt.Options{Dial: b.dial, TLS: &tls.Config{RootCAs: b.pool}})
		time.Sleep(time.Second)
		synctest.Wait()
		b.meter.reset()
		payload := message.Heartbeat{N: 1e6, At: message.At(time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)), EverySeconds: 300}.Marshal()
		if err := r.Publish(t.Context(), message.Topic(device, message.KindHeartbeat), payload, false); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		writes, bytes := b.meter.reset()
		if writes != segments-1 {
			t.Errorf("got %d writes, want %d: one TLS record each way", writes, segments-1)
		}
		if got := bytes + segments*header; got > budget {
			t.Errorf("got %d bytes of IP, want at most %d", got, budget)
		}
		// Had the payload been all that it may be, it would still fit.
		if got := bytes + segments*header + message.MaxHeartbeat - len(payload); got > budget {
			t.Errorf("largest heartbeat: got %d bytes of IP, want at most %d", got, budget)
		}
		b.Cut()
		r.stop()
	})
}

func TestReconnectUsesItsSessionTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := tlsBroker(t, "hub.example")
		r := run(t, tlsConfig(), mqtt.Options{Dial: b.dial, TLS: &tls.Config{RootCAs: b.pool}})
		time.Sleep(time.Hour)
		b.Cut()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(b.resumed) != 2 || b.resumed[0] || !b.resumed[1] {
			t.Errorf("resumed: got %v, want [false true]", b.resumed)
		}
		r.stop()
	})
}

// TestWrongCertificateIsNoBroker: nothing is sent to whoever answers.
func TestWrongCertificateIsNoBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := tlsBroker(t, "other.example")
		r := run(t, tlsConfig(), mqtt.Options{Dial: b.dial, Username: "tempo", Password: "secret", TLS: &tls.Config{RootCAs: b.pool}})
		time.Sleep(time.Hour)
		if r.Connected() || len(b.Connects()) != 0 {
			t.Errorf("connected %t, %d CONNECTs, want none", r.Connected(), len(b.Connects()))
		}
		r.stop()
	})
}
