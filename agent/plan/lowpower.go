package plan

import (
	"fmt"

	"fieldcam/config/invalid"
)

// maxLowPowerWeeks bounds the weeks that are gone through shot by shot: the next
// one, and those of the next events.
const maxLowPowerWeeks = 4

// lowPower finds what a camera in Low Power Mode can't do: its pictures are lost.
func (s *subject) lowPower() []Finding {
	if !s.figures.lowPower || s.dense() {
		return nil
	}
	var all []Finding
	said := map[string]bool{}
	weeks := s.weeks()
	for _, w := range weeks[:min(len(weeks), maxLowPowerWeeks)] {
		for _, v := range invalid.Values(s.figures.camera.Check(s.schedule, w.from)) {
			key := v.Key
			if key == "" {
				key = v.Want
			}
			if said[key] {
				continue
			}
			said[key] = true
			all = append(all, lowPowerText(v))
		}
	}
	return all
}

func lowPowerText(v *invalid.Value) Finding {
	text := "want " + v.Want
	if v.Key != "" {
		text = fmt.Sprintf("camera.shutter.limits.%s is %s, want %s", v.Key, v.Got, v.Want)
	}
	return warning(LowPower, "Fire less often, or fetch oftener or for longer.", "Low Power Mode would miss shots: %s", text)
}
