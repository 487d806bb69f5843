package link

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
)

// maxCards bounds the network cards that are looked at.
const maxCards = 100

// Mobile tells whether the machine has the network card of a mobile modem, one of the
// type "wwan" (drivers/net/usb/usbnet.c, FLAG_WWAN, and drivers/net/wwan). A USB modem's
// is there only while the modem is on. root is where /sys is. False says nothing: a modem
// that shows itself as an Ethernet card is none of that type, nor is a serial line's PPP.
func Mobile(root string) bool {
	cards, err := filepath.Glob(filepath.Join(root, "sys/class/net/*/uevent"))
	if err != nil { // the pattern is good: the root's name is none
		return false
	}
	for _, name := range cards[:min(len(cards), maxCards)] {
		text, err := os.ReadFile(name)
		if err == nil && slices.ContainsFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool {
			return string(line) == "DEVTYPE=wwan"
		}) {
			return true
		}
	}
	return false
}
