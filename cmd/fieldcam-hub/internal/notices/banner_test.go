package notices

import (
	"fmt"
	"testing"
	"time"

	"fieldcam/agent/message"
)

// TestBannerIsShownFromTenToFourDaysBefore, and during the window; a line recalls
// it in between.
func TestBannerIsShownFromTenToFourDaysBefore(t *testing.T) {
	r := newRig(t)
	r.add(message.Fleet, quarterly(), 0)
	r.add("north", monthly(), 0)
	for _, c := range []struct {
		at   string
		want string
	}{
		{"2026-11-19 04:59", ""},
		{"2026-11-19 05:00", "monthly ahead"}, // 28 November 22:00 in Denver is 05:00 UTC the day after
		{"2026-11-25 05:00", "monthly ahead"},
		{"2026-11-25 05:01", "monthly soon"},
		{"2026-11-26 18:59", "monthly soon"},
		{"2026-11-26 19:00", "monthly soon winter ahead"},
		{"2026-11-29 05:00", "monthly now winter ahead"},
		{"2026-11-29 09:00", "winter ahead"},
		{"2026-12-02 19:00", "winter ahead"},
		{"2026-12-02 19:01", "winter soon"},
		{"2026-12-06 19:00", "winter now"},
		{"2026-12-06 21:59", "winter now"},
		{"2026-12-06 22:00", ""},
	} {
		got := ""
		for _, s := range r.board.Shown(utc(t, c.at)) {
			if got != "" {
				got += " "
			}
			got += s.Name + " " + string(s.Phase)
			if (s.Name == "winter") != s.Fleetwide() || (s.Name == "winter") != (s.Zone == nil) {
				t.Errorf("%s: %s is for %s, zone %v", c.at, s.Name, s.Address, s.Zone)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.at, got, c.want)
		}
	}
}

// TestRoutineWorkAlarmsAndHidesNothing.
func TestRoutineWorkAlarmsAndHidesNothing(t *testing.T) {
	r := newRig(t)
	w := quarterly()
	w.Class = message.Routine
	r.add(message.Fleet, w, 0)
	if s := r.board.Shown(utc(t, "2026-12-01 00:00")); len(s) != 0 {
		t.Errorf("before: got %+v, want nothing: no notice is given of routine work", s)
	}
	if s := r.board.Shown(utc(t, "2026-12-06 20:00")); len(s) != 1 {
		t.Errorf("during: got %+v, want it", s)
	}
	if _, _, _, ok := r.board.Away("north", utc(t, "2026-12-06 20:00")); ok {
		t.Error("systems are excused for routine work")
	}
}

// TestSystemsAreExcusedUntilTheFleetHasReturned, each for its own windows.
func TestSystemsAreExcusedUntilTheFleetHasReturned(t *testing.T) {
	r := newRig(t)
	r.add(message.Fleet, quarterly(), 30*time.Minute)
	fix := message.NoticeWindow{Name: "fix", Class: message.HotFix, Start: "2026-12-06 22:10", DurationSeconds: 3600}
	r.add("north", fix, 0)
	for _, c := range []struct {
		device, at             string
		from, ends, returned   string
		wanted                 bool
		changeTheBookMeanwhile bool
	}{
		{device: "south", at: "2026-12-06 18:59"},
		{device: "south", at: "2026-12-06 19:00", from: "19:00", ends: "22:00", returned: "22:30", wanted: true},
		{device: "south", at: "2026-12-07 12:00", from: "19:00", ends: "22:00", returned: "22:30", wanted: true},
		{device: "north", at: "2026-12-06 22:20", from: "19:00", ends: "23:10", returned: "23:20", wanted: true}, // one to a device
		{device: "south", at: "2026-12-07 12:00", from: "19:00", ends: "22:00", returned: "22:30", wanted: true, changeTheBookMeanwhile: true},
		{device: "south", at: "2026-12-11 12:00"},
	} {
		if c.changeTheBookMeanwhile {
			r.at = utc(t, c.at)
			r.add(message.Fleet, monthly(), 0)
		}
		from, ends, returned, ok := r.board.Away(c.device, utc(t, c.at))
		got := fmt.Sprint(from.Format("15:04"), ends.Format(" 15:04"), returned.Format(" 15:04"))
		if want := fmt.Sprint(c.from, " ", c.ends, " ", c.returned); ok != c.wanted || ok && got != want {
			t.Errorf("%s at %s: got %s, %t, want %s", c.device, c.at, got, ok, want)
		}
	}
}
