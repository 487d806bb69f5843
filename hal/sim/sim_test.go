package sim_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"fieldcam/hal"
	"fieldcam/hal/haltest"
	"fieldcam/hal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOutputsConform(t *testing.T) {
	for name, board := range map[string]struct{ holds, falls bool }{
		"the chip keeps levels":           {},
		"a resistor pulls":                {falls: true},
		"held, and the chip keeps":        {holds: true},
		"held, and else a resistor pulls": {holds: true, falls: true},
	} {
		t.Run(name, func(t *testing.T) {
			haltest.Outputs(t, func(t *testing.T, check func(testing.TB, haltest.OutputRig)) {
				b := sim.New()
				b.SetHolding(board.holds)
				l := b.AddLine("CAMERA_POWER")
				if board.falls {
					l.SetRest(false)
				}
				check(t, haltest.OutputRig{
					Board: b, Line: "CAMERA_POWER", Unknown: "GPIO99", High: l.High,
					Levels: l.Levels, Keeps: !board.falls,
				})
			})
		})
	}
}

func TestPortsConform(t *testing.T) {
	haltest.Ports(t, func(t *testing.T, check func(testing.TB, haltest.PortRig)) {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			e := b.AddPort("ttyS1")
			check(t, haltest.PortRig{
				Board: b, Port: "ttyS1", Unknown: "ttyS9", Far: e, Baud: e.Baud,
				Unplug: func() { e.Close() }, Replug: func() { b.AddPort("ttyS1") },
			})
		})
	})
}

func TestInputsConform(t *testing.T) {
	haltest.Inputs(t, func(t *testing.T, check func(testing.TB, haltest.InputRig)) {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			l := b.AddLine("BUTTON")
			check(t, haltest.InputRig{Board: b, Line: "BUTTON", Unknown: "GPIO99", Drive: l.Drive})
		})
	})
}

func TestBusesConform(t *testing.T) {
	haltest.Buses(t, func(t *testing.T, check func(testing.TB, haltest.BusRig)) {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			bus := b.AddBus("/dev/i2c-1")
			bus.Attach(0x44, new(sim.Registers))
			check(t, haltest.BusRig{Board: b, Bus: "/dev/i2c-1", Unknown: "/dev/i2c-9", Device: 0x44, Absent: 0x45, SetStuck: bus.SetStuck})
		})
	})
}

func TestRTCConforms(t *testing.T) {
	haltest.RTCs(t, func(t *testing.T, check func(testing.TB, haltest.RTCRig)) {
		synctest.Test(t, func(t *testing.T) {
			woken := make(chan struct{}, 1)
			r := sim.NewRTC(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), func() { woken <- struct{}{} })
			check(t, haltest.RTCRig{RTC: r, Woken: woken, Lose: r.Lose})
		})
	})
}

func TestWatchdogsConform(t *testing.T) {
	haltest.Watchdogs(t, func(t *testing.T, check func(testing.TB, haltest.WatchdogRig)) {
		synctest.Test(t, func(t *testing.T) {
			bitten := make(chan struct{}, 1)
			w := sim.NewWatchdog(func() { bitten <- struct{}{} })
			check(t, haltest.WatchdogRig{Open: w.Open, Bites: bitten})
		})
	})
}

func TestClocksConform(t *testing.T) {
	haltest.Clocks(t, func(t *testing.T, check func(testing.TB, haltest.ClockRig)) {
		synctest.Test(t, func(t *testing.T) {
			c := sim.NewClock()
			check(t, haltest.ClockRig{Clock: c, Step: c.Step, SetSynced: c.SetSynced, Watch: c.WatchSteps})
		})
	})
}

func TestMetersConform(t *testing.T) {
	haltest.PowerMeters(t, func(t *testing.T, check func(testing.TB, haltest.PowerRig)) {
		synctest.Test(t, func(t *testing.T) {
			b := sim.NewBattery(sim.TwoCells())
			check(t, haltest.PowerRig{Meter: b, Supply: func(p hal.Power) { b.Lie(p) }, Break: b.Break})
		})
	})
	haltest.Thermometers(t, func(t *testing.T, check func(testing.TB, haltest.ClimateRig)) {
		a := sim.NewAir(hal.Climate{Celsius: 20})
		check(t, haltest.ClimateRig{Meter: a, Air: a.Set, Break: a.Break})
	})
}

func open(t *testing.T, b *sim.Board, name string, baud int) hal.Port {
	t.Helper()
	p, err := b.OpenPort(name, baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestBytesTakeTheTimeOfTheLine(t *testing.T) {
	const count = 10_000
	for _, toFar := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			e := b.AddPort("ttyS1")
			p := open(t, b, "ttyS1", 9600)
			var w io.Writer = e
			var r io.Reader = p
			if toFar {
				w, r = p, e
			}
			start := time.Now()
			sent := make(chan error, 1)
			go func() {
				_, err := w.Write(bytes.Repeat([]byte{0x5A}, count))
				sent <- err
			}()
			if _, err := io.ReadFull(r, make([]byte, count)); err != nil {
				t.Fatal(err)
			}
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			want := count * 10 * time.Second / 9600
			if d := time.Since(start); d < want-time.Millisecond || d > want+time.Millisecond {
				t.Errorf("to the far end %v: %d bytes at 9600 baud took %v, want %v", toFar, count, d, want)
			}
		})
	}
}

func TestSetBaudLetsWrittenBytesLeaveFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		e := b.AddPort("ttyS1")
		p := open(t, b, "ttyS1", 9600)
		start := time.Now()
		if _, err := p.Write(make([]byte, 960)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("Write into an empty buffer took %v, want no time", d)
		}
		if err := p.SetBaud(115200); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < 999*time.Millisecond || d > 1001*time.Millisecond {
			t.Errorf("SetBaud returned after %v, want 1s: 960 bytes at 9600 baud", d)
		}
		if e.Baud() != 115200 {
			t.Errorf("rate is %d, want 115200", e.Baud())
		}
	})
}

func TestUnpluggedPortIsAnErrorAndNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		e := b.AddPort("ttyUSB0")
		p := open(t, b, "ttyUSB0", 9600)
		ended := make(chan error, 1)
		go func() {
			_, err := p.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		e.Close()
		if err := <-ended; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Read of an unplugged port: %v, want io.ErrUnexpectedEOF", err)
		}
		if _, err := b.OpenPort("ttyUSB0", 9600); err == nil {
			t.Error("an unplugged port was opened, want an error")
		}
		b.AddPort("ttyUSB0") // plugged in again
		open(t, b, "ttyUSB0", 9600)
		if _, err := e.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read of a closed end: %v, want io.EOF", err)
		}
	})
}

func TestLineRemembersWhenItWasDriven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		l := b.AddLine("GPIO17")
		var seen []bool
		l.Watch(func(high bool) { seen = append(seen, high) })
		start := time.Now()
		o, err := b.OpenOutput(hal.Line{Name: "GPIO17", ActiveLow: true}, false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		for _, on := range []bool{true, true} { // the second changes nothing
			if err := o.Set(on); err != nil {
				t.Fatal(err)
			}
		}
		want := []sim.Change{{start, true}, {start.Add(time.Second), false}}
		got := l.History()
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("history %v, want %v", got, want)
		}
		if len(seen) != 2 || !seen[0] || seen[1] {
			t.Errorf("watched %v, want [true false]", seen)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if err := o.Set(false); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Set after Close: %v, want os.ErrClosed", err)
		}
	})
}

func TestClockShowsItsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := sim.NewClock()
		if !c.Synced() || !c.Now().Equal(time.Now()) || c.Now().Location() != time.UTC {
			t.Errorf("a new clock shows %v, synced %v, want %v UTC, synced", c.Now(), c.Synced(), time.Now())
		}
		before := c.Now()
		c.Step(-time.Hour)
		time.Sleep(time.Minute)
		if d := c.Now().Sub(before); d != time.Minute-time.Hour {
			t.Errorf("a minute and a step back by an hour: the clock moved %v", d)
		}
		c.Set(time.Unix(0, 0))
		c.SetSynced(false)
		if !c.Now().Equal(time.Unix(0, 0)) || c.Synced() {
			t.Errorf("set to 1970: shows %v, synced %v", c.Now(), c.Synced())
		}
	})
}
