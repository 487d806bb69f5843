package receiver

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestWhatThePictureTellsIsFiledWithIt(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 1000)
	for key, value := range map[string]string{
		"checks": "black,small,of-a-later-version", "brightness": "3", "width": "640", "height": "480", "camera": "VC0706 1.00", "serial": "04211",
		"exposed": "2026-11-21T07:00:01.25Z", "latitude": "52.5163", "longitude": "-13.3777",
	} {
		s.meta[key] = value
	}
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, strings.NewReader(string(s.body))), 204, 1000)
	g.wantFiled(s)
	got, err := parseMeta("north", s.meta, 1000)
	want := photo.Look{Width: 640, Height: 480, Brightness: 3, Serial: "04211", Verdict: photo.Black | photo.Small, Exposed: time.Date(2026, 11, 21, 7, 0, 1, 250_000_000, time.UTC)}
	if err != nil || got.Look != want || got.Camera != "VC0706 1.00" || got.Site != (photo.Place{Latitude: 52.5163, Longitude: -13.3777}) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestNonsenseAboutAPictureRefusesNoPhoto(t *testing.T) {
	s := newShot("north", 1, 1000)
	for key, value := range map[string]string{
		"checks": "<script>", "brightness": "999", "width": "-1", "height": "1e9", "camera": strings.Repeat("x", 100), "serial": "\x1b[2J\u202e7",
		"exposed": "-2026", "latitude": "NaN", "longitude": "181",
	} {
		s.meta[key] = value
	}
	got, err := parseMeta("north", s.meta, 1000)
	if err != nil || got.Look != (photo.Look{Serial: "[2J7"}) || len(got.Camera) != maxText || got.Site != (photo.Place{}) {
		t.Errorf("got %+v, %v, want it without the nonsense", got, err)
	}
}
