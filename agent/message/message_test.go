package message_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/agent/message"
)

// anyText draws texts as faults make them: long, with controls, not UTF-8.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(0, 2000), func(n int) string { return strings.Repeat("\"é\x1b", n) }),
	)
}

func anyActive(t *rapid.T) message.Active {
	return message.Active{
		Name:     rapid.StringMatching(`[a-z][a-z0-9-]{0,39}`).Draw(t, "name"),
		Severity: rapid.SampledFrom([]message.Severity{message.Critical, message.Warning, message.Info}).Draw(t, "severity"),
		Text:     anyText().Draw(t, "text"),
		Since:    message.Unix(rapid.Int64().Draw(t, "since")),
		Last:     message.Unix(rapid.Int64().Draw(t, "last")),
	}
}

// TestHeartbeatFitsEightyBytes: whatever the values, and it is read back.
func TestHeartbeatFitsEightyBytes(t *testing.T) {
	check := func(h message.Heartbeat) {
		t.Helper()
		b := h.Marshal()
		if len(b) > message.MaxHeartbeat {
			t.Fatalf("%s: got %d bytes, want at most %d", b, len(b), message.MaxHeartbeat)
		}
		got, err := message.ParseHeartbeat(b)
		if err != nil || got.N != h.N {
			t.Fatalf("parse %s: got %+v, %v", b, got, err)
		}
	}
	check(message.Heartbeat{})
	check(message.Heartbeat{N: math.MaxUint64, At: math.MaxInt64, EverySeconds: math.MaxUint32})
	check(message.Heartbeat{N: math.MaxUint64, At: math.MinInt64, EverySeconds: 86400})
	rapid.Check(t, func(t *rapid.T) {
		check(message.Heartbeat{
			N: rapid.Uint64().Draw(t, "n"), At: message.Unix(rapid.Int64().Draw(t, "t")),
			EverySeconds: rapid.Uint32().Draw(t, "every"),
		})
	})
}

func TestHeartbeatIsAsTheWireSays(t *testing.T) {
	h := message.Heartbeat{N: 7, At: message.At(time.Date(2026, 11, 21, 7, 0, 0, 999, time.UTC)), EverySeconds: 300}
	const want = `{"v":1,"n":7,"t":1795244400,"every":300}`
	if got := string(h.Marshal()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLinkIsAsTheWireSays(t *testing.T) {
	for want, l := range map[string]message.Link{
		`{"v":1,"up":false}`:                 {},
		`{"v":1,"up":true,"t":1795244400}`:   {Up: true, At: 1795244400},
		`{"v":1,"up":true,"t":253402300799}`: {Up: true, At: math.MaxInt64},
	} {
		if got := string(l.Marshal()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if _, err := message.ParseLink([]byte(want)); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatIsMarshalledIsAccepted, and holds what was put in.
func TestWhatIsMarshalledIsAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := message.Condition{N: rapid.Uint64().Draw(t, "n"), Raised: rapid.Bool().Draw(t, "raised"), Active: anyActive(t)}
		b, err := c.Marshal()
		if err != nil {
			t.Fatalf("marshal %+v: %v", c, err)
		}
		got, err := message.ParseCondition(b)
		if err != nil || got.Name != c.Name || got.Raised != c.Raised || got.N != c.N {
			t.Fatalf("parse %s: got %+v, %v", b, got, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		count := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		s := message.Status{
			N: rapid.Uint64().Draw(t, "n"), At: message.Unix(count("t")), Device: "pole-17", Model: anyText().Draw(t, "model"),
			Version: anyText().Draw(t, "version"), Boot: anyText().Draw(t, "boot"), LastPhoto: "20261121T070316Z-000042-9f3ac1",
			Queue:         message.Queue{Waiting: count("waiting"), WaitingBytes: count("bytes"), Refused: count("refused"), Oldest: message.Unix(count("oldest"))},
			NextSlot:      message.Unix(count("next")),
			Session:       message.Session{State: anyText().Draw(t, "state"), Name: anyText().Draw(t, "session"), Error: anyText().Draw(t, "error"), Photos: count("photos")},
			EventsDropped: count("dropped"), Restart: anyText().Draw(t, "restart"),
		}
		if rapid.Bool().Draw(t, "measured") {
			s.Power = &message.Power{Rung: anyText().Draw(t, "rung"), Millivolts: count("mV"), Milliamps: count("mA")}
			s.Climate = &message.Climate{Decidegrees: count("degrees"), Humidity: count("humidity")}
		}
		if s.Power != nil && rapid.Bool().Draw(t, "sunny") {
			s.Power.Solar = &message.Solar{State: anyText().Draw(t, "charger"), Fault: anyText().Draw(t, "fault"), Watts: count("W"), WattHours: count("Wh")}
		}
		if rapid.Bool().Draw(t, "camera") {
			percent := count("battery")
			s.Camera = &message.Camera{Model: anyText().Draw(t, "body"), Serial: anyText().Draw(t, "serial"), BatteryPercent: &percent, AheadSeconds: count("ahead")}
		}
		for range rapid.IntRange(0, 40).Draw(t, "conditions") {
			s.Conditions = append(s.Conditions, anyActive(t))
		}
		b, err := s.Marshal()
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		got, err := message.ParseStatus(b)
		if err != nil {
			t.Fatalf("parse %s: %v", b, err)
		}
		again, err := got.Marshal()
		if err != nil || string(again) != string(b) {
			t.Fatalf("second round: got %s, want %s (%v)", again, b, err)
		}
	})
}

func TestFullStatusFitsItsLimit(t *testing.T) {
	s := message.Status{Device: strings.Repeat("d", 63)}
	for range message.MaxConditions + 5 {
		s.Conditions = append(s.Conditions, message.Active{
			Name: strings.Repeat("n", 40), Severity: message.Critical, Text: strings.Repeat(`"`, 1000),
			Since: math.MaxInt64, Last: math.MaxInt64,
		})
	}
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > message.MaxStatus {
		t.Errorf("got %d bytes, want at most %d", len(b), message.MaxStatus)
	}
	got, err := message.ParseStatus(b)
	if err != nil || len(got.Conditions) != message.MaxConditions {
		t.Errorf("got %d conditions, %v, want %d", len(got.Conditions), err, message.MaxConditions)
	}
}

func TestMarshalRefusesWhatNobodyCouldFile(t *testing.T) {
	for name, s := range map[string]message.Status{
		"device":    {Device: "../pole"},
		"photo":     {Device: "pole", LastPhoto: "../../etc/passwd"},
		"condition": {Device: "pole", Conditions: []message.Active{{Name: "Card Full", Severity: message.Info}}},
		"severity":  {Device: "pole", Conditions: []message.Active{{Name: "card-full", Severity: "bad"}}},
	} {
		if b, err := s.Marshal(); err == nil {
			t.Errorf("%s: got %s, want an error", name, b)
		}
	}
}

// TestNewerVersionsAreReadAsFarAsKnown: unknown fields do no harm.
func TestNewerVersionsAreReadAsFarAsKnown(t *testing.T) {
	got, err := message.ParseHeartbeat([]byte(`{"v":9,"n":3,"t":1795244400,"every":60,"mood":{"good":[true]}}`))
	want := message.Heartbeat{V: 9, N: 3, At: 1795244400, EverySeconds: 60}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestPayloadWithoutVersionIsRefused(t *testing.T) {
	for _, v := range []string{``, `"v":0,`, `"v":-1,`, `"v":null,`} {
		_, err := message.ParseHeartbeat([]byte(`{` + v + `"n":3,"t":1795244400,"every":60}`))
		if !errors.Is(err, message.ErrVersion) {
			t.Errorf("%q: got %v, want ErrVersion", v, err)
		}
	}
}

func TestBadPayloadsAreRefused(t *testing.T) {
	heartbeat := func(b []byte) error { _, err := message.ParseHeartbeat(b); return err }
	status := func(b []byte) error { _, err := message.ParseStatus(b); return err }
	condition := func(b []byte) error { _, err := message.ParseCondition(b); return err }
	link := func(b []byte) error { _, err := message.ParseLink(b); return err }
	good := `{"v":1,"name":"card-full","severity":"warning","since":0`
	for _, c := range []struct {
		parse   func([]byte) error
		payload string
	}{
		{heartbeat, ``},
		{heartbeat, `null`},
		{heartbeat, `[]`},
		{heartbeat, `{"v":1,"n":1,"t":1,"every":60}{}`},
		{heartbeat, `{"v":1,"n":-1,"t":1,"every":60}`},
		{heartbeat, `{"v":1,"n":1,"t":-1,"every":60}`},
		{heartbeat, `{"v":1,"n":1,"t":253402300800,"every":60}`},
		{heartbeat, `{"v":1,"n":1,"t":1,"every":0}`},
		{heartbeat, `{"v":1,"n":1,"t":1,"every":86401}`},
		{heartbeat, `{"v":1,"n":1,"t":1,"every":60}` + strings.Repeat(" ", message.MaxSmall)},
		{link, `{"v":1,"up":"yes"}`},
		{link, `{"v":1,"up":true,"t":-5}`},
		{condition, `{"v":1,"name":"../x","severity":"warning"}`},
		{condition, `{"v":1,"name":"card-full","severity":"dire"}`},
		{condition, good + `,"text":"\u001b[2J"}`},
		{condition, good + `,"text":"\u202e"}`},
		{condition, good + `,"text":"` + strings.Repeat("x", message.MaxText+1) + `"}`},
		{condition, good + `,"t":-1}`},
		{status, `{"v":1,"device":"a/b"}`},
		{status, `{"v":1,"device":"pole","last_photo":"../../x"}`},
		{status, `{"v":1,"device":"pole","queue":{"waiting":-1}}`},
		{status, `{"v":1,"device":"pole","queue":{"waiting":9007199254740992}}`},
		{status, `{"v":1,"device":"pole","model":"` + strings.Repeat("x", message.MaxName+1) + `"}`},
		{status, `{"v":1,"device":"pole","conditions":[` + strings.Repeat(`{"name":"a","severity":"info"},`, message.MaxConditions) + `{"name":"a","severity":"info"}]}`},
	} {
		if err := c.parse([]byte(c.payload)); err == nil {
			t.Errorf("%.100s: got no error", c.payload)
		}
	}
}

func TestTopicsRoundTrip(t *testing.T) {
	for _, kind := range message.Kinds() {
		device, got, err := message.ParseTopic(message.Topic("pole-17", kind))
		if err != nil || device != "pole-17" || got != kind {
			t.Errorf("got %q, %q, %v, want pole-17, %q", device, got, err, kind)
		}
	}
	if got, want := message.Filter(message.KindLink), "fieldcam/1/+/link"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForeignTopicsAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "fieldcam/1/", "fieldcam/1/pole", "fieldcam/1/pole/", "fieldcam/1//link", "fieldcam/2/pole/link", "/fieldcam/1/pole/link",
		"fieldcam/1/../link", "fieldcam/1/+/link", "fieldcam/1/pole/link/x", "fieldcam/1/pole/mood", "fieldcam/1/pole\x00/link",
		"fieldcam/1/" + strings.Repeat("p", 64) + "/link", "fieldcam/1/pole/" + strings.Repeat("x", 200),
	} {
		if device, kind, err := message.ParseTopic(s); err == nil {
			t.Errorf("%q: got %q, %q, want an error", s, device, kind)
		}
	}
}

func TestUnsetClockHasATime(t *testing.T) {
	for _, c := range []struct {
		t    time.Time
		want message.Unix
	}{
		{time.Time{}, 0}, {time.Unix(0, 0), 0}, {time.Unix(-5, 0), 0}, {time.Unix(5, 9e8), 5}, {time.Unix(1<<40, 0), 253402300799},
	} {
		if got := message.At(c.t); got != c.want {
			t.Errorf("%v: got %d, want %d", c.t, got, c.want)
		}
	}
	if got := message.Unix(0).Time(); !got.IsZero() {
		t.Errorf("got %v, want the zero time", got)
	}
}
