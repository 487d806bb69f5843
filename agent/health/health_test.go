package health_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
)

// clock is the bubble's time as a wall clock.
type clock struct{}

func (clock) Now() time.Time { return time.Now().UTC().Round(0) }
func (clock) Synced() bool   { return true }

// tell is an event in one line.
func tell(e health.Event) string {
	return fmt.Sprintf("%d %s raised=%t %s %s %q", e.Seq, e.At.Format(time.TimeOnly), e.Raised, e.Name, e.Severity, e.Text)
}

// drain sends all events, to nobody.
func drain(r *health.Registry) (told []string) {
	for {
		e, ok := r.Unsent()
		if !ok {
			return told
		}
		told = append(told, tell(e))
		r.Sent(e.Seq)
	}
}

func TestOnlyChangesAreEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := health.New(clock{}, zerolog.New(&log))
		r.Clear(health.CardFull)
		for n := range 100 {
			r.Raise(health.CardFull, health.Warning, fmt.Sprint(100-n, " MB free"))
			time.Sleep(time.Second)
		}
		r.Raise(health.CardFull, health.Critical, "0 MB free")
		time.Sleep(time.Second)
		r.Clear(health.CardFull)
		r.Clear(health.CardFull)
		want := []string{
			`1 00:00:00 raised=true card-full warning "100 MB free"`,
			`2 00:01:40 raised=true card-full critical "0 MB free"`,
			`3 00:01:41 raised=false card-full critical "0 MB free"`,
		}
		if diff := cmp.Diff(want, drain(r)); diff != "" {
			t.Error(diff)
		}
		if got := strings.Count(log.String(), "\n"); got != len(want) {
			t.Errorf("got %d log lines, want %d:\n%s", got, len(want), log.String())
		}
	})
}

func TestActiveKnowsFirstAndLastTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := health.New(clock{}, zerolog.Nop())
		start := clock{}.Now()
		r.Raise(health.CloudUnreachable, health.Warning, "timeout")
		time.Sleep(time.Minute)
		r.Raise(health.IndexRebuilt, health.Info, "12 photos")
		r.Raise(health.CameraFault, health.Critical, "silent")
		time.Sleep(time.Minute)
		r.Raise(health.CloudUnreachable, health.Warning, "refused")
		want := []health.Condition{
			{Name: health.CameraFault, Severity: health.Critical, Text: "silent", First: start.Add(time.Minute), Last: start.Add(time.Minute)},
			{Name: health.CloudUnreachable, Severity: health.Warning, Text: "refused", First: start, Last: start.Add(2 * time.Minute)},
			{Name: health.IndexRebuilt, Severity: health.Info, Text: "12 photos", First: start.Add(time.Minute), Last: start.Add(time.Minute)},
		}
		if diff := cmp.Diff(want, r.Active()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestCriticalEventsOutlastInfo: a flood drops the oldest of the least severity,
// and says how many.
func TestCriticalEventsOutlastInfo(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	r.Raise(health.PhotoLost, health.Critical, "the first")
	r.Raise(health.IndexRebuilt, health.Info, "old")
	for range health.MaxEvents {
		r.Raise(health.UploadFailing, health.Warning, "flap")
		r.Clear(health.UploadFailing)
	}
	if got, want := r.Dropped(), health.MaxEvents+2; got != want {
		t.Errorf("dropped: got %d, want %d", got, want)
	}
	told := drain(r)
	if len(told) != health.MaxEvents {
		t.Fatalf("kept: got %d, want %d", len(told), health.MaxEvents)
	}
	if !strings.Contains(told[0], "photo-lost") {
		t.Errorf("first: got %s, want the critical event", told[0])
	}
	for _, s := range told {
		if strings.Contains(s, "index-rebuilt") {
			t.Errorf("got %s, want it dropped before any warning", s)
		}
	}
	if len(r.Active()) != 2 {
		t.Errorf("active: got %v, want two: dropping events clears nothing", r.Active())
	}
}

func TestSendingAnEventForgetsThatOne(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	r.Raise(health.CardFull, health.Critical, "")
	r.Raise(health.CameraFault, health.Critical, "")
	r.Sent(99)
	first, _ := r.Unsent()
	again, _ := r.Unsent()
	if first.Name != health.CardFull || again != first {
		t.Fatalf("got %s then %s, want card-full until it is sent", tell(first), tell(again))
	}
	r.Sent(first.Seq)
	r.Sent(first.Seq)
	if next, ok := r.Unsent(); !ok || next.Name != health.CameraFault {
		t.Errorf("got %s, want camera-fault", tell(next))
	}
}

func TestNoChangeIsMissed(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	changed := r.Changed()
	select {
	case <-changed:
		t.Fatal("changed before any change")
	default:
	}
	r.Raise(health.CardFull, health.Critical, "")
	<-changed
	changed = r.Changed()
	r.Raise(health.CardFull, health.Critical, "again")
	select {
	case <-changed:
		t.Error("a repeated raise is no change")
	default:
	}
	r.Clear(health.CardFull)
	<-changed
}

// TestManyMayRaiseAtOnce is for the race detector, and for the count.
func TestManyMayRaiseAtOnce(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			name := health.Name(fmt.Sprint("fault-", n))
			for range 50 {
				r.Raise(name, name.Severity(), "")
				r.Active()
				r.Clear(name)
				if e, ok := r.Unsent(); ok {
					r.Sent(e.Seq)
				}
			}
		})
	}
	wg.Wait()
	if got := r.Active(); len(got) != 0 {
		t.Errorf("active: got %v, want nothing", got)
	}
	last := uint64(0)
	for e, ok := r.Unsent(); ok; e, ok = r.Unsent() {
		if e.Seq <= last {
			t.Fatalf("event %d after %d", e.Seq, last)
		}
		last = e.Seq
		r.Sent(e.Seq)
	}
}

func TestNamesAndSeveritiesFitTheWire(t *testing.T) {
	for _, n := range []health.Name{
		health.CameraFault, health.CardFull, health.StorageFault, health.UploadRefused, health.UploadFailing, health.CloudUnreachable,
		health.ClockUnset, health.ClockStepped, health.NoSchedule, health.IndexRebuilt, health.PhotoLost,
	} {
		c := message.Condition{Active: message.Active{Name: string(n), Severity: n.Severity()}}
		if _, err := c.Marshal(); err != nil {
			t.Error(err)
		}
	}
}
