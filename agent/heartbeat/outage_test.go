package heartbeat_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
)

// TestOutageKeepsEveryEventAsItWas: days later, in order, with their own times.
func TestOutageKeepsEveryEventAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		r.link.set(true, false)
		var want []string
		tell := func(n int, at message.Unix, raised bool, text string) string {
			return fmt.Sprintf("%d %d %t %s", n, at, raised, text)
		}
		for day := range 10 {
			text := fmt.Sprint("day ", day)
			want = append(want, tell(2*day+1, message.At(time.Now()), true, text))
			r.health.Raise(health.CameraFault, health.Critical, text)
			time.Sleep(time.Hour)
			want = append(want, tell(2*day+2, message.At(time.Now()), false, text))
			r.health.Clear(health.CameraFault)
			time.Sleep(23 * time.Hour)
		}
		r.health.Raise(health.CardFull, health.Critical, "full")
		want = append(want, tell(21, message.At(time.Now()), true, "full"))
		time.Sleep(time.Minute)
		r.link.set(false, false)
		r.LinkUp()
		synctest.Wait()
		var got []string
		for _, s := range r.link.of(message.KindCondition) {
			c, err := message.ParseCondition(s.payload)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, tell(int(c.N), c.At, c.Raised, c.Text))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		all := r.link.of(message.KindStatus)
		if last := all[len(all)-1]; !last.kept || len(status(t, last).Conditions) != 1 {
			t.Errorf("got %s, kept %t, as the last status, want one with card-full", last.payload, last.kept)
		}
		beats := r.link.of(message.KindHeartbeat)
		if len(beats) != 1 {
			t.Fatalf("got %d heartbeats, want one at once and none of the past", len(beats))
		}
		if h, _ := message.ParseHeartbeat(beats[0].payload); h.N < 2000 {
			t.Errorf("got n %d, want the missing ones counted", h.N)
		}
	})
}

// TestUnacknowledgedEventIsSentAgain, the same one, when the broker is well.
func TestUnacknowledgedEventIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, nil)
		r.LinkUp()
		time.Sleep(time.Hour)
		r.link.set(false, true)
		r.health.Raise(health.PhotoLost, health.Critical, "42")
		time.Sleep(10 * time.Minute)
		if _, ok := r.health.Unsent(); !ok {
			t.Fatal("the event is gone without an acknowledgement")
		}
		r.link.set(false, false)
		time.Sleep(2 * time.Minute) // without LinkUp: the connection never broke
		synctest.Wait()
		events := r.link.of(message.KindCondition)
		if _, ok := r.health.Unsent(); ok || len(events) != 1 {
			t.Errorf("got %d events, unsent %t, want one and none", len(events), ok)
		}
	})
}

// TestOfflineCostsNearlyNothing: no busy loop while there is no link.
func TestOfflineCostsNearlyNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		r.link.set(true, false)
		r.health.Raise(health.CloudUnreachable, health.Warning, "no route")
		time.Sleep(24 * time.Hour)
		r.stop()
		// 288 heartbeats, and a status each half minute.
		if r.link.tries > 3500 {
			t.Errorf("got %d attempts in a day, want at most 3500", r.link.tries)
		}
	})
}

func TestStopWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, time.Second, hourly)
		r.link.set(false, true)
		r.LinkUp()
		time.Sleep(10 * time.Millisecond)
		r.stop() // checks that it took no time
	})
}

func TestStatusIsNeverOlderThanItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, time.Hour, nil)
		r.LinkUp()
		time.Sleep(10*24*time.Hour + time.Second)
		// At once, and each day since.
		if n := len(r.link.of(message.KindStatus)); n != 11 {
			t.Errorf("got %d status messages in 10 days, want 11", n)
		}
	})
}
