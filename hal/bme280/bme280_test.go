package bme280_test

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"

	"fieldcam/hal/bme280"
	"fieldcam/hal/bme280/bme280sim"
	"fieldcam/hal/sim"
)

// rig is a sensor and its chip.
func rig(address uint16, chip byte) (*bme280.Sensor, *bme280sim.Sensor) {
	board, on := sim.New(), bme280sim.New(chip)
	board.AddBus("/dev/i2c-1").Attach(address, on)
	return bme280.New(bme280.Config{Bus: "/dev/i2c-1", Address: int(address)}, board), on
}

// The data sheet's example of the temperature, 25.08 degrees; the humidity by its
// floating-point formula, which the whole-number one must agree with.
func TestAReadingIsTheDataSheets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, chip := rig(0x76, bme280sim.BME280)
		for raw := uint32(380000); raw <= 640000; raw += 13000 {
			for rawH := uint16(20000); rawH < 45000; rawH += 700 {
				chip.Set(raw, rawH)
				got, err := s.Climate(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				c, h := floating(float64(raw), float64(rawH))
				if math.Abs(got.Celsius-c) > 0.011 || math.Abs(got.Humidity-h) > 0.1 || !got.HasHumidity {
					t.Fatalf("raw %d, %d: got %+v, want %.3f, %.3f", raw, rawH, got, c, h)
				}
			}
		}
		chip.Set(519888, 28000)
		if got, err := s.Climate(t.Context()); err != nil || got.Celsius != 25.08 {
			t.Errorf("got %+v, %v, want 25.08 degrees", got, err)
		}
	})
}

// floating is the formula of BST-BME280-DS002, appendix A, section 8.1, for the
// simulated sensor's constants.
func floating(raw, rawH float64) (celsius, humidity float64) {
	const t1, t2, t3 = 27504.0, 26435.0, -1000.0
	const h1, h2, h3, h4, h5, h6 = 75.0, 362.0, 0.0, 319.0, 50.0, 30.0
	a := (raw/16384 - t1/1024) * t2
	b := (raw/131072 - t1/8192) * (raw/131072 - t1/8192) * t3
	fine := a + b
	h := fine - 76800
	h = (rawH - (h4*64 + h5/16384*h)) * (h2 / 65536 * (1 + h6/67108864*h*(1+h3/67108864*h)))
	h *= 1 - h1*h/524288
	return fine / 5120, min(max(h, 0), 100)
}

func TestABMP280HasNoHumidity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := rig(0x77, bme280sim.BMP280)
		if got, err := s.Climate(t.Context()); err != nil || got.Celsius != 25.08 || got.HasHumidity {
			t.Errorf("got %+v, %v, want 25.08 degrees and no humidity", got, err)
		}
	})
}

func TestAResetCostsNoWrongReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, chip := rig(0x76, bme280sim.BME280)
		for range 3 {
			if got, err := s.Climate(t.Context()); err != nil || got.Celsius != 25.08 || got.Humidity == 0 {
				t.Errorf("got %+v, %v, want 25.08 degrees and a humidity", got, err)
			}
			chip.Reset()
		}
		gone := errors.New("gone")
		chip.Fail(gone)
		if _, err := s.Climate(t.Context()); !errors.Is(err, gone) {
			t.Errorf("got %v, want the bus's error", err)
		}
	})
}

func TestAnotherChipIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := rig(0x76, 0x61) // a BME680
		if got, err := s.Climate(t.Context()); err == nil {
			t.Errorf("got %+v, want an error", got)
		}
	})
}

func TestConfigNamesABusAndOneOfTwoAddresses(t *testing.T) {
	for _, c := range []bme280.Config{{Bus: "i2c-1", Address: 0x76}, {Bus: "/dev/i2c-1", Address: 0x78}, {}} {
		if c.Validate() == nil {
			t.Errorf("%+v is valid, want an error", c)
		}
	}
	if err := bme280.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzClimate(f *testing.F) {
	f.Add([]byte{0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 25: 75}, []byte{0x6a, 1, 0, 0x13, 0x2f, 3, 0x1e}, []byte{0x80, 0, 0, 0x7e, 0xed, 0, 0x6d, 0x60})
	f.Fuzz(func(t *testing.T, low, high, data []byte) {
		c, err := bme280.NewCalibration(low, high)
		if err != nil {
			return
		}
		got, err := c.Climate(data)
		if err == nil && (got.Humidity < 0 || got.Humidity > 100) {
			t.Errorf("got %+v", got)
		}
	})
}
