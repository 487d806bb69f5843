package photo_test

import (
	"encoding/json"
	"testing"

	"fieldcam/capture/photo"
)

func TestVerdictIsWordsThatEveryVersionReads(t *testing.T) {
	for v, want := range map[photo.Verdict]string{
		0: `{"format":"jpg"}`, photo.Black: `{"format":"jpg","checks":["black"]}`,
		photo.ClockOff | photo.Truncated | photo.Small: `{"format":"jpg","checks":["truncated","small","clock-off"]}`,
	} {
		b, err := json.Marshal(photo.Exposure{Format: "jpg", Look: photo.Look{Verdict: v}})
		if err != nil || string(b) != want {
			t.Errorf("%q: got %s, %v, want %s", v, b, err, want)
		}
		var e photo.Exposure
		if err := json.Unmarshal(b, &e); err != nil || e.Verdict != v {
			t.Errorf("%s: got %q, %v", b, e.Verdict, err)
		}
		if got := photo.ParseVerdict(v.String()); got != v {
			t.Errorf("ParseVerdict(%q): got %q", v, got)
		}
	}
	for _, later := range []string{`{"checks":["black","of-a-later-version"]}`, `{"checks":["black"],"more":1}`} {
		var e photo.Exposure
		if err := json.Unmarshal([]byte(later), &e); err != nil || e.Verdict != photo.Black {
			t.Errorf("%s: got %q, %v, want what is known", later, e.Verdict, err)
		}
	}
	for _, odd := range []string{`{"checks":7}`, `{"checks":null}`, `{"checks":{"black":true}}`, `{"checks":[[]]}`} {
		var e photo.Exposure
		if err := json.Unmarshal([]byte(odd), &e); err != nil || e.Verdict != 0 {
			t.Errorf("%s: got %q, %v, want nothing, and no error", odd, e.Verdict, err)
		}
	}
}

func TestWhatIsNoFaultMakesNoPictureBad(t *testing.T) {
	for v, want := range map[photo.Verdict]bool{0: false, photo.Dark: false, photo.ClockOff | photo.Dark: false, photo.ClockOff | photo.Small: true, photo.Broken: true} {
		if v.Bad() != want || v.Worse(0) != want {
			t.Errorf("%q: bad %v, worse than a good one %v, want %v", v, v.Bad(), v.Worse(0), want)
		}
	}
	order := []photo.Verdict{photo.Dark, photo.Small, photo.Unchanged, photo.BlownOut, photo.Black, photo.Damaged, photo.Truncated, photo.Broken}
	for i, v := range order[1:] {
		if !v.Worse(order[i]) || order[i].Worse(v) || v.Worse(v) {
			t.Errorf("%q is not worse than %q", v, order[i])
		}
	}
}
