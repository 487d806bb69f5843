package ina_test

import (
	"testing"
	"testing/synctest"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/ina"
)

func TestEachChipConforms(t *testing.T) {
	for _, kind := range ina.Chips() {
		t.Run(kind, func(t *testing.T) {
			haltest.PowerMeters(t, func(t *testing.T, check func(testing.TB, haltest.PowerRig)) {
				synctest.Test(t, func(t *testing.T) {
					m, chip := rig(kind)
					check(t, haltest.PowerRig{
						Meter: m, Break: chip.Fail, StepMillivolts: 4, StepMilliamps: 3,
						Supply: func(p hal.Power) { chip.Feed(p.Millivolts, p.Milliamps) },
					})
				})
			})
		})
	}
}
