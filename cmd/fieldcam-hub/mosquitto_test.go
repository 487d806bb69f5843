package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
)

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
