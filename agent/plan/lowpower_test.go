package plan_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/plan"
	"fieldcam/capture/camera/shutter"
)

func TestLowPowerModeThatWouldMissShotsIsFoundWithItsSums(t *testing.T) {
	limits := shutter.DefaultLimits()
	f := enough()
	f.Camera = &limits
	if found := check(t, cloud+daily(), f); len(found) > 0 {
		t.Errorf("a plan that is slow enough: got %+v, want none", found)
	}
	limits.CardMB, limits.ShotKB = 50, 1200
	found := of(check(t, cloud+session("day", "capture", "daily", "06:00", "18:00", "15m")+session("night", "upload", "daily", "22:00", "04:00", "24h"), f), plan.LowPower)
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, "Low Power Mode would miss shots: camera.shutter.limits.card_mb is 50, want room for 59 MB: 49 shots of 1200 kB") {
		t.Errorf("got %+v, want 49 × 1.2 MB against 50 MB", found)
	}
	raised := plan.Conditions(found)
	if len(raised) != 1 || raised[0].Name != health.LowPowerPlan {
		t.Errorf("got %+v, want the condition for that", raised)
	}
}

func TestAnEventThatLowPowerModeCannotDoIsFoundBeforeItBegins(t *testing.T) {
	limits := shutter.DefaultLimits()
	limits.Buffer, limits.WriteTime = 3, 20*time.Second
	f := enough()
	f.Camera = &limits
	text := cloud + daily() + event("burst", "2026-12-07", "2026-12-07", session("burst", "capture", "daily", "08:00", "08:05", "5s")+eventStatus())
	if found := of(check(t, text, f), plan.LowPower); len(found) != 1 || !strings.Contains(found[0].Text, "limits.buffer is 3") {
		t.Errorf("got %+v, want that the buffer is too small, once", found)
	}
}
