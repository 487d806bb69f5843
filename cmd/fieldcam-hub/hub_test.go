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
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
	"fieldcam/cmd/fieldcam-hub/internal/broker"
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

// A device that is struck off leaves nothing at the broker that would bring it
// back at the next start, whether the hub runs then or not.
func TestRemovedDeviceDoesNotComeBack(t *testing.T) {
	for _, running := range []bool{true, false} {
		s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
		h, stop := start(t, s)
		wantLinked(t, h)
		d := addDevice(t, s.data, "north")
		c := connect(t, d.MQTTURL, "north", d.Password, nil)
		b, err := message.Status{Device: "north"}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for topic, payload := range map[message.Kind][]byte{message.KindStatus: b, message.KindLink: message.Link{Up: true}.Marshal()} {
			if w := c.Publish(message.Topic("north", topic), 1, true, payload); !w.WaitTimeout(patience) || w.Error() != nil {
				t.Fatalf("publish: %v", w.Error())
			}
		}
		wantState(t, h, "north", fleet.OK)
		if !running {
			stop()
		}
		if _, err := command(t, "device", "remove", "north", "--data", s.data); err != nil {
			t.Fatal(err)
		}
		if !running {
			h, _ = start(t, s)
		}
		// What must go has no event to wait for: ask again until nothing is retained.
		for end, look := time.Now().Add(patience), 0; ; look++ {
			heard := make(chan string, 8)
			// A client ID of its own: with the hub's it would end the hub's connection,
			// and with that of the last look it might come too soon after it.
			ear := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + h.ready["mqtt"]).SetClientID(fmt.Sprint("look-", look)).SetUsername(broker.HubUser).
				SetPassword(h.broker.HubPassword()).SetProtocolVersion(4))
			if w := ear.Connect(); !w.WaitTimeout(patience) || w.Error() != nil {
				t.Fatalf("connect: %v", w.Error())
			}
			ear.Subscribe("fieldcam/1/#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() }).WaitTimeout(patience)
			time.Sleep(200 * time.Millisecond)
			_, known := h.fleet.System("north")
			n := len(heard)
			ear.Disconnect(0)
			if n == 0 && !known {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("running %v: %d messages are retained, known %v", running, n, known)
			}
		}
		stop()
	}
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

// freeAddress is an address of this machine that nobody listens on. The kernel
// gives its port to no outgoing connection: those are from 32768 on (Linux,
// ip_local_port_range).
func freeAddress(t testing.TB) *net.TCPAddr {
	t.Helper()
	const first, last, tries = 15000, 31999, 100
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(last-first+1)))
		if err == nil {
			defer l.Close()
			return l.Addr().(*net.TCPAddr)
		}
	}
	t.Fatal("no free port found")
	return nil
}

// mosquittoAccess is the access list of docs/hub.md.
const mosquittoAccess = `pattern write fieldcam/1/%u/heartbeat
pattern write fieldcam/1/%u/status
pattern write fieldcam/1/%u/condition
pattern write fieldcam/1/%u/link
pattern write fieldcam/1/%u/ledger
pattern read fieldcam/1/%u/notice
pattern read fieldcam/1/all/notice
user hub
topic read fieldcam/1/#
topic write fieldcam/1/+/notice
`

// mosquitto runs Debian's broker with TLS and one password file, and gives its URL.
func mosquitto(t testing.TB, dir string, users map[string]string) (url, caFile string) {
	t.Helper()
	program := ""
	for _, p := range []string{"mosquitto", "/usr/sbin/mosquitto"} {
		if found, err := exec.LookPath(p); err == nil {
			program = found
		}
	}
	if program == "" {
		t.Fatal("mosquitto is not installed; on Debian: apt-get install mosquitto")
	}
	a, err := authority.Open(filepath.Join(dir, "tls"), []string{"127.0.0.1"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	passwords := filepath.Join(dir, "passwords")
	if err := os.WriteFile(passwords, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, password := range users {
		if out, err := exec.Command("mosquitto_passwd", "-b", passwords, name, password).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	addr := freeAddress(t)
	access := filepath.Join(dir, "access")
	if err := os.WriteFile(access, []byte(mosquittoAccess), 0o600); err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous false\npassword_file %s\nacl_file %s\ncertfile %s\nkeyfile %s\nuser root\n",
		addr.Port, passwords, access, filepath.Join(dir, "tls", "server.pem"), filepath.Join(dir, "tls", "server.key"))
	confFile := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(confFile, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	p := exec.Command(program, "-c", confFile)
	p.Stdout, p.Stderr = &said, &said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill() // ended already where it failed
		_ = p.Wait()
		if t.Failed() {
			t.Logf("mosquitto said:\n%s", said.String())
		}
	})
	return fmt.Sprintf("tls://%s", addr), a.CAFile()
}

func TestExternalBrokerMosquitto(t *testing.T) {
	dir := t.TempDir()
	url, caFile := mosquitto(t, dir, map[string]string{"hub": "hub password", "north": "north password"})
	passwordFile := filepath.Join(dir, "hub-password")
	if err := os.WriteFile(passwordFile, []byte("hub password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := settings{data: filepath.Join(dir, "hub"), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0",
		external: external{url: url, caFile: caFile, username: "hub", passwordFile: passwordFile}}
	h, _ := start(t, s)
	wantLinked(t, h)
	c := connect(t, url, "north", "north password", trusting(t, caFile))
	beat(t, c, "north")
	wantState(t, h, "north", fleet.OK)
	heard := make(chan []byte, 4)
	for _, address := range []string{"north", message.Fleet} {
		if w := c.Subscribe(message.Topic(address, message.KindNotice), 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Payload() }); !w.WaitTimeout(patience) || w.Error() != nil {
			t.Fatalf("subscribe: %v", w.Error())
		}
	}
	c.Publish(message.Topic(message.Fleet, message.KindNotice), 1, true, "forged").WaitTimeout(patience)
	c.Publish(message.Topic("north", message.KindNotice), 1, true, "forged").WaitTimeout(patience)
	if _, err := command(t, "notice", "add", "winter", "--start", "2098-12-07 19:00", "--duration", "3h", "--data", s.data); err != nil {
		t.Fatal(err)
	}
	_, key, err := noticeKey(s.data)
	if err != nil {
		t.Fatal(err)
	}
	nextNotice(t, heard, key, message.Fleet, 1) // all that comes is signed
	if d := addDevice(t, s.data, "south"); d.MQTTURL != "" || d.UploadURL == "" {
		t.Errorf("device add names %q as the broker and %q for uploads", d.MQTTURL, d.UploadURL)
	}
}
