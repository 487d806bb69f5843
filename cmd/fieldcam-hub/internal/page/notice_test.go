package page

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
)

// shown is a window for the page that nobody should trust the name of.
func shown(phase notices.Phase, class maintenance.Class, address string) notices.Shown {
	return notices.Shown{Phase: phase, Address: address, Occurrence: maintenance.Occurrence{
		Name: "<script>x</script>", Class: class, Start: time.Date(2026, 12, 6, 19, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 6, 22, 0, 0, 0, time.UTC)}}
}

// TestWindowsAreShownOnEveryPageWithTheirClassAndTimes.
func TestWindowsAreShownOnEveryPageWithTheirClassAndTimes(t *testing.T) {
	g := newRig(t)
	m := g.photo("north", 1, picture(t), "jpg")
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	local := shown(notices.Soon, maintenance.HotFix, "north")
	local.Zone, local.End = denver, local.End.Add(6*time.Hour)
	for _, c := range []struct {
		notices.Shown
		banner bool
		wants  []string
	}{
		{shown(notices.Ahead, maintenance.Maintenance, message.Fleet), true, []string{"Maintenance window: ", "Sunday, 6 December 2026, 19:00 to 22:00 UTC", "all systems", `datetime="2026-12-06T19:00:00Z"`}},
		{shown(notices.Now, maintenance.HotFix, message.Fleet), true, []string{"Hot fix, now: "}},
		{local, false, []string{"Hot fix: ", "19:00 to Monday 04:00 UTC", "(Sunday 12:00 to Sunday 21:00 in America/Denver)", `href="/system/north"`}},
		{shown(notices.Now, maintenance.Routine, message.Fleet), false, []string{"Routine work, now: "}},
	} {
		asked := time.Time{}
		g.o.Now = func() time.Time { return morning }
		g.o.Windows = func(at time.Time) []notices.Shown { asked = at; return []notices.Shown{c.Shown} }
		for _, path := range []string{"/", "/system/north", viewURL(entryOf(m))} {
			text := g.text(path)
			wants(t, text, append(c.wants, "&lt;script&gt;x")...)
			if strings.Contains(text, `class="banner`) != c.banner || strings.Contains(text, "<script>x") {
				t.Errorf("%s, %s %s: want a banner: %t\n%s", path, c.Class, c.Phase, c.banner, text)
			}
		}
		if !asked.Equal(morning) {
			t.Errorf("asked for %v, want now", asked)
		}
	}
	g.o.Windows = nil
	if text := g.text("/"); strings.Contains(text, `class="banner`) || strings.Contains(text, `class="recall"`) {
		t.Errorf("a window is shown where there is none:\n%s", text)
	}
}

// TestPastIsShownWithItsOwnTime, and as late where it came late.
func TestPastIsShownWithItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		start := time.Now() // midnight, in a bubble
		time.Sleep(10 * time.Hour)
		say := func(kind message.Kind, b []byte, err error) {
			t.Helper()
			if err == nil {
				err = g.fleet.Handle(message.Topic("north", kind), b, false)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		b, err := message.Condition{N: 1, At: message.At(start.Add(time.Hour)), Unsynced: true, Raised: true, Repeats: 4,
			Active: message.Active{Name: "card-full", Severity: message.Critical, Text: "<b>full</b>"}}.Marshal()
		say(message.KindCondition, b, err)
		b, err = message.Status{Device: "north", At: message.At(start.Add(2 * time.Hour)), ClockSynced: true, Queue: message.Queue{Waiting: 12}}.MarshalLate()
		say(message.KindStatus, b, err)
		wants(t, g.text("/system/north"), "01:00:00 UTC", "clock not set", "card-full raised: &lt;b&gt;full", "and 4 more changes soon after", "02:00:00 UTC",
			"check-in: 12 waiting", "late, ")
	})
}

func TestSystemInMaintenanceIsNoTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		from := time.Now()
		g.fleet = fleet.New(fleet.Options{Away: func(string, time.Time) (time.Time, time.Time, time.Time, bool) {
			return from, from.Add(3 * time.Hour), from.Add(4 * time.Hour), true
		}})
		g.o.Fleet = g.fleet
		if err := g.fleet.Handle(message.Topic("north", message.KindLink), message.Link{}.Marshal(), false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		text := g.text("/")
		wants(t, text, "All is well", `<span class="state in maintenance">in maintenance</span>`)
	})
}
