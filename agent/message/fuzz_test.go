package message_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/message"
)

// fuzzParse holds a parser to its promise: what it accepts survives a round.
func fuzzParse[T any](f *testing.F, parse func([]byte) (T, error), marshal func(T) ([]byte, error), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := parse(payload)
		if err != nil {
			return
		}
		b, err := marshal(got)
		if err != nil {
			t.Fatalf("%s was accepted but cannot be marshalled: %v", payload, err)
		}
		again, err := parse(b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		b2, _ := marshal(again)
		if diff := cmp.Diff(string(b), string(b2)); diff != "" {
			t.Fatal(diff)
		}
		if !json.Valid(b) {
			t.Fatalf("%s is not JSON", b)
		}
	})
}

func FuzzParseHeartbeat(f *testing.F) {
	fuzzParse(f, message.ParseHeartbeat, func(h message.Heartbeat) ([]byte, error) { return h.Marshal(), nil },
		`{"v":1,"n":7,"t":1795244400,"every":300}`, `{"v":1e3}`, `null`)
}

func FuzzParseLink(f *testing.F) {
	fuzzParse(f, message.ParseLink, func(l message.Link) ([]byte, error) { return l.Marshal(), nil },
		`{"v":1,"up":false}`, `{"v":1,"up":true,"t":1795244400}`)
}

func FuzzParseCondition(f *testing.F) {
	fuzzParse(f, message.ParseCondition, message.Condition.Marshal,
		`{"v":1,"n":7,"t":1795244400,"raised":true,"name":"card-full","severity":"critical","text":"12 MB free","since":1795244400}`)
}

func FuzzParseStatus(f *testing.F) {
	fuzzParse(f, message.ParseStatus, message.Status.Marshal,
		`{"v":1,"n":1,"t":1795244400,"device":"pole-17","clock_synced":true,"queue":{"waiting":3},"session":{"state":"idle"},"conditions":[{"name":"card-full","severity":"warning","since":5}]}`)
}

func FuzzParseTopic(f *testing.F) {
	f.Add("fieldcam/1/pole-17/heartbeat")
	f.Fuzz(func(t *testing.T, s string) {
		device, kind, err := message.ParseTopic(s)
		if err == nil && message.Topic(device, kind) != s {
			t.Fatalf("%q: got %q, %q", s, device, kind)
		}
	})
}
