package vc0706_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"testing"
	"time"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

func TestEveryVariantOfTheFamilyIsSpoken(t *testing.T) {
	for name, o := range map[string]vc0706sim.Options{
		"Adafruit":   {},
		"VC0703":     {Version: "VC0703 1.00"},
		"LinkSprite": {ShortReset: true, Strict: true, Divisor57600: 0x1C4C},
		"Jiahe":      {Baud: 115200, Divisor57600: 0x1C4C, Faults: vc0706sim.Faults{FillEnd: true}},
		"Vimicro":    {VimicroResume: true, Faults: vc0706sim.Faults{LongErrors: true}},
	} {
		for _, baud := range []int{57600, 115200} {
			t.Run(fmt.Sprintf("%s/%d", name, baud), func(t *testing.T) {
				s := setup{cfg: func(c *vc0706.Config) { c.Baud = baud }, power: serialtest.KeepOn, options: o}
				run(t, s, func(t *testing.T, r *rig) {
					switch {
					case o.Faults.FillEnd:
						filled(t, r)
						return
					case o.VimicroResume:
						stepped(t, r)
						return
					}
					if first := r.good(t); bytes.Equal(first, r.good(t)) {
						t.Error("the second picture is the first")
					}
				})
			})
		}
	}
}

// filled takes a picture whose end stands behind fill bytes: they belong to it, and
// what follows the end does not.
func filled(t *testing.T, r *rig) {
	got, _, err := r.Shoot(t)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := r.sim.Picture()
	if !bytes.Equal(got, plain) || !bytes.HasSuffix(got, []byte("\xFF\xFF\xFF\xFF\xD9")) {
		t.Errorf("got %d bytes that end with % X, want the camera's %d up to FF FF FF FF D9", len(got), got[len(got)-8:], len(plain))
	}
}

// stepped takes pictures of a camera that steps where others resume: at the end of
// each Shoot it has one more than was asked for.
func stepped(t *testing.T, r *rig) {
	var last []byte
	for range 3 {
		before, _ := r.sim.Picture()
		got, _, err := r.Shoot(t)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(got)); err != nil {
			t.Errorf("picture: %v", err)
		}
		if bytes.Equal(got, last) || bytes.Equal(got, before) {
			t.Error("the picture is an old one")
		}
		last = got
		time.Sleep(time.Minute)
	}
}

func TestLargerSensorsAreSetAsTheirMakersSay(t *testing.T) {
	for _, sensor := range []vc0706.Sensor{vc0706.SensorHD, vc0706.Sensor2MP} {
		for size := range sensor.Resolutions() {
			run(t, setup{
				cfg:     func(c *vc0706.Config) { c.Sensor, c.Resolution = sensor, size },
				power:   serialtest.KeepOn,
				options: vc0706sim.Options{Sensor: sensor},
			}, func(t *testing.T, r *rig) {
				img, err := jpeg.DecodeConfig(bytes.NewReader(r.good(t)))
				if got := fmt.Sprintf("%dx%d", img.Width, img.Height); err != nil || got != size {
					t.Errorf("%s sensor: picture is %s (%v), want %s", sensor, got, err, size)
				}
			})
		}
	}
}

func TestRatesAbove115200AreALargeSensors(t *testing.T) {
	for _, baud := range []int{230400, 460800, 921600} {
		s := setup{
			cfg:     func(c *vc0706.Config) { c.Sensor, c.Baud = vc0706.SensorHD, baud },
			options: vc0706sim.Options{Sensor: vc0706.SensorHD, Picture: skeleton(200_000)},
			power:   serialtest.KeepOn,
		}
		run(t, s, func(t *testing.T, r *rig) {
			r.good(t)
			start := time.Now()
			n := len(r.good(t))
			// Found at once where it was left, and as fast as the line.
			wire := time.Duration(n) * 10 * time.Second / time.Duration(baud)
			if d := time.Since(start); d < wire || d > wire*12/10+time.Second {
				t.Errorf("%d bytes at %d baud took %v, want about %v", n, baud, d, wire)
			}
		})
	}
}

// Several libraries send 16 bits of the address: their pictures repeat after 64 KiB.
func TestPicturesAbove64KiBDoNotWrap(t *testing.T) {
	run(t, setup{options: vc0706sim.Options{Picture: skeleton(150_000)}}, func(t *testing.T, r *rig) {
		if p := r.good(t); len(p) < 150_000 {
			t.Errorf("got %d bytes, want 150000", len(p))
		}
	})
}

func TestAnyChunkAndDelayGivesTheSamePicture(t *testing.T) {
	for _, chunk := range []int{32, 40, 1000, 4096, 32768} {
		for _, delay := range []time.Duration{0, 100 * time.Microsecond, 40 * time.Millisecond} {
			for _, f := range []vc0706sim.Faults{{}, {DropInChunk: 0.02, MotionInChunk: 0.02, MotionShort: true}} {
				s := setup{
					cfg:     func(c *vc0706.Config) { c.Chunk, c.ReadDelay = chunk, delay },
					options: vc0706sim.Options{Strict: true, Faults: f}, power: serialtest.KeepOn,
				}
				run(t, s, func(t *testing.T, r *rig) { r.good(t) })
			}
		}
	}
}

func TestACameraInPowerSaveIsWoken(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
		r.good(t)
		r.sim.Save()
		r.good(t)
	})
}
