package message_test

import (
	"math"
	"strings"
	"testing"

	"fieldcam/agent/message"
)

// TestLateStatusFitsItsLimit: whatever there is to say, and the worst conditions
// stay.
func TestLateStatusFitsItsLimit(t *testing.T) {
	long := strings.Repeat(`"`, 1000)
	s := message.Status{
		N: math.MaxUint64, At: math.MaxInt64, Device: strings.Repeat("d", 63), Model: long, Version: long, Boot: long, LastPhoto: "20261121T070316Z-000042-9f3ac1",
		Queue:         message.Queue{Waiting: math.MaxInt64, WaitingBytes: math.MaxInt64, Refused: math.MaxInt64, Oldest: math.MaxInt64},
		NextSlot:      math.MaxInt64,
		Session:       message.Session{State: long, Name: long, Since: math.MaxInt64, Photos: math.MaxInt64, Error: long},
		EventsDropped: math.MaxInt64, Restart: long,
		Power:   &message.Power{Rung: long, Millivolts: math.MaxInt64, Milliamps: math.MinInt64, Solar: &message.Solar{State: long, Fault: long, Watts: math.MaxInt64, WattHours: math.MaxInt64}},
		Climate: &message.Climate{Decidegrees: math.MinInt64, Humidity: math.MaxInt64},
	}
	small := message.Status{Device: "pole-17", At: 7, Queue: message.Queue{Waiting: 3}}
	for range message.MaxConditions {
		a := message.Active{Name: strings.Repeat("n", 40), Severity: message.Critical, Text: long, Since: math.MaxInt64}
		s.Conditions, small.Conditions = append(s.Conditions, a), append(small.Conditions, a)
	}
	for _, s := range []message.Status{s, small, {Device: "pole-17", At: 7}} {
		b, err := s.MarshalLate()
		if err != nil || len(b) > message.MaxLate {
			t.Errorf("got %d bytes, %v, want at most %d", len(b), err, message.MaxLate)
		}
		got, err := message.ParseStatus(b)
		if err != nil || !got.Late || got.N != s.N || got.Device != s.Device {
			t.Errorf("got %+v, %v", got, err)
		}
		if s.Queue.Waiting == 3 && (len(got.Conditions) < 4 || got.Queue.Waiting != 3) {
			t.Errorf("got %d conditions, want the worst", len(got.Conditions))
		}
	}
	if small.Conditions[0].Text == "" {
		t.Error("the caller's conditions were changed")
	}
}

// TestEventTellsOfItsClockAndItsRepeats, in what old hubs read as well.
func TestEventTellsOfItsClockAndItsRepeats(t *testing.T) {
	c := message.Condition{N: 7, At: 1795244400, Unsynced: true, Repeats: 4, Raised: true, Active: message.Active{Name: "card-full", Severity: message.Critical}}
	b, err := c.Marshal()
	const want = `{"v":1,"n":7,"t":1795244400,"unsynced":true,"repeats":4,"raised":true,"name":"card-full","severity":"critical","since":0}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	if _, err := message.ParseCondition([]byte(strings.Replace(want, `:4`, `:-4`, 1))); err == nil {
		t.Error("negative repeats were accepted")
	}
}

// What is measured goes as few bytes, and nothing where nothing is.
func TestWhatIsMeasuredIsInTheStatus(t *testing.T) {
	s := message.Status{Device: "pole-17", Power: &message.Power{Rung: "upload-less", Millivolts: 7421, Milliamps: -310, Solar: &message.Solar{State: "bulk", Watts: 12, WattHours: 130}},
		Climate: &message.Climate{Decidegrees: -43, Humidity: 87}, Restart: "watchdog"}
	b, err := s.Marshal()
	const want = `"power":{"rung":"upload-less","mv":7421,"ma":-310,"solar":{"state":"bulk","w":12,"wh":130}},"climate":{"t":-43,"rh":87},"restart":"watchdog"`
	if err != nil || !strings.Contains(string(b), want) {
		t.Errorf("got %s, %v, want %s in it", b, err, want)
	}
	for _, bad := range []string{`"mv":7421000000`, `"t":-430000000`} {
		name, _, _ := strings.Cut(bad, ":")
		i := strings.Index(string(b), name+":")
		if name == `"t"` {
			i = strings.LastIndex(string(b), name+":")
		}
		broken := string(b[:i]) + bad + string(b[i+strings.IndexAny(string(b[i:]), ",}"):])
		if _, err := message.ParseStatus([]byte(broken)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	bare, err := message.Status{Device: "pole-17"}.Marshal()
	if err != nil || strings.Contains(string(bare), "power") || strings.Contains(string(bare), "climate") || strings.Contains(string(bare), "restart") {
		t.Errorf("got %s, %v, want nothing of what is not measured", bare, err)
	}
}
