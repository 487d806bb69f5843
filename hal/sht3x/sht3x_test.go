package sht3x_test

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"

	"fieldcam/hal/sht3x"
	"fieldcam/hal/sht3x/sht3xsim"
	"fieldcam/hal/sim"
)

// rig is a board with a sensor.
func rig() (*sim.Board, *sht3xsim.Sensor) {
	board, chip := sim.New(), sht3xsim.New()
	board.AddBus("/dev/i2c-1").Attach(0x44, chip)
	return board, chip
}

func TestAReadingIsWhatTheSensorMeasures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board, chip := rig()
		s := sht3x.New(sht3x.Default(), board)
		chip.Heat() // somebody left it on
		for c := -40.0; c <= 120; c += 7.7 {
			chip.Set(c, (c+40)/1.7)
			got, err := s.Climate(t.Context())
			if err != nil || math.Abs(got.Celsius-c) > 0.01 || math.Abs(got.Humidity-(c+40)/1.7) > 0.01 || !got.HasHumidity {
				t.Errorf("got %+v, %v, want %.2f degrees, %.2f %%", got, err, c, (c+40)/1.7)
			}
		}
	})
}

func TestAGarbledReadingIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board, chip := rig()
		s := sht3x.New(sht3x.Default(), board)
		chip.Garble(true)
		if got, err := s.Climate(t.Context()); !errors.Is(err, sht3x.ErrChecksum) {
			t.Errorf("got %+v, %v, want ErrChecksum", got, err)
		}
		chip.Garble(false)
		if _, err := s.Climate(t.Context()); err != nil {
			t.Error(err)
		}
		gone := errors.New("gone")
		chip.Fail(gone)
		if _, err := s.Climate(t.Context()); !errors.Is(err, gone) {
			t.Errorf("got %v, want the bus's error", err)
		}
	})
}

// The data sheet's own example.
func TestTheChecksumIsTheDataSheets(t *testing.T) {
	if got := sht3x.CRC([]byte{0xbe, 0xef}); got != 0x92 {
		t.Errorf("got %02x, want 92", got)
	}
}

func TestConfigNamesABusAndOneOfTwoAddresses(t *testing.T) {
	for _, c := range []sht3x.Config{{Bus: "i2c-1", Address: 0x44}, {Bus: "/dev/i2c-1", Address: 0x46}, {}} {
		if c.Validate() == nil {
			t.Errorf("%+v is valid, want an error", c)
		}
	}
	if err := sht3x.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xbe, 0xef, 0x92, 0xbe, 0xef, 0x92})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := sht3x.Decode(b)
		if err == nil && (c.Celsius < -45 || c.Celsius > 130 || c.Humidity < 0 || c.Humidity > 100) {
			t.Errorf("%x: got %+v", b, c)
		}
	})
}
