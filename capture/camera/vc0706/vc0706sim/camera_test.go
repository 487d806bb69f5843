package vc0706sim_test

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk runs test with a camera, and a port to it at 38400 baud, in simulated time.
func talk(t *testing.T, o vc0706sim.Options, test func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer)) {
	t.Helper()
	serialtest.Talk(t, 38400, time.Second, func() *vc0706sim.Camera { return vc0706sim.New(o) }, test)
}

// The bytes are the manuals', not this package's constants.
func TestEveryCommandIsAnsweredAsInTheManuals(t *testing.T) {
	talk(t, vc0706sim.Options{}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		const version = "76 00 11 00 0B 56 43 30 37 30 36 20 31 2E 30 30"
		p.Want(t, "56 00 11 00", version)
		p.Want(t, "56 00 11 01", version)                            // Adafruit's malformed one
		p.Want(t, "56 00 31 05 04 01 00 19 22", "76 00 31 00 00")    // resolution
		p.Want(t, "56 00 30 04 04 01 00 19", "76 00 30 00 01 22")    //
		p.Want(t, "56 00 31 05 01 01 12 04 50", "76 00 31 00 00")    // compression
		p.Want(t, "56 00 30 04 01 01 12 04", "76 00 30 00 01 50")    //
		p.Want(t, "56 00 31 05 04 01 00 1A 35", "76 00 31 00 00")    // stored
		p.Want(t, "56 00 31 06 04 02 00 08 2A F2", "76 00 31 00 00") // stored rate
		p.Want(t, "56 00 34 01 00", "76 00 34 03 00")                // no frame stopped
		p.Want(t, "56 00 36 01 00", "76 00 36 00 00")                // stop
		if got := p.Ask(t, "56 00 34 01 00"); len(got) != 9 || !bytes.HasPrefix(got, serialtest.Unhex(t, "76 00 34 00 04 00 00")) {
			t.Errorf("length: % X, want four bytes, the first two 00", got)
		}
		got := p.Ask(t, "56 00 32 0C 00 0A 00 00 00 00 00 00 00 08 00 0A")
		if len(got) != 18 || !bytes.HasPrefix(got, serialtest.Unhex(t, "76 00 32 00 00 FF D8")) || !bytes.HasSuffix(got, serialtest.Unhex(t, "76 00 32 00 00")) {
			t.Errorf("read: % X, want eight bytes from FF D8 between two replies", got)
		}
		p.Want(t, "56 00 32 0C 00 0A 00 00 00 04 00 00 00 08 00 0A", "76 00 32 03 00") // no multiple of 8
		p.Want(t, "56 00 32 0C 00 0F 00 00 00 00 00 00 00 08 00 0A", "76 00 32 03 00") // DMA
		p.Want(t, "56 00 36 01 02", "76 00 36 00 00")                                  // step
		p.Want(t, "56 00 36 01 03", "76 00 36 00 00")                                  // resume
		p.Want(t, "56 00 36 01 09", "76 00 36 03 00")
		p.Want(t, "56 00 37 01 01", "76 00 37 00 00")
		p.Want(t, "56 00 38 00", "76 00 38 00 01 01")
		p.Want(t, "56 00 42 03 00 01 00", "76 00 42 00 00")
		p.Want(t, "56 00 43 00", "76 00 43 00 01 00")
		p.Want(t, "56 00 44 01 00", "76 00 44 00 00")
		p.Want(t, "56 00 54 01 11", "76 00 54 00 00")
		p.Want(t, "56 00 55 00", "76 00 55 00 01 11")
		p.Want(t, "56 00 3E 03 00 01 01", "76 00 3E 00 00") // power save
		p.Want(t, "56 00 11 00", "76 00 3E 00 0E")
		p.Want(t, "56 00 3E 03 00 01 00", "76 00 3E 00 00")
		p.Want(t, "56 00 99 00", "76 00 99 01 00")          // not known
		p.Want(t, "56 00 36 02 00 00", "76 00 36 02 00")    // wrong length
		p.Want(t, "56 00 24 03 01 00 00", "76 00 24 03 00") // no such rate
		p.Want(t, "56 05 11 00", "")                        // another device
		p.Want(t, "56 00 21 01 05", "76 05 21 00 00")
		p.Want(t, "56 05 44 01 01", "76 05 44 00 00")
	})
}

func TestRateChangesAfterItsReplyAndIsForgottenAtReset(t *testing.T) {
	talk(t, vc0706sim.Options{}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		p.Want(t, "56 00 24 03 01 0D A6", "76 00 24 00 00")
		if got := p.Ask(t, "56 00 11 00"); bytes.Contains(got, []byte("VC0706")) {
			t.Errorf("at the old rate: %q, want garbage or nothing", got)
		}
		if err := p.SetBaud(115200); err != nil {
			t.Fatal(err)
		}
		p.Hear(t)
		if got := p.Ask(t, "56 00 11 00"); !bytes.HasSuffix(got, []byte("VC0706 1.00")) {
			t.Errorf("at the new rate: %q, want a version", got)
		}
		start := time.Now()
		p.Want(t, "56 00 26 00", "76 00 26 00 00")
		if err := p.SetBaud(38400); err != nil {
			t.Fatal(err)
		}
		var text []byte
		for time.Since(start) < 4*time.Second {
			text = append(text, p.Hear(t)...)
		}
		if !bytes.HasSuffix(text, []byte("Init end\r\n")) {
			t.Errorf("after a reset the camera says %q at its stored rate, want its boot text", text)
		}
		if got := p.Ask(t, "56 00 11 00"); !bytes.HasSuffix(got, []byte("VC0706 1.00")) {
			t.Errorf("after a reset, at the stored rate: %q, want a version", got)
		}
	})
}

func TestWithoutPowerItIsSilentAndForgets(t *testing.T) {
	talk(t, vc0706sim.Options{Unpowered: true}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		p.Want(t, "56 00 11 00", "")
		c.SetPower(true)
		p.Want(t, "56 00 11 00", "") // it starts
		time.Sleep(3 * time.Second)
		p.Hear(t)
		p.Want(t, "56 00 31 05 01 01 12 04 50", "76 00 31 00 00")
		p.Want(t, "56 00 31 05 04 01 00 19 11", "76 00 31 00 00")
		c.SetPower(false)
		p.Want(t, "56 00 30 04 01 01 12 04", "")
		c.SetPower(true)
		time.Sleep(3 * time.Second)
		p.Hear(t)
		p.Want(t, "56 00 30 04 01 01 12 04", "76 00 30 00 01 36") // volatile
		p.Want(t, "56 00 30 04 04 01 00 19", "76 00 30 00 01 11") // stored
	})
}

func TestWithoutResumeThePictureIsTheOldOne(t *testing.T) {
	talk(t, vc0706sim.Options{}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		shots := func() int { _, n := c.Picture(); return n }
		stop := func() { p.Want(t, "56 00 36 01 00", "76 00 36 00 00") }
		stop()
		stop()
		if shots() != 1 {
			t.Errorf("two stops took %d pictures, want 1", shots())
		}
		p.Want(t, "56 00 36 01 03", "76 00 36 00 00")
		stop() // over a second later
		if shots() != 2 {
			t.Errorf("stop after resume: %d pictures, want 2", shots())
		}
		// In one breath: there is no new frame yet.
		p.Want(t, "56 00 36 01 03 56 00 36 01 00", "76 00 36 00 00 76 00 36 00 00")
		if shots() != 2 {
			t.Errorf("stop at once after resume: %d pictures, want 2 still", shots())
		}
	})
}

func TestMotionIsReportedWhereItIsOn(t *testing.T) {
	talk(t, vc0706sim.Options{}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		c.Move()
		if got := p.Hear(t); len(got) > 0 {
			t.Errorf("reports are off: got % X", got)
		}
		p.Want(t, "56 00 37 01 01", "76 00 37 00 00")
		c.Move()
		if got := p.Hear(t); !bytes.Equal(got, serialtest.Unhex(t, "76 00 39 00 00")) {
			t.Errorf("reports are on: got % X, want 76 00 39 00 00", got)
		}
	})
}

func TestReplyTakesTheTimeOfTheLine(t *testing.T) {
	talk(t, vc0706sim.Options{Baud: 9600}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		if err := p.SetBaud(9600); err != nil {
			t.Fatal(err)
		}
		p.Want(t, "56 00 36 01 00", "76 00 36 00 00")
		start := time.Now()
		got := p.Ask(t, "56 00 32 0C 00 0A 00 00 00 00 00 00 04 00 00 0A")
		d := time.Since(start) - time.Second // hear's own silence
		floor := time.Duration(16+len(got)) * 10 * time.Second / 9600
		if d < floor || d > floor+20*time.Millisecond {
			t.Errorf("%d bytes took %v, want %v", len(got), d, floor)
		}
	})
}

func TestBrokenCommandDoesNotSpoilTheNext(t *testing.T) {
	talk(t, vc0706sim.Options{}, func(t *testing.T, c *vc0706sim.Camera, p *serialtest.Peer) {
		p.Want(t, "56 00 32 0C 00 0A", "") // the rest was lost
		p.Want(t, "56 00 36 01 00", "76 00 36 00 00")
	})
}
