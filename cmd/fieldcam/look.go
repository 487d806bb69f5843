package main

import (
	"fmt"
	"strings"

	"fieldcam/capture/photo"
)

// checksText is what the checks say of a picture, for a person.
func checksText(v photo.Verdict) string { return strings.Join(v.Words(), ", ") }

// printLook says what a photo's own bytes tell of it.
func printLook(line func(name string, v any), l photo.Look) {
	if l.Width > 0 {
		text := fmt.Sprintf("%d × %d pixels", l.Width, l.Height)
		if l.Brightness > 0 {
			text += fmt.Sprintf(", brightness %d of 255", l.Brightness)
		}
		line("picture", text)
	}
	if l.Verdict != 0 {
		line("checks", checksText(l.Verdict))
	}
	if l.Unseen != "" {
		line("", "its brightness is not known: "+l.Unseen)
	}
}
