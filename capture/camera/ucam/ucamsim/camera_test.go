package ucamsim_test

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/serial/serialtest"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk runs test with a camera, and a port to it at 115200 baud, in simulated time.
func talk(t *testing.T, o ucamsim.Options, test func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer)) {
	t.Helper()
	serialtest.Talk(t, 115200, 200*time.Millisecond, func() *ucamsim.Camera { return ucamsim.New(o) }, test)
}

const (
	sync    = "AA 0D 00 00 00 00"
	synced  = "AA 0E 0D xx 00 00 AA 0D 00 00 00 00"
	unknown = "AA 0F 00 xx 0D 00"
)

// wake sends SYNC as often as the camera needs it.
func wake(t *testing.T, p *serialtest.Peer, syncs int) {
	t.Helper()
	for range syncs - 1 {
		p.Want(t, sync, "")
	}
	p.Want(t, sync, synced)
	p.Want(t, "AA 0E 0D 00 00 00", "")
}

// The bytes are the data sheets', not package ucam's constants.
func TestEveryCommandIsAnsweredAsInTheDataSheets(t *testing.T) {
	picture := append(append([]byte("\xFF\xD8\xFF\xDA\x00\x02"), bytes.Repeat([]byte{'p'}, 100)...), 0xFF, 0xD9)
	o := ucamsim.Options{Syncs: 3, Picture: func(time.Time, int) []byte { return picture }}
	talk(t, o, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
		p.Want(t, "AA 01 00 07 07 07", "") // nobody has synced
		wake(t, p, 3)
		p.Want(t, "AA 05 00 00 00 00", "AA 0F 00 xx 06 00") // before INITIAL
		p.Want(t, "AA 01 00 03 03 07", "AA 0F 00 xx 09 00") // grey
		p.Want(t, "AA 01 00 07 07 06", "AA 0F 00 xx 0A 00") // no such size
		p.Want(t, "AA 01 00 07 07 07", "AA 0E 01 xx 00 00")
		p.Want(t, "AA 06 08 3F 00 00", "AA 0F 00 xx 11 00") // 63 bytes
		p.Want(t, "AA 06 08 40 00 00", "AA 0E 06 xx 00 00") // 64
		p.Want(t, "AA 13 01 00 00 00", "AA 0E 13 xx 00 00")
		p.Want(t, "AA 13 02 00 00 00", "AA 0F 00 xx 0B 00")
		p.Want(t, "AA 14 00 02 04 00", "AA 0E 14 xx 00 00")
		p.Want(t, "AA 14 05 02 02 00", "AA 0F 00 xx 0B 00")
		p.Want(t, "AA 15 00 00 00 00", "AA 0E 15 xx 00 00")
		p.Want(t, "AA 04 01 00 00 00", "AA 0F 00 xx 06 00") // before a snapshot
		p.Want(t, "AA 05 00 00 00 00", "AA 0E 05 xx 00 00")
		p.Want(t, "AA 04 02 00 00 00", "AA 0F 00 xx 09 00")                   // raw
		p.Want(t, "AA 0E 00 00 00 00", "AA 0F 00 xx 06 00")                   // a package before it
		p.Want(t, "AA 04 01 00 00 00", "AA 0E 04 xx 00 00 AA 0A 01 6C 00 00") // 108 bytes
		first := p.Ask(t, "AA 0E 00 00 00 00")
		if len(first) != 64 || !bytes.HasPrefix(first, serialtest.Unhex(t, "00 00 3A 00 FF D8")) || first[63] != 0 {
			t.Errorf("package 0: % X, want 64 bytes with 58 of the picture", first)
		}
		second := p.Ask(t, "AA 0E 00 00 01 00")
		if len(second) != 56 || !bytes.HasPrefix(second, serialtest.Unhex(t, "01 00 32 00")) || !bytes.HasSuffix(second[:54], serialtest.Unhex(t, "FF D9")) {
			t.Errorf("package 1: % X, want the last 50 bytes", second)
		}
		if again := p.Ask(t, "AA 0E 00 00 00 00"); !bytes.Equal(again, first) {
			t.Errorf("package 0 again: % X, want % X", again, first)
		}
		p.Want(t, "AA 0E 00 00 02 00", "AA 0F 00 xx 10 00")
		p.Want(t, "AA 0E 00 00 F0 F0", "")
		p.Want(t, "AA 08 01 00 00 00", "AA 0E 08 xx 00 00") // state machines
		p.Want(t, "AA 05 00 00 00 00", "AA 0F 00 xx 06 00")
		p.Want(t, "AA 0C 00 00 00 00", unknown)
	})
}

func TestOlderModelsKnowLess(t *testing.T) {
	for _, model := range []ucam.Model{ucam.ModelUCAM2, ucam.ModelOV528} {
		talk(t, ucamsim.Options{Model: model, Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
			wake(t, p, 1)
			p.Want(t, "AA 14 02 02 02 00", unknown)
			p.Want(t, "AA 15 00 00 00 00", unknown)
		})
	}
}

func TestABoardHearsItsOwnAddressAlone(t *testing.T) {
	talk(t, ucamsim.Options{Model: ucam.ModelOV528, Address: 2, Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
		p.Want(t, sync, "")
		p.Want(t, "AA 4D 00 00 00 00", "AA 4E 0D xx 00 00 AA 4D 00 00 00 00")
	})
}

func TestItSleepsAfter15SecondsAndWakesBySyncAlone(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 5}, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
		wake(t, p, 5)
		time.Sleep(14 * time.Second)
		p.Want(t, "AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
		time.Sleep(16 * time.Second)
		p.Want(t, "AA 13 00 00 00 00", "")
		wake(t, p, 5)
		p.Want(t, "AA 15 3C 00 00 00", "AA 0E 15 xx 00 00") // 60 s
		time.Sleep(50 * time.Second)
		p.Want(t, "AA 15 00 00 00 00", "AA 0E 15 xx 00 00") // never
		time.Sleep(time.Hour)
		p.Want(t, "AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
	})
}

func TestItKeepsToTheRateOfItsFirstSyncUntilAReset(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
		at := func(baud int) {
			if err := p.SetBaud(baud); err != nil {
				t.Fatal(err)
			}
		}
		at(38400)
		p.Want(t, sync, "") // it does not find this one by itself
		at(57600)
		wake(t, p, 1)
		at(115200)
		if got := p.Ask(t, sync); bytes.Contains(got, serialtest.Unhex(t, "AA 0E 0D")) {
			t.Errorf("at another rate: got % X, want garbage or nothing", got)
		}
		at(57600)
		p.Want(t, "AA 07 1F 02 00 00", "AA 0E 07 xx 00 00") // 38400
		at(38400)
		p.Want(t, sync, synced)
		p.Want(t, "AA 07 07 07 00 00", "AA 0F 00 xx 0B 00") // no such rate
		p.Want(t, "AA 08 00 00 00 FF", "AA 0E 08 xx 00 00")
		at(9600)
		p.Want(t, sync, "") // it starts
		time.Sleep(time.Second)
		wake(t, p, 1)
		c.SetPower(false)
		p.Want(t, sync, "")
		c.SetPower(true)
		time.Sleep(time.Second)
		at(921600)
		wake(t, p, 1)
	})
}

func TestABrokenCommandDoesNotSpoilTheNext(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p *serialtest.Peer) {
		wake(t, p, 1)
		p.Want(t, "AA 01 00", "") // the rest was lost
		p.Want(t, "00 AA AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
	})
}
