package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
)

// patience bounds what must come; stopBound is the hub's promise for SIGTERM.
const (
	patience  = 2 * time.Minute
	stopBound = 5 * time.Second
)

// command runs the program's command line and gives what it prints.
func command(t testing.TB, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(io.Discard)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func addDevice(t testing.TB, data, name string) added {
	t.Helper()
	out, err := command(t, "device", "add", name, "--json", "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	var a added
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// start runs a hub; stop ends it as SIGTERM does and says how long that took.
func start(t testing.TB, s settings) (h *hub, stop func() time.Duration) {
	t.Helper()
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	h, err := open(s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx) }()
	stopped := false
	stop = func() time.Duration {
		if stopped {
			return 0
		}
		stopped = true
		began := time.Now()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("the hub does not stop")
		}
		return time.Since(began)
	}
	t.Cleanup(func() { stop() })
	return h, stop
}

// trusting is a TLS configuration with one authority.
func trusting(t testing.TB, caFile string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", caFile)
	}
	return &tls.Config{RootCAs: pool}
}

// connect is a device's connection to a broker.
func connect(t testing.TB, url, name, password string, cfg *tls.Config) mqtt.Client {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetTLSConfig(cfg).SetClientID(name).SetUsername(name).SetPassword(password).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(patience))
	if w := c.Connect(); !w.WaitTimeout(patience) || w.Error() != nil {
		t.Fatalf("connect to %s: %v", url, w.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

// wantState waits until the hub has heard enough.
func wantState(t testing.TB, h *hub, name string, want fleet.State) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		s, _ := h.fleet.System(name)
		if s.State == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %q (%s), want %q", name, s.State, s.Why, want)
		}
		time.Sleep(5 * time.Millisecond) // another process's answer: no event to wait for
	}
}

// wantLinked waits until the hub hears its broker: a heartbeat before that is
// missed.
func wantLinked(t testing.TB, h *hub) {
	t.Helper()
	for end := time.Now().Add(patience); !h.fleet.Linked(); {
		if time.Now().After(end) {
			t.Fatal("the hub does not reach its broker")
		}
		time.Sleep(5 * time.Millisecond) // another process's answer: no event to wait for
	}
}

func beat(t testing.TB, c mqtt.Client, name string) {
	t.Helper()
	m := message.Heartbeat{At: message.At(time.Now()), EverySeconds: 60}
	if w := c.Publish(message.Topic(name, message.KindHeartbeat), 1, false, m.Marshal()); !w.WaitTimeout(patience) || w.Error() != nil {
		t.Fatalf("publish: %v", w.Error())
	}
}

func TestWholeHubFromFirstDeviceToCleanStop(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0"}
	h, stop := start(t, s)
	wantLinked(t, h)
	d := addDevice(t, s.data, "north") // while it runs
	cfg := trusting(t, d.CAFile)
	c := connect(t, d.MQTTURL, "north", d.Password, cfg)
	beat(t, c, "north")
	wantState(t, h, "north", fleet.OK)

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: cfg}}
	defer client.CloseIdleConnections()
	do := func(method, url string, head map[string]string, body io.Reader) *http.Response {
		t.Helper()
		q, err := http.NewRequest(method, url, body)
		if err != nil {
			t.Fatal(err)
		}
		q.SetBasicAuth(d.Username, d.Password)
		q.Header.Set("Tus-Resumable", "1.0.0")
		for k, v := range head {
			q.Header.Set(k, v)
		}
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	body := []byte("a picture, as far as the receiver knows")
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	id := photo.NewID(at, 1)
	sum := sha256.Sum256(body)
	var said []string
	for k, v := range map[string]string{"id": string(id), "device": "north", "slot": at.Format(time.RFC3339), "taken": at.Format(time.RFC3339),
		"sha256": hex.EncodeToString(sum[:]), "trigger": "manual", "format": "jpg", "clock": "synced", "session": ""} {
		said = append(said, k+" "+base64.StdEncoding.EncodeToString([]byte(v)))
	}
	created := do("POST", d.UploadURL, map[string]string{"Upload-Length": strconv.Itoa(len(body)), "Upload-Metadata": strings.Join(said, ",")}, nil)
	where := created.Header.Get("Location")
	if created.StatusCode != 201 || !strings.HasPrefix(where, d.UploadURL) {
		t.Fatalf("POST: %d, Location %q", created.StatusCode, where)
	}
	patch := map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
	if sent := do("PATCH", where, patch, bytes.NewReader(body)); sent.StatusCode != 204 {
		t.Fatalf("PATCH: %d", sent.StatusCode)
	}
	if _, err := os.Stat(filepath.Join(s.data, "photos", "north", "2026-11-21", string(id)+".jpg")); err != nil {
		t.Error(err)
	}
	page, err := http.Get(h.ready["page"])
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(page.Body)
	page.Body.Close()
	if err != nil || !bytes.Contains(text, []byte(id)) || !bytes.Contains(text, []byte("north")) {
		t.Errorf("the page does not show the photo: %v\n%s", err, text)
	}

	// With a connected device and an upload that stands still, it stops all the same.
	conn, err := net.Dial("tcp", h.ready["listen"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{0x16}); err != nil { // the first byte of a handshake
		t.Fatal(err)
	}
	if took := stop(); took > stopBound {
		t.Errorf("stopped after %s, want at most %s", took, stopBound)
	}
}

func TestRetainedStateShowsAfterARestart(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	h, stop := start(t, s)
	d := addDevice(t, s.data, "north")
	c := connect(t, d.MQTTURL, "north", d.Password, nil)
	b, err := message.Status{Device: "north", Conditions: []message.Active{{Name: "card-full", Severity: message.Critical}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Publish(message.Topic("north", message.KindStatus), 1, true, b); !w.WaitTimeout(patience) || w.Error() != nil {
		t.Fatalf("publish: %v", w.Error())
	}
	wantState(t, h, "north", fleet.Critical)
	stop()
	h, _ = start(t, s)
	wantState(t, h, "north", fleet.Critical)
}

func TestSecondHubOnTheSameDataIsToldWhoHasIt(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	_, stop := start(t, s)
	if _, err := open(s, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Fatalf("a second hub: %v", err)
	}
	stop()
	start(t, s)
}
