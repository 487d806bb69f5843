package fleet

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/message"
)

// say hands the fleet a message of north.
func say(t testing.TB, f *Fleet, kind message.Kind, payload []byte, retained bool) {
	t.Helper()
	if err := f.Handle(message.Topic("north", kind), payload, retained); err != nil {
		t.Fatal(err)
	}
}

func beat(t testing.TB, f *Fleet, every time.Duration) {
	t.Helper()
	say(t, f, message.KindHeartbeat, message.Heartbeat{At: message.At(time.Now()), EverySeconds: uint32(every.Seconds())}.Marshal(), false)
}

func status(t testing.TB, s message.Status) []byte {
	t.Helper()
	s.Device, s.At = "north", message.At(time.Now())
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func event(t testing.TB, raised bool, severity message.Severity, at time.Time) []byte {
	t.Helper()
	b, err := message.Condition{At: message.At(at), Raised: raised,
		Active: message.Active{Name: "card-full", Severity: severity, Text: "The card is full", Since: message.At(at)}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantState(t testing.TB, f *Fleet, want State) {
	t.Helper()
	s, ok := f.System("north")
	if !ok || s.State != want {
		t.Errorf("state %q (%s, known %v), want %q", s.State, s.Why, ok, want)
	}
}

func TestThreeMissedHeartbeatsMakeASystemUnavailable(t *testing.T) {
	for _, every := range []time.Duration{time.Second, time.Minute, 5 * time.Minute, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			f := New(Options{})
			beat(t, f, every)
			wantState(t, f, OK)
			time.Sleep(3*every + every/10) // the third is due, and may be a tenth late
			wantState(t, f, OK)
			time.Sleep(every + 2*time.Second)
			wantState(t, f, Unavailable)
			beat(t, f, every)
			wantState(t, f, OK)
			for range 20 { // at its slowest a device is a tenth late each time
				time.Sleep(every + every/10)
				beat(t, f, every)
				wantState(t, f, OK)
			}
		})
	}
}

func TestTwoMissedHeartbeatsDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		for range 10 {
			beat(t, f, time.Minute)
			time.Sleep(3*time.Minute + time.Second)
			wantState(t, f, OK)
		}
	})
}

func TestRestartedHubShowsWhatTheBrokerKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := status(t, message.Status{Model: "Tempo", Queue: message.Queue{Waiting: 7},
			Conditions: []message.Active{{Name: "card-full", Severity: message.Critical}}})
		said := time.Now()
		time.Sleep(time.Hour)
		f := New(Options{})
		say(t, f, message.KindStatus, kept, true)
		say(t, f, message.KindLink, message.Link{Up: true, At: message.At(said)}.Marshal(), true)
		s, _ := f.System("north")
		if s.State != Critical || s.Status == nil || s.Status.Queue.Waiting != 7 || !s.Heard.Equal(said) {
			t.Errorf("%+v, want critical, 7 waiting, heard %v", s, said)
		}
		time.Sleep(Allowance(24*time.Hour) + time.Second)
		wantState(t, f, Unavailable)
	})
}

// A status carries no interval: a system that speaks once a day is not missed
// after a quarter of an hour.
func TestRestartedHubAllowsForTheLongestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		say(t, f, message.KindStatus, status(t, message.Status{}), true)
		time.Sleep(3 * 24 * time.Hour)
		wantState(t, f, Waiting)
		beat(t, f, time.Minute) // from now on its own interval counts
		time.Sleep(Allowance(time.Minute) + time.Second)
		wantState(t, f, Unavailable)
	})
}

func TestConditionsOfOneSystemAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		raise := func(name string, raised bool) {
			b, err := message.Condition{At: message.At(time.Now()), Raised: raised, Active: message.Active{Name: name, Severity: message.Warning}}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			say(t, f, message.KindCondition, b, false)
		}
		want := func(n int) {
			t.Helper()
			if s, _ := f.System("north"); len(s.Conditions) != n {
				t.Errorf("%d conditions, want %d", len(s.Conditions), n)
			}
		}
		for i := range 2 * message.MaxConditions {
			raise(fmt.Sprint("c", i), true)
		}
		want(message.MaxConditions)
		raise("c0", true) // one that is known may still change
		raise("c1", false)
		want(message.MaxConditions - 1)
		raise("new", true)
		want(message.MaxConditions)
	})
}

func TestRestartedHubWaitsBeforeItCallsASystemUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := status(t, message.Status{})
		time.Sleep(30 * 24 * time.Hour)
		f := New(Options{})
		say(t, f, message.KindStatus, kept, true)
		wantState(t, f, Waiting)
		beat(t, f, time.Minute)
		wantState(t, f, OK)
	})
}

func TestLostConnectionIsAWarningUntilTheHeartbeatsMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		beat(t, f, time.Minute)
		time.Sleep(time.Second)
		say(t, f, message.KindLink, message.Link{}.Marshal(), false)
		wantState(t, f, Warning)
		time.Sleep(4 * time.Minute)
		wantState(t, f, Unavailable)
		say(t, f, message.KindLink, message.Link{Up: true}.Marshal(), false)
		wantState(t, f, OK)
	})
}

func TestConditionsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		beat(t, f, time.Hour)
		say(t, f, message.KindCondition, event(t, true, message.Warning, time.Now()), false)
		wantState(t, f, Warning)
		say(t, f, message.KindCondition, event(t, true, message.Critical, time.Now()), false)
		wantState(t, f, Critical)
		if s, _ := f.System("north"); len(s.Conditions) != 1 || s.Conditions[0].Text != "The card is full" {
			t.Errorf("%+v", s)
		}
		say(t, f, message.KindCondition, event(t, false, message.Critical, time.Now()), false)
		wantState(t, f, OK)
		// An event from before the last status comes late: the status knows better.
		old := time.Now()
		time.Sleep(time.Minute)
		say(t, f, message.KindStatus, status(t, message.Status{}), false)
		say(t, f, message.KindCondition, event(t, true, message.Critical, old), false)
		wantState(t, f, OK)
		say(t, f, message.KindCondition, event(t, true, message.Info, time.Now()), false)
		wantState(t, f, OK)
		// The broker sends a retained status again: what came after it stays.
		kept := status(t, message.Status{})
		say(t, f, message.KindStatus, kept, false)
		say(t, f, message.KindCondition, event(t, true, message.Critical, time.Now()), false)
		say(t, f, message.KindStatus, kept, true)
		wantState(t, f, Critical)
	})
}

func TestTroubleComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		for i, name := range []string{"d", "c", "b", "a"} {
			m := message.Heartbeat{EverySeconds: uint32(i*3600 + 1)}
			if err := f.Handle(message.Topic(name, message.KindHeartbeat), m.Marshal(), false); err != nil {
				t.Fatal(err)
			}
		}
		f.Expect("e")
		time.Sleep(time.Minute)
		var got []string
		for _, s := range f.Systems() {
			got = append(got, fmt.Sprint(s.Name, " ", s.State))
		}
		want := []string{"d unavailable", "a ok", "b ok", "c ok", "e new"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestWrongClockOfADeviceDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Options{})
		for _, at := range []message.Unix{1, 253402300799, 0} {
			say(t, f, message.KindHeartbeat, message.Heartbeat{At: at, EverySeconds: 60}.Marshal(), false)
			if s, _ := f.System("north"); s.State != OK || time.Since(s.Heard) > time.Second {
				t.Errorf("device's time %d: %+v", at, s)
			}
		}
	})
}

func FuzzNoMessageHarms(f *testing.F) {
	f.Add("fieldcam/1/north/heartbeat", []byte(`{"v":1,"n":1,"t":1,"every":300}`), false)
	f.Add("fieldcam/1/../status", []byte(`{}`), true)
	f.Add("fieldcam/1/north/status", []byte(`{"v":1,"device":"north","conditions":[{"name":"a","severity":"info"}]}`), true)
	f.Fuzz(func(t *testing.T, topic string, payload []byte, retained bool) {
		fl := New(Options{})
		err := fl.Handle(topic, payload, retained)
		if all := fl.Systems(); err != nil && len(all) > 0 {
			t.Errorf("%q, refused with %v, made %+v", topic, err, all)
		}
	})
}
