package hal

import "context"

// Power is what a supply gives at one moment.
type Power struct {
	// Millivolts is the supply's voltage.
	Millivolts int
	// Milliamps is the current that is drawn from the supply; negative where it is
	// charged. Only where HasCurrent.
	Milliamps  int
	HasCurrent bool
}

// PowerMeter measures a supply: the battery, mostly.
type PowerMeter interface {
	// Power measures now, or gives a measurement that is not older than a few
	// seconds. It returns at ctx's end. What the sensor says is not judged: who
	// asks must not act on one reading alone.
	Power(ctx context.Context) (Power, error)
}

// Climate is the air around a sensor.
type Climate struct {
	Celsius float64
	// Humidity is relative, in percent. Only where HasHumidity.
	Humidity    float64
	HasHumidity bool
}

// Thermometer measures temperature, and humidity where it can.
type Thermometer interface {
	// Climate measures now. It returns at ctx's end, and judges nothing.
	Climate(ctx context.Context) (Climate, error)
}
