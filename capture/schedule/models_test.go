package schedule_test

import (
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestTempoHasTheStandardRegime(t *testing.T) {
	for _, model := range []string{"tempo", "", "unknown"} {
		if got := schedule.DefaultFor(model); !slices.Equal(got, schedule.Default()) {
			t.Errorf("%q: got %+v, want the standard regime", model, got)
		}
	}
}

func TestOtherModelsHaveEndOfDayUploading(t *testing.T) {
	for _, model := range []string{"pro", "mini", "mach2"} {
		s := newSchedule(t, "Europe/Berlin", schedule.DefaultFor(model)...)
		standard := newSchedule(t, "Europe/Berlin", schedule.Default()...)
		from, to := utc("2026-11-15T23:00:00Z"), utc("2026-11-22T23:00:00Z")
		for _, kind := range []schedule.Kind{schedule.Capture, schedule.CheckIn} {
			got, want := slices.Collect(s.Between(kind, from, to)), slices.Collect(standard.Between(kind, from, to))
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %d slots of %v, want the %d of the standard regime", model, len(got), kind, len(want))
			}
		}
		regular, nights := 0, 0
		for slot := range s.Between(schedule.Upload, from, to) {
			switch slot.Session {
			case "upload":
				regular++
				if slot.Photos != 2 || slot.Choice != (schedule.Choice{}) {
					t.Errorf("%s: a regular upload is %+v, want 2 photos, the newest first", model, slot)
				}
			case "end of day":
				nights++
				want := schedule.Choice{Oldest: true, LookBack: 744 * time.Hour}
				if local := slot.At.Add(time.Hour).Format("15:04"); local != "23:00" || slot.Ends.Sub(slot.At) != 6*time.Hour || slot.Photos != 0 || slot.Choice != want {
					t.Errorf("%s: End of Day Uploading is %+v, want 23:00 to 5:00, as many as possible of 31 days, the oldest first", model, slot)
				}
			}
		}
		if regular != 5*49 || nights != 7 {
			t.Errorf("%s: got %d regular uploads and %d at night, want 245 and 7", model, regular, nights)
		}
	}
}

func TestDefaultsAreTheCallers(t *testing.T) {
	schedule.DefaultFor("pro")[0].Name = "changed"
	if got := schedule.DefaultFor("pro")[0].Name; got != "capture" {
		t.Errorf("got the name %q of another caller", got)
	}
}
