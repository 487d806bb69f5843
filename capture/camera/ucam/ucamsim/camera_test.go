package ucamsim_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk runs test with a camera, and a port to it at 115200 baud, in simulated time.
func talk(t *testing.T, o ucamsim.Options, test func(t *testing.T, c *ucamsim.Camera, p hal.Port)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		c := ucamsim.New(o)
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- c.Serve(ctx, b.AddPort("tty")) }()
		defer func() {
			cancel()
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}()
		synctest.Wait()
		p, err := b.OpenPort("tty", 115200)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		test(t, c, p)
	})
}

// hear is what the camera says until it is quiet for 200 ms.
func hear(t *testing.T, p hal.Port) []byte {
	t.Helper()
	var all []byte
	buf := make([]byte, 4096)
	for {
		if err := p.SetDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := p.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			return all
		}
	}
}

func ask(t *testing.T, p hal.Port, command string) []byte {
	t.Helper()
	if err := p.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(unhex(t, command)); err != nil {
		t.Fatal(err)
	}
	return hear(t, p)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// want asks and compares, in hexadecimal; the counter of an ACK or NAK is xx.
func want(t *testing.T, p hal.Port, command, reply string) {
	t.Helper()
	got := ask(t, p, command)
	text := strings.ToUpper(hex.EncodeToString(got))
	for i, c := range strings.ReplaceAll(reply, " ", "") {
		if i >= len(text) || c != 'x' && c != rune(text[i]) {
			t.Errorf("%s: got % X, want %s", command, got, reply)
			return
		}
	}
	if len(text) != len(strings.ReplaceAll(reply, " ", "")) {
		t.Errorf("%s: got % X, want %s", command, got, reply)
	}
}

const (
	sync    = "AA 0D 00 00 00 00"
	synced  = "AA 0E 0D xx 00 00 AA 0D 00 00 00 00"
	unknown = "AA 0F 00 xx 0D 00"
)

// wake sends SYNC as often as the camera needs it.
func wake(t *testing.T, p hal.Port, syncs int) {
	t.Helper()
	for range syncs - 1 {
		want(t, p, sync, "")
	}
	want(t, p, sync, synced)
	want(t, p, "AA 0E 0D 00 00 00", "")
}

// The bytes are the data sheets', not package ucam's constants.
func TestEveryCommandIsAnsweredAsInTheDataSheets(t *testing.T) {
	picture := append(append([]byte("\xFF\xD8\xFF\xDA\x00\x02"), bytes.Repeat([]byte{'p'}, 100)...), 0xFF, 0xD9)
	o := ucamsim.Options{Syncs: 3, Picture: func(time.Time, int) []byte { return picture }}
	talk(t, o, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
		want(t, p, "AA 01 00 07 07 07", "") // nobody has synced
		wake(t, p, 3)
		want(t, p, "AA 05 00 00 00 00", "AA 0F 00 xx 06 00") // before INITIAL
		want(t, p, "AA 01 00 03 03 07", "AA 0F 00 xx 09 00") // grey
		want(t, p, "AA 01 00 07 07 06", "AA 0F 00 xx 0A 00") // no such size
		want(t, p, "AA 01 00 07 07 07", "AA 0E 01 xx 00 00")
		want(t, p, "AA 06 08 3F 00 00", "AA 0F 00 xx 11 00") // 63 bytes
		want(t, p, "AA 06 08 40 00 00", "AA 0E 06 xx 00 00") // 64
		want(t, p, "AA 13 01 00 00 00", "AA 0E 13 xx 00 00")
		want(t, p, "AA 13 02 00 00 00", "AA 0F 00 xx 0B 00")
		want(t, p, "AA 14 00 02 04 00", "AA 0E 14 xx 00 00")
		want(t, p, "AA 14 05 02 02 00", "AA 0F 00 xx 0B 00")
		want(t, p, "AA 15 00 00 00 00", "AA 0E 15 xx 00 00")
		want(t, p, "AA 04 01 00 00 00", "AA 0F 00 xx 06 00") // before a snapshot
		want(t, p, "AA 05 00 00 00 00", "AA 0E 05 xx 00 00")
		want(t, p, "AA 04 02 00 00 00", "AA 0F 00 xx 09 00")                   // raw
		want(t, p, "AA 0E 00 00 00 00", "AA 0F 00 xx 06 00")                   // a package before it
		want(t, p, "AA 04 01 00 00 00", "AA 0E 04 xx 00 00 AA 0A 01 6C 00 00") // 108 bytes
		first := ask(t, p, "AA 0E 00 00 00 00")
		if len(first) != 64 || !bytes.HasPrefix(first, unhex(t, "00 00 3A 00 FF D8")) || first[63] != 0 {
			t.Errorf("package 0: % X, want 64 bytes with 58 of the picture", first)
		}
		second := ask(t, p, "AA 0E 00 00 01 00")
		if len(second) != 56 || !bytes.HasPrefix(second, unhex(t, "01 00 32 00")) || !bytes.HasSuffix(second[:54], unhex(t, "FF D9")) {
			t.Errorf("package 1: % X, want the last 50 bytes", second)
		}
		if again := ask(t, p, "AA 0E 00 00 00 00"); !bytes.Equal(again, first) {
			t.Errorf("package 0 again: % X, want % X", again, first)
		}
		want(t, p, "AA 0E 00 00 02 00", "AA 0F 00 xx 10 00")
		want(t, p, "AA 0E 00 00 F0 F0", "")
		want(t, p, "AA 08 01 00 00 00", "AA 0E 08 xx 00 00") // state machines
		want(t, p, "AA 05 00 00 00 00", "AA 0F 00 xx 06 00")
		want(t, p, "AA 0C 00 00 00 00", unknown)
	})
}

func TestOlderModelsKnowLess(t *testing.T) {
	for _, model := range []ucam.Model{ucam.ModelUCAM2, ucam.ModelOV528} {
		talk(t, ucamsim.Options{Model: model, Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
			wake(t, p, 1)
			want(t, p, "AA 14 02 02 02 00", unknown)
			want(t, p, "AA 15 00 00 00 00", unknown)
		})
	}
}

func TestABoardHearsItsOwnAddressAlone(t *testing.T) {
	talk(t, ucamsim.Options{Model: ucam.ModelOV528, Address: 2, Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
		want(t, p, sync, "")
		want(t, p, "AA 4D 00 00 00 00", "AA 4E 0D xx 00 00 AA 4D 00 00 00 00")
	})
}

func TestItSleepsAfter15SecondsAndWakesBySyncAlone(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 5}, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
		wake(t, p, 5)
		time.Sleep(14 * time.Second)
		want(t, p, "AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
		time.Sleep(16 * time.Second)
		want(t, p, "AA 13 00 00 00 00", "")
		wake(t, p, 5)
		want(t, p, "AA 15 3C 00 00 00", "AA 0E 15 xx 00 00") // 60 s
		time.Sleep(50 * time.Second)
		want(t, p, "AA 15 00 00 00 00", "AA 0E 15 xx 00 00") // never
		time.Sleep(time.Hour)
		want(t, p, "AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
	})
}

func TestItKeepsToTheRateOfItsFirstSyncUntilAReset(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
		at := func(baud int) {
			if err := p.SetBaud(baud); err != nil {
				t.Fatal(err)
			}
		}
		at(38400)
		want(t, p, sync, "") // it does not find this one by itself
		at(57600)
		wake(t, p, 1)
		at(115200)
		if got := ask(t, p, sync); bytes.Contains(got, unhex(t, "AA 0E 0D")) {
			t.Errorf("at another rate: got % X, want garbage or nothing", got)
		}
		at(57600)
		want(t, p, "AA 07 1F 02 00 00", "AA 0E 07 xx 00 00") // 38400
		at(38400)
		want(t, p, sync, synced)
		want(t, p, "AA 07 07 07 00 00", "AA 0F 00 xx 0B 00") // no such rate
		want(t, p, "AA 08 00 00 00 FF", "AA 0E 08 xx 00 00")
		at(9600)
		want(t, p, sync, "") // it starts
		time.Sleep(time.Second)
		wake(t, p, 1)
		c.SetPower(false)
		want(t, p, sync, "")
		c.SetPower(true)
		time.Sleep(time.Second)
		at(921600)
		wake(t, p, 1)
	})
}

func TestABrokenCommandDoesNotSpoilTheNext(t *testing.T) {
	talk(t, ucamsim.Options{Syncs: 1}, func(t *testing.T, c *ucamsim.Camera, p hal.Port) {
		wake(t, p, 1)
		want(t, p, "AA 01 00", "") // the rest was lost
		want(t, p, "00 AA AA 13 00 00 00 00", "AA 0E 13 xx 00 00")
	})
}
