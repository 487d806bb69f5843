package ucam_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func TestDamageOnTheLineLeavesThePictureIntact(t *testing.T) {
	for name, f := range map[string]ucamsim.Faults{
		"1% of the packages":       {DropInPackage: 0.01, DoubleInPackage: 0.01, Corrupt: 0.01},
		"lost in many packages":    {DropInPackage: 0.3},
		"doubled in many packages": {DoubleInPackage: 0.3},
		"damaged in many packages": {Corrupt: 0.3},
		"wrong packages":           {WrongPackage: 0.2},
		"1 of 2000 bytes lost":     {DropByte: 0.0005},
		"1 of 2000 bytes doubled":  {DoubleByte: 0.0005},
		"garbage before replies":   {Noise: 0.5, BootGarbage: true},
		"replies that come late":   {Late: 0.05},
		"now and then refused":     {NAK: 0.1, Code: 0xF0},
		"packages refused":         {NAK: 0.2, Code: ucam.CodePackage, NAKOf: ucam.CmdAck},
		"not ready for a second":   {NotReady: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2) {
				run(t, setup{power: serialtest.KeepOn, cfg: func(c *ucam.Config) { c.Resolution, c.Package = "320x240", 256 },
					options: ucamsim.Options{Seed: seed, Faults: f}}, func(t *testing.T, r *rig) {
					for range 2 {
						r.good(t)
					}
				})
			}
		})
	}
}

func TestARefusalIsAnErrorThatSaysWhy(t *testing.T) {
	for code, text := range map[ucam.Code]string{
		0x01: "picture type", 0x02: "up-scale", 0x03: "scale", 0x04: "unexpected reply", 0x05: "send-picture time-out", 0x06: "unexpected command",
		0x07: "SRAM JPEG type", 0x08: "SRAM JPEG size", 0x09: "picture format", 0x0A: "picture size", 0x0B: "parameter", 0x0C: "time-out",
		0x0D: "command id", 0x0F: "picture not ready", 0x10: "package number", 0x11: "package size", 0xF0: "header", 0xF1: "length",
		0xF5: "send picture", 0xFF: "send command", 0x77: "unknown",
	} {
		run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
			r.good(t)
			r.sim.SetFaults(ucamsim.Faults{NAK: 1, Code: code, NAKOf: ucam.CmdGet})
			err := r.Bad(t, fmt.Sprintf("GET PICTURE: want an ACK, got NAK %02X", byte(code)))
			var nak *ucam.NAKError
			if !errors.As(err, &nak) || nak.Code != code || nak.Command != ucam.CmdGet || !strings.Contains(err.Error(), text) {
				t.Errorf("error %v, want a NAKError that says %q", err, text)
			}
			r.sim.SetFaults(ucamsim.Faults{})
			r.good(t)
		})
	}
}

func TestEachRefusedCommandIsNamed(t *testing.T) {
	for cmd, want := range map[ucam.Command]string{
		ucam.CmdInitial: "INITIAL: ", ucam.CmdPackage: "SET PACKAGE SIZE: ", ucam.CmdSnapshot: "SNAPSHOT: ", ucam.CmdAck: "read picture at byte 0 of ",
	} {
		run(t, setup{options: ucamsim.Options{Faults: ucamsim.Faults{NAK: 1, Code: 0xF5, NAKOf: cmd}}}, func(t *testing.T, r *rig) {
			r.Bad(t, want)
			r.sim.SetFaults(ucamsim.Faults{})
			r.good(t)
		})
	}
}

func TestACameraThatSleepsInMidPictureIsWokenForTheNext(t *testing.T) {
	run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
		r.good(t)
		r.sim.SetFaults(ucamsim.Faults{Doze: 0.5})
		start := time.Now()
		r.Bad(t, "read picture at byte")
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("a camera that sleeps took %v, want 10s at most", d)
		}
		r.sim.SetFaults(ucamsim.Faults{})
		r.good(t)
	})
}

func TestACameraWhoseRateDriftsIsBackAfterAPowerCycle(t *testing.T) {
	for _, drift := range []float64{0.02, -0.03, 0.08, -0.08} {
		run(t, setup{power: serialtest.KeepOn}, func(t *testing.T, r *rig) {
			r.good(t)
			r.sim.SetFaults(ucamsim.Faults{Drift: drift})
			if drift < 0.04 && drift > -0.04 { // half a bit in ten: a UART takes that
				r.good(t)
				return
			}
			r.Bad(t, "look for the camera")
			r.good(t)
		})
	}
}

func TestASilentCameraIsABoundedError(t *testing.T) {
	const want = "got nothing at any"
	serialtest.Bounded(t, ucamsim.Faults{Silent: true}, want, bench(setup{}), serialtest.OffBetween, serialtest.KeepOn, serialtest.NoLine)
	serialtest.Bounded(t, ucamsim.Faults{Dead: true}, want, bench(setup{}), serialtest.OffBetween)
}

func TestGarbageForAnswersIsABoundedError(t *testing.T) {
	serialtest.Bounded(t, ucamsim.Faults{DropByte: 0.5, DoubleByte: 0.5}, "want", bench(setup{}), serialtest.KeepOn)
}

func TestALastingFaultFillsNoLog(t *testing.T) {
	serialtest.Quiet(t, ucamsim.Faults{Truncate: true}, "FF D9", bench(setup{}))
}
