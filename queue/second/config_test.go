package second_test

import (
	"testing"

	"fieldcam/config/invalid"
	"fieldcam/queue/second"
)

func TestConfigNamesEveryWrongValue(t *testing.T) {
	if err := second.Default().Validate(); err != nil {
		t.Errorf("Default: %v, want nil", err)
	}
	if second.Default().Copies("jpg") {
		t.Error("Default copies photos, want no second copy")
	}
	bad := second.Config{Mount: "usb", Kinds: "tiff", KeepFreePercent: 51}
	if got := len(invalid.Values(bad.Validate())); got != 3 {
		t.Errorf("%d wrong values in %+v, want 3: %v", got, bad, bad.Validate())
	}
	for _, c := range []second.Config{{Mount: "/", Kinds: "jpeg"}, {Mount: "/mnt/usb"}, {Mount: "/mnt/usb", Kinds: "raw", KeepFreePercent: -1}} {
		if got := len(invalid.Values(c.Validate())); got != 1 {
			t.Errorf("%d wrong values in %+v, want 1: %v", got, c, c.Validate())
		}
	}
	raw := second.Config{Mount: "/mnt/usb", Kinds: "raw"}
	if raw.Copies("jpg") || !raw.Copies("cr2") {
		t.Error("kinds = raw copies JPEG, or not RAW")
	}
}
