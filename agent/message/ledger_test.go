package message_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/agent/message"
)

func anyLedger(t *rapid.T) message.Ledger {
	count := func(name string) int64 { return rapid.Int64Range(0, message.MaxCount).Draw(t, name) }
	day := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "day"), 0).UTC()
	return message.Ledger{
		At: message.Unix(rapid.Int64().Draw(t, "t")), Day: day.Format(time.DateOnly), Session: anyText().Draw(t, "session"),
		Proof:  rapid.SliceOfN(rapid.Byte(), 1, message.MaxProof).Draw(t, "proof"),
		Photos: count("n"), Uploaded: count("u"), Deleted: count("x"), Waiting: count("w"), Lost: count("l"), Dropped: count("dr"), Thinned: count("th"),
	}
}

func TestLedgerArrivesAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t)
		b, err := l.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := message.ParseLedger(b)
		if err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if got.Day != l.Day || !bytes.Equal(got.Proof, l.Proof) || got.Uploaded != l.Uploaded || got.Thinned != l.Thinned || !got.Date().Equal(l.Date()) {
			t.Errorf("got %+v, want %+v", got, l)
		}
	})
}

func TestLongSessionNamesStayApart(t *testing.T) {
	for _, c := range []string{"d", "\u0434", "\u5348", "\U0001F4F7"} { // 1 to 4 bytes each
		name := strings.Repeat(c, 39)
		for _, last := range []string{"a", "b"} {
			b, err := message.Ledger{Day: "2026-11-21", Session: name + last, Proof: []byte{1}}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if l, err := message.ParseLedger(b); err != nil || l.Session != name+last {
				t.Errorf("session %q, %v, want %q", l.Session, err, name+last)
			}
		}
	}
}

func TestAUsualDayTakesAtMost200Bytes(t *testing.T) {
	l := message.Ledger{At: 1795212345, Day: "2026-11-21", Session: "construction site", Proof: make([]byte, 60), Photos: 1440, Uploaded: 1200, Waiting: 240}
	if b, err := l.Marshal(); err != nil || len(b) > 200 {
		t.Errorf("%d bytes, %v, want at most 200: %s", len(b), err, b)
	}
}

func TestBadLedgersAreRefused(t *testing.T) {
	for _, payload := range []string{
		`{"v":1,"d":"2026-11-31","p":"AQ=="}`, `{"v":1,"d":"21.11.2026","p":"AQ=="}`, `{"v":1,"d":"2026-11-21"}`,
		`{"v":1,"d":"2026-11-21","p":"%%"}`, `{"v":1,"d":"2026-11-21","p":"AQ==","u":-1}`, `{"d":"2026-11-21","p":"AQ=="}`,
		`{"v":1,"d":"2026-11-21","p":"AQ==","s":"a\u0000b"}`, `{"v":1,"d":"2026-11-21","p":"` + strings.Repeat("AAAA", 40) + `"}`,
	} {
		if l, err := message.ParseLedger([]byte(payload)); err == nil {
			t.Errorf("%s: taken as %+v, want an error", payload, l)
		}
	}
}

func FuzzParseLedger(f *testing.F) {
	fuzzParse(f, message.ParseLedger, message.Ledger.Marshal,
		`{"v":1,"t":1764000000,"d":"2026-11-21","s":"capture","p":"AQID","n":49,"u":48,"w":1}`)
}
