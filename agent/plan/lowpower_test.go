package plan_test

import (
	"strings"
	"testing"

	"fieldcam/agent/health"
	"fieldcam/agent/plan"
)

// shutterCamera is cloud with a camera in Low Power Mode that has those limits.
func shutterCamera(limits string) string {
	return strings.Replace(cloud, "[camera]", "[camera]\nkind = \"shutter\"", 1) +
		"[camera.shutter]\nline = \"GPIO17\"\npath = \"/media/camera\"\n[camera.shutter.limits]\n" + limits + "\n"
}

func TestLowPowerModeThatWouldMissShotsIsFoundWithItsSums(t *testing.T) {
	if found := check(t, shutterCamera("")+daily(), enough()); len(found) > 0 {
		t.Errorf("a plan that is slow enough: got %+v, want none", found)
	}
	const small = "card_mb = 50\nshot_kb = 1200"
	text := session("day", "capture", "daily", "06:00", "18:00", "15m") + session("night", "upload", "daily", "22:00", "04:00", "24h")
	found := of(check(t, shutterCamera(small)+text, enough()), plan.LowPower)
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, "Low Power Mode would miss shots: camera.shutter.limits.card_mb is 50, want room for 59 MB: 49 shots of 1200 kB") {
		t.Errorf("got %+v, want 49 × 1.2 MB against 50 MB", found)
	}
	raised := plan.Conditions(found)
	if len(raised) != 1 || raised[0].Name != health.LowPowerPlan {
		t.Errorf("got %+v, want the condition for that", raised)
	}
	// A camera that is not in that mode has its pictures fetched at once.
	wantNone(t, check(t, strings.Replace(shutterCamera(small), "kind = \"shutter\"", "", 1)+text, enough()), plan.LowPower)
}

func TestAnEventThatLowPowerModeCannotDoIsFoundBeforeItBegins(t *testing.T) {
	text := shutterCamera("buffer = 3\nwrite_time = \"20s\"") + daily() + event("burst", "2026-12-07", "2026-12-07", session("burst", "capture", "daily", "08:00", "08:05", "5s")+eventStatus())
	if found := of(check(t, text, enough()), plan.LowPower); len(found) != 1 || !strings.Contains(found[0].Text, "limits.buffer is 3") {
		t.Errorf("got %+v, want that the buffer is too small, once", found)
	}
}
