package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// TestBadPicturesAreShownWithWhatIsWrong in list, show and days; a good one without.
func TestBadPicturesAreShownWithWhatIsWrong(t *testing.T) {
	s := newSite(t)
	var bad, raw photo.Meta
	add := func(q *queue.Queue, n int, format string, l photo.Look) photo.Meta {
		shot := photo.Shot{Slot: slot(n), Session: "daytime", Trigger: photo.Scheduled, Taken: slot(n).Add(time.Second), ClockSynced: true, Site: photo.Place{Latitude: 52.5163, Longitude: 13.3777}}
		m, err := q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
			_, err := io.WriteString(w, "picture")
			return photo.Exposure{Camera: "Pole 5", Format: format, Attempts: 2, Look: l}, err
		})
		s.must(err)
		return m
	}
	s.work(func(q *queue.Queue) {
		bad = add(q, 0, "jpg", photo.Look{Width: 640, Height: 480, Brightness: 3, Serial: "04211", Exposed: slot(0), Verdict: photo.Black | photo.Small | photo.ClockOff})
		raw = add(q, 1, "cr2", photo.Look{Unseen: "raw"})
	})
	s.daemon()
	list := s.do("queue list")
	if want := "waiting\n    picture: black, small, clock-off\n"; !strings.Contains(list, want) || strings.Count(list, "picture:") != 1 {
		t.Errorf("got %s\nwant it to have %q, once", list, want)
	}
	for _, want := range []string{
		"camera    Pole 5\n", "serial    04211\n", "exposed   2026-11-20T06:00:00Z by the camera's clock\n", "site      52.5163, 13.3777\n",
		"picture   640 × 480 pixels, brightness 3 of 255\n", "checks    black, small, clock-off\n",
	} {
		if got := s.do("queue show " + string(bad.ID)); !strings.Contains(got, want) {
			t.Errorf("show lacks %q:\n%s", want, got)
		}
	}
	if got := s.do("queue show " + string(raw.ID)); !strings.Contains(got, "its brightness is not known: raw\n") || strings.Contains(got, "checks") {
		t.Errorf("show of a RAW file: %s", got)
	}
	if got := s.do("queue days --from 2026-11-20 --to 2026-11-20"); !strings.Contains(got, "    1 bad picture\n") {
		t.Errorf("days: %s", got)
	}
	for _, line := range strings.Split(list, "\n") {
		if len(line) > 80 {
			t.Errorf("a line of %d columns: %q", len(line), line)
		}
	}
}
