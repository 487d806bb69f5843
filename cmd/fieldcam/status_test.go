package main

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/message"
)

func TestASilentCloudIsNoAlarmInItsWindow(t *testing.T) {
	retry, returns := now().Add(12*time.Minute), now().Add(time.Hour)
	s := control.Status{Now: now(), TimeZone: "UTC", Upload: control.Upload{Configured: true, Retry: &retry}, Broker: control.Broker{Configured: true}}
	text := func() string {
		var b strings.Builder
		printStatus(&b, s)
		return b.String()
	}
	if got := text(); !strings.Contains(got, "upload     THE CLOUD TAKES NOTHING; again in 12m00s") || !strings.Contains(got, "broker     NOT CONNECTED\n") {
		t.Errorf("on any day: got\n%swant the alarm", got)
	}
	s.Returns = &returns
	for _, want := range []string{
		"window     tries the cloud gently, and returns at Sat 2026-11-21 11:48:39\n",
		"upload     photos wait for the cloud; again in 12m00s\n", "broker     not connected\n",
	} {
		if got := text(); !strings.Contains(got, want) {
			t.Errorf("after the window: got\n%swant %q in it", got, want)
		}
	}
	s.Window = &control.Window{Name: "new disks", Class: message.Maintenance, Until: now().Add(50 * time.Minute)}
	if got := text(); !strings.Contains(got, "window     new disks (maintenance), until Sat 2026-11-21 11:38:39\n           tries the cloud gently") {
		t.Errorf("in the window: got\n%swant it named", got)
	}
}
