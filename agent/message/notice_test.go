package message_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/message"
)

// noticeKey is a key pair that is the same in every run.
func noticeKey(n byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return key.Public().(ed25519.PublicKey), key
}

func anyNotice() message.Notice {
	return message.Notice{
		ID: "2026-4", Device: message.Fleet, N: 7, Issued: 1795244400, SpreadSeconds: 600,
		Windows: []message.NoticeWindow{
			{Name: "upgrade <b>", Class: message.Maintenance, Start: "2026-12-06 19:00:00", DurationSeconds: 10800},
			{Name: "monthly", Class: message.HotFix, Start: "2026-12-26 22:00", Rule: "FREQ=MONTHLY;BYDAY=-1SA", Zone: "America/Denver", DurationSeconds: 14400},
		},
	}
}

func TestSignedNoticeArrivesAsItWasSent(t *testing.T) {
	public, private := noticeKey(1)
	want := anyNotice()
	b, err := want.Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	got, err := message.OpenNotice(b, public)
	if err != nil {
		t.Fatal(err)
	}
	want.V, want.Signature = message.Version, got.Signature
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// A broker or a page may write the same JSON otherwise.
	other := strings.Replace(string(b), `{"v":1,"id":"2026-4",`, "{ \"id\" : \"2026-4\",\n\"v\":1,", 1)
	if _, err := message.OpenNotice([]byte(other), public); err != nil {
		t.Errorf("%s: %v", other, err)
	}
}

func TestNoticeIsAsTheWireSays(t *testing.T) {
	n := anyNotice()
	n.Windows = n.Windows[:1]
	const want = `{"v":1,"id":"2026-4","device":"all","n":7,"t":1795244400,"windows":[` +
		`{"name":"upgrade <b>","class":"maintenance","start":"2026-12-06 19:00:00","duration":10800}],"spread":600}`
	b, err := n.Marshal()
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	signed, err := message.Signed([]byte(want[:len(want)-1] + `,"sig":"AAAA"}`))
	const sorted = `{"device":"all","id":"2026-4","n":7,"spread":600,"t":1795244400,"v":1,"windows":[` +
		`{"name":"upgrade <b>","class":"maintenance","start":"2026-12-06 19:00:00","duration":10800}]}`
	if err != nil || string(signed) != sorted {
		t.Errorf("got %s, %v, want %s", signed, err, sorted)
	}
}

func TestForgedNoticesAreRefused(t *testing.T) {
	public, private := noticeKey(1)
	stranger, _ := noticeKey(2)
	b, err := anyNotice().Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := anyNotice().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		payload []byte
		key     ed25519.PublicKey
	}{
		"another key":   {b, stranger},
		"no key":        {b, nil},
		"not signed":    {unsigned, public},
		"altered":       {bytes.Replace(b, []byte("10800"), []byte("10801"), 1), public},
		"added to":      {bytes.Replace(b, []byte(`"n":7`), []byte(`"n":7,"until":1`), 1), public},
		"half signed":   {bytes.Replace(b, []byte(`"sig":"`), []byte(`"sig":"","SIG":"`), 1), public},
		"zero signatur": {append(unsigned[:len(unsigned)-1:len(unsigned)-1], []byte(`,"sig":"`+strings.Repeat("A", 86)+`=="}`)...), public},
	} {
		if _, err := message.OpenNotice(c.payload, c.key); !errors.Is(err, message.ErrForged) {
			t.Errorf("%s: got %v, want ErrForged", name, err)
		}
	}
}

// TestFieldsOfANewerVersionAreSignedToo, though this version does not know them.
func TestFieldsOfANewerVersionAreSignedToo(t *testing.T) {
	public, private := noticeKey(1)
	newer := `{"v":2,"id":"x","device":"all","n":7,"t":1795244400,"windows":[],"colour":{"b":1,"a":[1, 2]}}`
	signed, err := message.Signed([]byte(newer))
	if err != nil {
		t.Fatal(err)
	}
	n := anyNotice()
	n.Signature = ed25519.Sign(private, signed)
	b, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	_, sig, _ := strings.Cut(string(b), `"sig":`)
	payload := newer[:len(newer)-1] + `,"sig":` + sig
	if got, err := message.OpenNotice([]byte(payload), public); err != nil || got.V != 2 {
		t.Errorf("got %+v, %v, want it read", got, err)
	}
	if _, err := message.OpenNotice([]byte(strings.Replace(payload, `"b":1`, `"b":2`, 1)), public); !errors.Is(err, message.ErrForged) {
		t.Errorf("altered where this version does not look: got %v, want ErrForged", err)
	}
}

func TestFullNoticeFitsItsLimit(t *testing.T) {
	_, private := noticeKey(1)
	n := anyNotice()
	n.ID, n.Device, n.N, n.Issued = strings.Repeat(`"`, message.MaxName), strings.Repeat("d", 63), message.MaxCount, 253402300799
	n.Windows = nil
	for range message.MaxNoticeWindows {
		n.Windows = append(n.Windows, message.NoticeWindow{
			Name: strings.Repeat(`"`, message.MaxName), Class: message.Maintenance, Start: "2026-12-06 19:00:00",
			Rule: strings.Repeat("A", message.MaxRule), Zone: strings.Repeat("A", message.MaxName), DurationSeconds: message.MaxWindowSeconds,
		})
	}
	if b, err := n.Sign(private); err != nil {
		t.Errorf("%d bytes: %v", len(b), err)
	}
}

func TestBadNoticesAreRefused(t *testing.T) {
	for name, change := range map[string]func(*message.Notice){
		"no ID":            func(n *message.Notice) { n.ID = "" },
		"long ID":          func(n *message.Notice) { n.ID = strings.Repeat("x", 65) },
		"escape in an ID":  func(n *message.Notice) { n.ID = "\x1b[2J" },
		"no device":        func(n *message.Notice) { n.Device = "" },
		"all devices":      func(n *message.Notice) { n.Device = "+" },
		"number 0":         func(n *message.Notice) { n.N = 0 },
		"endless number":   func(n *message.Notice) { n.N = message.MaxCount + 1 },
		"no time":          func(n *message.Notice) { n.Issued = 0 },
		"time of no clock": func(n *message.Notice) { n.Issued = 253402300800 },
		"endless spread":   func(n *message.Notice) { n.SpreadSeconds = message.MaxSpreadSeconds + 1 },
		"33 windows":       func(n *message.Notice) { n.Windows = make([]message.NoticeWindow, 33) },
		"no name":          func(n *message.Notice) { n.Windows[0].Name = "" },
		"no UTF-8":         func(n *message.Notice) { n.Windows[0].Name = "\xff\x1b" },
		"unknown class":    func(n *message.Notice) { n.Windows[0].Class = "urgent" },
		"no start":         func(n *message.Notice) { n.Windows[0].Start = "" },
		"start by words":   func(n *message.Notice) { n.Windows[0].Start = "next Sunday, 19:00" },
		"long rule":        func(n *message.Notice) { n.Windows[1].Rule = strings.Repeat("A", 201) },
		"rule of lines":    func(n *message.Notice) { n.Windows[1].Rule = "FREQ=DAILY\nEXDATE:1" },
		"long zone":        func(n *message.Notice) { n.Windows[1].Zone = strings.Repeat("A", 65) },
		"zone that climbs": func(n *message.Notice) { n.Windows[1].Zone = "../../etc/passwd" },
		"no duration":      func(n *message.Notice) { n.Windows[0].DurationSeconds = 0 },
		"endless":          func(n *message.Notice) { n.Windows[0].DurationSeconds = 86401 },
	} {
		n := anyNotice()
		change(&n)
		_, private := noticeKey(1)
		if b, err := n.Sign(private); err == nil {
			t.Errorf("%s: signed as %s", name, b)
		}
	}
	long := anyNotice()
	long.Signature = make([]byte, ed25519.SignatureSize+1)
	if b, err := long.Marshal(); err == nil {
		t.Errorf("long signature: got %s", b)
	}
	for _, payload := range []string{``, `null`, `[]`, `{"v":0}`, `{"v":1}`, `{"v":1,"id":7}`, strings.Repeat(" ", message.MaxNotice) + `{"v":1}`} {
		if n, err := message.ParseNotice([]byte(payload)); err == nil {
			t.Errorf("%.40s: got %+v, want an error", payload, n)
		}
		if n, err := message.OpenNotice([]byte(payload), nil); err == nil {
			t.Errorf("%.40s: opened as %+v", payload, n)
		}
	}
}

func FuzzParseNotice(f *testing.F) {
	public, private := noticeKey(1)
	good, err := anyNotice().Sign(private)
	if err != nil {
		f.Fatal(err)
	}
	parse := func(b []byte) (message.Notice, error) {
		_, _ = message.OpenNotice(b, public) // must not panic
		return message.ParseNotice(b)
	}
	fuzzParse(f, parse, message.Notice.Marshal, string(good), `{"v":1,"id":"x","device":"all","n":1,"t":1,"windows":null}`, `{"v":1,"SIG":""}`)
}
