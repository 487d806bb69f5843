package haltest

import (
	"context"
	"math"
	"testing"

	"fieldcam/hal"
)

// PowerRig is a power meter that works, on a supply that is set by hand.
type PowerRig struct {
	Meter hal.PowerMeter
	// Supply has the next reading be p, in the sensor's own steps.
	Supply func(p hal.Power)
	// Break has each reading fail, until nil; nil where that can't be done.
	Break func(err error)
	// StepMillivolts and StepMilliamps are the sensor's steps. Zero: exact.
	StepMillivolts, StepMilliamps int
}

// PowerMeters checks a power meter. For each check it calls run, which makes a fresh
// rig and passes it on.
func PowerMeters(t *testing.T, run func(t *testing.T, check func(testing.TB, PowerRig))) {
	suite(t, run, map[string]func(testing.TB, PowerRig){
		"TellsWhatTheSupplyGives":   powerReading,
		"ReadingEndsWithItsContext": powerEnds,
		"BrokenMeterIsAnError":      powerBroken,
	})
}

func powerReading(t testing.TB, r PowerRig) {
	for _, want := range []hal.Power{
		{Millivolts: 8400, Milliamps: 250, HasCurrent: true},
		{Millivolts: 7500, Milliamps: -900, HasCurrent: true},
		{Millivolts: 12000, Milliamps: 0, HasCurrent: true},
		{Millivolts: 0, Milliamps: 0, HasCurrent: true}, // judged by nobody here
	} {
		r.Supply(want)
		got, err := r.Meter.Power(context.Background())
		if err != nil {
			t.Fatalf("Power: %v", err)
		}
		if d := got.Millivolts - want.Millivolts; d < -r.StepMillivolts || d > r.StepMillivolts {
			t.Errorf("a supply of %d mV is %d mV, in steps of %d", want.Millivolts, got.Millivolts, r.StepMillivolts)
		}
		if d := got.Milliamps - want.Milliamps; got.HasCurrent && (d < -r.StepMilliamps || d > r.StepMilliamps) {
			t.Errorf("a current of %d mA is %d mA, in steps of %d", want.Milliamps, got.Milliamps, r.StepMilliamps)
		}
	}
}

func powerEnds(t testing.TB, r PowerRig) { readingEnds(t, r.Meter.Power) }

func powerBroken(t testing.TB, r PowerRig) { readingBreaks(t, r.Break, r.Meter.Power) }

// ClimateRig is a thermometer that works, in air that is set by hand.
type ClimateRig struct {
	Meter hal.Thermometer
	// Air has the next reading be c, in the sensor's own steps.
	Air func(c hal.Climate)
	// Break has each reading fail, until nil; nil where that can't be done.
	Break func(err error)
	// Step is the sensor's own, in degrees and in percent. Zero: exact.
	Step float64
}

// Thermometers checks a thermometer. For each check it calls run, which makes a fresh
// rig and passes it on.
func Thermometers(t *testing.T, run func(t *testing.T, check func(testing.TB, ClimateRig))) {
	suite(t, run, map[string]func(testing.TB, ClimateRig){
		"TellsWhatTheAirIsLike":     climateReading,
		"ReadingEndsWithItsContext": climateEnds,
		"BrokenSensorIsAnError":     climateBroken,
	})
}

func climateReading(t testing.TB, r ClimateRig) {
	for _, want := range []hal.Climate{
		{Celsius: 21.5, Humidity: 40, HasHumidity: true},
		{Celsius: -30, Humidity: 95, HasHumidity: true},
		{Celsius: 70, Humidity: 5, HasHumidity: true},
	} {
		r.Air(want)
		got, err := r.Meter.Climate(context.Background())
		if err != nil {
			t.Fatalf("Climate: %v", err)
		}
		if math.Abs(got.Celsius-want.Celsius) > r.Step {
			t.Errorf("air of %v °C is %v °C, in steps of %v", want.Celsius, got.Celsius, r.Step)
		}
		if got.HasHumidity && math.Abs(got.Humidity-want.Humidity) > r.Step {
			t.Errorf("air of %v %% is %v %%, in steps of %v", want.Humidity, got.Humidity, r.Step)
		}
	}
}

func climateEnds(t testing.TB, r ClimateRig) { readingEnds(t, r.Meter.Climate) }

func climateBroken(t testing.TB, r ClimateRig) { readingBreaks(t, r.Break, r.Meter.Climate) }
