//go:build board

// The conformance suites on a real kernel's GPIO, serial ports, clock, watchdog and RTC. They
// run on a controller, or in an emulated one:
//
//	CGO_ENABLED=0 GOARCH=arm64 go test -c -tags board -o board.test ./hal/linux
//	FIELDCAM_BOARD="out=OUT in=IN sync=SYNC sync_in=SYNC_IN port=/dev/ttyS0 far=/dev/ttyUSB0 \
//	    watchdog=/dev/watchdog0 rtc=/dev/rtc0" ./board.test -test.run OnTheBoard
//
// as root, with nobody else at these devices. The board needs
//   - two wires, OUT to IN and SYNC to SYNC_IN (named GPIO lines of one controller), or
//     a host that drives IN and SYNC_IN as OUT and SYNC go, edge by edge and in their
//     order; both inputs are low at the start;
//   - two serial ports whose lines are crossed, or a host that copies bytes between
//     them, both ways;
//   - a watchdog that can be stopped, an RTC with an alarm, and nobody who keeps the
//     system's clock: it is set, by up to a year, and set back each time.
//
// What is left out of FIELDCAM_BOARD fails; -test.run chooses. TestHeldLineOnTheBoard
// starts this program anew with /bin/sh.
package linux_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/linux"
	"fieldcam/hal/linux/fdstore"
	"fieldcam/hal/linux/fdstore/fdstoretest"
)

func TestOutputsOnTheBoard(t *testing.T) {
	for name, hold := range map[string]bool{"let go": false, "held": true} {
		t.Run(name, func(t *testing.T) {
			haltest.Outputs(t, func(t *testing.T, check func(testing.TB, haltest.OutputRig)) {
				k := &keeper{files: map[string]*os.File{}}
				board := linux.New()
				if hold {
					board = linux.NewHolding(k)
				}
				low(t, board)
				b := newBench(t, board)
				w := b.watchOut()
				w.high()
				check(t, haltest.OutputRig{Board: board, Line: device(t, "out"), Unknown: "GPIO99", High: w.high, Levels: w.all, Keeps: true})
				low(t, board) // held no longer
				if len(k.files) != 0 {
					t.Errorf("%d lines are kept that nobody holds", len(k.files))
				}
			})
		})
	}
}

func TestInputsOnTheBoard(t *testing.T) {
	haltest.Inputs(t, func(t *testing.T, check func(testing.TB, haltest.InputRig)) {
		board := linux.New()
		b := newBench(t, board)
		o, err := board.OpenOutput(hal.Line{Name: device(t, "out")}, false)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		b.barrier()
		check(t, haltest.InputRig{Board: board, Line: device(t, "in"), Unknown: "GPIO99", Drive: func(high bool) {
			if err := o.Set(high); err != nil {
				t.Error(err)
			}
			b.barrier()
		}})
	})
}

// awaitSilence reads what an earlier check has sent, some of which may still be on its
// way through an emulator's host, until nothing comes any more.
func awaitSilence(t testing.TB, p hal.Port) {
	t.Helper()
	for b := make([]byte, 4096); ; {
		if err := p.SetDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := p.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func TestPortsOnTheBoard(t *testing.T) {
	haltest.Ports(t, func(t *testing.T, check func(testing.TB, haltest.PortRig)) {
		board := linux.New()
		far, err := board.OpenPort(device(t, "far"), 115200)
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		awaitSilence(t, far)
		name := device(t, "port")
		check(t, haltest.PortRig{
			Board: board, Port: name, Unknown: "/dev/ttyS99", Far: far, Settle: 2 * time.Second,
			Baud: func() int {
				// Root may open it a second time.
				f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				return baudOf(t, f)
			},
		})
	})
}

func TestRTCOnTheBoard(t *testing.T) {
	haltest.RTCs(t, func(t *testing.T, check func(testing.TB, haltest.RTCRig)) {
		r := linux.NewRTC(device(t, "rtc"))
		if err := r.WakeAt(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := r.Set(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		check(t, haltest.RTCRig{RTC: r})
	})
}

func TestClockOnTheBoard(t *testing.T) {
	haltest.Clocks(t, func(t *testing.T, check func(testing.TB, haltest.ClockRig)) {
		check(t, haltest.ClockRig{Clock: linux.Clock{}, Watch: linux.WatchSteps, Step: func(d time.Duration) {
			now := unix.NsecToTimeval(time.Now().Add(d).UnixNano())
			if err := unix.Settimeofday(&now); err != nil {
				t.Fatal(err)
			}
		}, SetSynced: func(synced bool) {
			set := unix.Timex{Modes: unix.ADJ_STATUS}
			if !synced {
				set.Status = unix.STA_UNSYNC
			}
			if _, err := unix.Adjtimex(&set); err != nil {
				t.Fatal(err)
			}
		}})
	})
}

func TestWatchdogOnTheBoard(t *testing.T) {
	haltest.Watchdogs(t, func(t *testing.T, check func(testing.TB, haltest.WatchdogRig)) {
		check(t, haltest.WatchdogRig{Open: func() (hal.Watchdog, error) { return linux.OpenWatchdog(device(t, "watchdog")) }})
	})
}

// holderVar makes TestHeldLineOnTheBoard the process that holds the line: "open" or
// "resume".
const holderVar = "FIELDCAM_BOARD_HOLDER"

// hold takes the line, says its level, and waits to be killed.
func hold(t *testing.T, how string) {
	store := fdstore.Open()
	board := linux.NewHolding(store)
	line := hal.Line{Name: device(t, "out"), Hold: true}
	on := true
	var err error
	if how == "open" {
		_, err = board.OpenOutput(line, true)
	} else {
		_, on, err = board.ResumeOutput(line)
	}
	fmt.Printf("\nheld: %v %v %v\n", board.CanHold(), on, err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// Processes hold the line, one after another, and each is ended by kill -9: as many as
// the key "lives" says, ten without it.
func TestHeldLineOnTheBoard(t *testing.T) {
	if how := os.Getenv(holderVar); how != "" {
		hold(t, how)
		return
	}
	board := linux.New()
	low(t, board)
	b := newBench(t, board)
	w := b.watchOut()
	w.high()
	s := fdstoretest.New(t)
	lives := 10
	for _, f := range strings.Fields(os.Getenv(boardVar)) {
		if n, ok := strings.CutPrefix(f, "lives="); ok {
			if _, err := fmt.Sscan(n, &lives); err != nil || lives < 1 {
				t.Fatalf("%s: lives %q: %v", boardVar, n, err)
			}
		}
	}
	for life := range lives {
		how := "resume"
		if life == 0 {
			how = "open"
		}
		c := s.Command(os.Args[0], "-test.run", "^TestHeldLineOnTheBoard$")
		c.Env = append(c.Env, holderVar+"="+how)
		c.Stderr = os.Stderr
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		said := ""
		for l := bufio.NewScanner(out); l.Scan(); {
			if said = l.Text(); strings.HasPrefix(said, "held: ") {
				break
			}
		}
		if said != "held: true true <nil>" {
			t.Fatalf("life %d: the process says %q, want that it holds the line, which is on", life, said)
		}
		s.AwaitNames("line-active-high%2F" + device(t, "out"))
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // it was killed
		in.Close()
		if !w.high() {
			t.Fatalf("life %d: after kill -9 the line is low", life)
		}
	}
	if got := w.all(); !slices.Equal(got, []bool{true}) {
		t.Errorf("in %d lives the line went through %v, want high once", lives, got)
	}
}
