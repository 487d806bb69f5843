package sht3x_test

import (
	"testing"
	"testing/synctest"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/sht3x"
)

func TestTheSensorConforms(t *testing.T) {
	haltest.Thermometers(t, func(t *testing.T, check func(testing.TB, haltest.ClimateRig)) {
		synctest.Test(t, func(t *testing.T) {
			board, chip := rig()
			check(t, haltest.ClimateRig{
				Meter: sht3x.New(sht3x.Default(), board), Break: chip.Fail, Step: 0.01,
				Air: func(c hal.Climate) { chip.Set(c.Celsius, c.Humidity) },
			})
		})
	})
}
