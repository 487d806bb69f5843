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

// TestFlappingConditionCostsNoOtherEvent: beyond the bound its oldest changes
// become one, which counts them.
func TestFlappingConditionCostsNoOtherEvent(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	r.Raise(health.PhotoLost, health.Critical, "the first")
	r.Raise(health.IndexRebuilt, health.Info, "old")
	const flaps = 2 * health.MaxEvents
	for n := range flaps {
		r.Raise(health.UploadFailing, health.Warning, fmt.Sprint("flap ", n))
		r.Clear(health.UploadFailing)
	}
	kept, changes, raised := 0, 0, false
	for e, ok := r.Unsent(); ok; e, ok = r.Unsent() {
		if want := []health.Name{health.PhotoLost, health.IndexRebuilt, health.UploadFailing}[min(kept, 2)]; e.Name != want {
			t.Fatalf("event %d: got %s, want %s", kept, tell(e), want)
		}
		if e.Name == health.UploadFailing {
			changes += 1 + e.Repeats
			if kept == 2 && e.Text != "flap 0" {
				t.Errorf("got %s, want the first of the flaps", tell(e))
			}
			raised = e.Raised
		}
		kept++
		r.Sent(e.Seq)
	}
	if kept > health.MaxEvents || kept < health.MaxEvents*4/5 {
		t.Errorf("kept: got %d events, want nearly %d", kept, health.MaxEvents)
	}
	if changes != 2*flaps || raised {
		t.Errorf("got %d changes of the flapping condition, the last raised %t, want %d and cleared", changes, raised, 2*flaps)
	}
	if got, want := r.Dropped(), 2*flaps+2-kept; got != want {
		t.Errorf("dropped: got %d, want %d", got, want)
	}
	if len(r.Active()) != 2 {
		t.Errorf("active: got %v, want two: joining events clears nothing", r.Active())
	}
}

// TestCriticalEventsOutlastInfo: where nothing flaps, the oldest of the least
// severity goes.
func TestCriticalEventsOutlastInfo(t *testing.T) {
	r := health.New(clock{}, zerolog.Nop())
	r.Raise(health.PhotoLost, health.Critical, "the first")
	r.Raise(health.IndexRebuilt, health.Info, "old")
	for n := range health.MaxEvents {
		r.Raise(health.Name(fmt.Sprint("fault-", n)), health.Warning, "")
	}
	if got, want := r.Dropped(), 2; got != want {
		t.Errorf("dropped: got %d, want %d", got, want)
	}
	told := drain(r)
	if len(told) != health.MaxEvents {
		t.Fatalf("kept: got %d, want %d", len(told), health.MaxEvents)
	}
	if !strings.Contains(told[0], "photo-lost") || !strings.Contains(told[1], "fault-1 ") {
		t.Errorf("first: got %s and %s, want the critical event and the second oldest warning", told[0], told[1])
	}
	if len(r.Active()) != health.MaxEvents+2 {
		t.Errorf("active: got %d, want %d: dropping events clears nothing", len(r.Active()), health.MaxEvents+2)
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
		health.ScheduleWarning, health.DataBudget, health.LowPowerPlan, health.NoticeRejected, health.UploadsBehind,
		health.BatteryLow, health.MainsLost, health.PowerSaving, health.SolarFault, health.Temperature, health.SensorFault,
		health.WatchdogFired, health.RepeatedRestarts,
		health.PhotoBad, health.CameraClock, health.CameraBattery,
	} {
		c := message.Condition{Active: message.Active{Name: string(n), Severity: n.Severity()}}
		if _, err := c.Marshal(); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatOnlyWarnsStopsNobody: a plan that is unwise still takes photos.
func TestWhatOnlyWarnsStopsNobody(t *testing.T) {
	for _, n := range []health.Name{health.ScheduleWarning, health.DataBudget, health.LowPowerPlan, health.NoticeRejected, health.UploadsBehind, health.PhotoBad, health.CameraClock, health.CameraBattery} {
		if n.Severity() != health.Warning {
			t.Errorf("%s: got %s, want a warning", n, n.Severity())
		}
	}
}
