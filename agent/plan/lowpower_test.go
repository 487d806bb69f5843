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

// A configuration is refused for what its week and its first events ask of the
// camera; what comes later is found before it begins.
func TestAnEventThatLowPowerModeCannotDoIsFoundBeforeItBegins(t *testing.T) {
	text := daily()
	for _, day := range []string{"2026-10-01", "2026-10-02", "2026-10-03"} {
		text += event("quiet "+day, day, day, eventDay()+eventStatus())
	}
	text += event("burst", "2026-11-27", "2026-11-27", session("burst", "capture", "daily", "08:00", "08:05", "5s")+eventStatus())
	const small = "buffer = 3\nwrite_time = \"20s\""
	found := of(check(t, shutterCamera(small)+text, enough()), plan.LowPower)
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, `Low Power Mode would miss shots: camera.shutter.limits.buffer is 3, want room for 4 shots: "burst" fires every 5s`) {
		t.Fatalf("got %+v, want once that the buffer is too small, with the sums", found)
	}
	if raised := plan.Conditions(found); len(raised) != 1 || raised[0].Name != health.LowPowerPlan {
		t.Errorf("got %+v, want the condition for that", raised)
	}
	wantNone(t, check(t, shutterCamera("")+text, enough()), plan.LowPower)
	// A camera that is not in that mode has its pictures fetched at once.
	wantNone(t, check(t, strings.Replace(shutterCamera(small), `"shutter"`, `"vc0706"`, 1)+text, enough()), plan.LowPower)
}
