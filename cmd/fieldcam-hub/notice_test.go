package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
)

// nextNotice waits for the notice to an address that has at least that number. All
// must be signed.
func nextNotice(t testing.TB, heard <-chan []byte, key, address string, number int64) message.Notice {
	t.Helper()
	public, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.After(patience); ; {
		select {
		case b := <-heard:
			n, err := message.OpenNotice(b, ed25519.PublicKey(public))
			if err != nil {
				t.Fatal(err)
			}
			if n.Device == address && n.N >= number { // else it is one that came before
				return n
			}
		case <-end:
			t.Fatalf("no notice of number %d came", number)
		}
	}
}

// TestNoticeReachesTheControllersAndThePage from the command line, while the hub
// runs; what is called off is gone; a restart goes on.
func TestNoticeReachesTheControllersAndThePage(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	h, stop := start(t, s)
	d := addDevice(t, s.data, "north")
	wantLinked(t, h)
	listen := func() <-chan []byte {
		t.Helper()
		c := connect(t, d.MQTTURL, "north", d.Password, nil)
		heard := make(chan []byte, 16)
		for _, address := range []string{"north", message.Fleet} {
			w := c.Subscribe(message.Topic(address, message.KindNotice), 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Payload() })
			if !w.WaitTimeout(patience) || w.Error() != nil {
				t.Fatalf("subscribe: %v", w.Error())
			}
		}
		beat(t, c, "north")
		return heard
	}
	heard := listen()
	from := time.Now().UTC().Add(-time.Hour).Format("2006-01-02 15:04")
	out, err := command(t, "notice", "add", "big <b>move</b>", "--start", from, "--duration", "3h", "--spread", "20m", "--data", s.data)
	if err != nil || !strings.Contains(out, "for all: next from "+from) {
		t.Fatalf("notice add: %q, %v", out, err)
	}
	n := nextNotice(t, heard, d.NoticeKey, message.Fleet, 1)
	if n.SpreadSeconds != 1200 || len(n.Windows) != 1 || n.Windows[0].Class != message.Maintenance {
		t.Errorf("got %+v", n)
	}
	if out, err := command(t, "notice", "add", "new disk", "--class", "hot-fix", "--start", from, "--duration", "3h", "--device", "north", "--json", "--data", s.data); err != nil || !strings.Contains(out, `"next_start"`) {
		t.Fatalf("notice add: %q, %v", out, err)
	}
	own := nextNotice(t, heard, d.NoticeKey, "north", 1)
	if own.Windows[0].Class != message.HotFix {
		t.Errorf("got %+v", own)
	}
	resp, err := http.Get(h.ready["page"])
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, want := range []string{"Maintenance window, now: big &lt;b&gt;move", "Hot fix, now: new disk", "all systems", `href="/system/north"`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q (%v):\n%s", want, err, text)
		}
	}

	if _, err := command(t, "notice", "cancel", "new disk", "--device", "north", "--data", s.data); err != nil {
		t.Fatal(err)
	}
	if n := nextNotice(t, heard, d.NoticeKey, "north", own.N+1); len(n.Windows) != 0 {
		t.Errorf("got %+v, want the window called off", n)
	}
	list, err := command(t, "notice", "list", "--data", s.data)
	if err != nil || !strings.Contains(list, "big <b>move</b>") || strings.Contains(list, "new disk") || !strings.Contains(list, d.NoticeKey) {
		t.Errorf("notice list: %q, %v", list, err)
	}
	stop()
	h, _ = start(t, s)
	wantLinked(t, h)
	d.MQTTURL = "tcp://" + h.ready["mqtt"]
	heard = listen()
	wantState(t, h, "north", fleet.OK)
	if _, err := command(t, "notice", "add", "again", "--start", from, "--duration", "3h", "--data", s.data); err != nil {
		t.Fatal(err)
	}
	if n := nextNotice(t, heard, d.NoticeKey, message.Fleet, n.N+1); len(n.Windows) != 2 {
		t.Errorf("after the restart: got %+v, want both windows", n)
	}
}

func TestNoticeCommandsRefuseNonsense(t *testing.T) {
	data := t.TempDir()
	good := []string{"notice", "add", "winter", "--start", "2099-12-06 19:00", "--duration", "3h", "--data", data}
	for want, args := range map[string][]string{
		"class":    {"--class", "holiday"},
		"start":    {"--start", "tomorrow"},
		"rule":     {"--rule", "FREQ=NEVER"},
		"zone":     {"--zone", "Mars/Olympus"},
		"duration": {"--duration", "0s"},
		"--spread": {"--spread", "7h"},
		"device":   {"--device", "../north"},
	} {
		if _, err := command(t, append(append([]string{}, good...), args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error that names the %s", args, err, want)
		}
	}
	if _, err := command(t, "notice", "cancel", "winter", "--data", data); err == nil {
		t.Error("what was never announced was called off")
	}
	var listed struct {
		Key     string `json:"notice_key"`
		Windows []any  `json:"windows"`
	}
	out, err := command(t, "notice", "list", "--json", "--data", data)
	if err == nil {
		err = json.Unmarshal([]byte(out), &listed)
	}
	if err != nil || listed.Key == "" || listed.Windows == nil || len(listed.Windows) != 0 {
		t.Errorf("notice list: %q, %v", out, err)
	}
	if _, err := command(t, "device", "add", "all", "--data", data); err == nil {
		t.Error("a device may not have the name of the fleet")
	}
}
