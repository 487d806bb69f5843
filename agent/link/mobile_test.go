package link_test

import (
	"os"
	"path/filepath"
	"testing"

	"fieldcam/agent/link"
)

func TestAMobileCardIsKnownByItsType(t *testing.T) {
	for name, c := range map[string]struct {
		cards map[string]string // their uevent
		want  bool
	}{
		"no cards":                {nil, false},
		"Ethernet":                {map[string]string{"eth0": "INTERFACE=eth0\nIFINDEX=2\n"}, false},
		"a name is no type":       {map[string]string{"wwan0": "INTERFACE=wwan0\nIFINDEX=2\n"}, false},
		"Wi-Fi":                   {map[string]string{"wlan0": "DEVTYPE=wlan\nINTERFACE=wlan0\nIFINDEX=3\n"}, false},
		"a modem":                 {map[string]string{"wwan0": "DEVTYPE=wwan\nINTERFACE=wwan0\nIFINDEX=3\n"}, true},
		"a modem with a new name": {map[string]string{"lo": "INTERFACE=lo\nIFINDEX=1\n", "wwp0s20u4i4": "DEVTYPE=wwan\nINTERFACE=wwp0s20u4i4\nIFINDEX=3\n"}, true},
	} {
		root := t.TempDir()
		for card, uevent := range c.cards {
			dir := filepath.Join(root, "sys/class/net", card)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "uevent"), []byte(uevent), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := link.Mobile(root); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
