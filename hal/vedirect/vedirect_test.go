package vedirect_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"fieldcam/hal"
	"fieldcam/hal/sim"
	"fieldcam/hal/vedirect"
	"fieldcam/hal/vedirect/vedirectsim"
)

// sunny is a charger at noon.
func sunny() vedirectsim.Values {
	return vedirectsim.Values{
		BatteryMillivolts: 13270, BatteryMilliamps: 1840, PanelMillivolts: 18960, PanelWatts: 27, State: 3, Tracker: 2,
		LoadMilliamps: 300, TodayCentiKWh: 12,
	}
}

// parse gives the blocks in b, received in pieces of n bytes.
func parse(b []byte, n int) (blocks [][]vedirect.Field) {
	var p vedirect.Parser
	for len(b) > 0 {
		n := min(n, len(b))
		p.Write(b[:n], func(f []vedirect.Field) { blocks = append(blocks, f) })
		b = b[n:]
	}
	return blocks
}

// stream is count blocks, from the middle of one on.
func stream(count int, between string) []byte {
	b := vedirectsim.Block(sunny(), between)
	s := b[len(b)/3:]
	for range count {
		s = append(append(s[:len(s):len(s)], vedirectsim.Block(sunny(), between)...), between...)
	}
	return s
}

func TestEveryWholeBlockIsHeardHoweverItComes(t *testing.T) {
	for _, between := range []string{"", vedirectsim.HexFrame, ":", ":\n:7\n"} {
		if between == ":" { // a frame without an end swallows the next line, so its block is wrong
			if got := parse(stream(5, between), 7); len(got) != 0 {
				t.Errorf("got %d blocks of frames without an end, want none", len(got))
			}
			continue
		}
		for n := 1; n < 40; n++ {
			got := parse(stream(5, between), n)
			if len(got) != 5 {
				t.Fatalf("%q, pieces of %d: got %d blocks, want 5", between, n, len(got))
			}
			for _, fields := range got {
				if len(fields) != 19 || fields[3] != (vedirect.Field{Label: "V", Value: "13270"}) {
					t.Fatalf("%q: got %v", between, fields)
				}
			}
		}
	}
}

// The checksum byte can be any, a colon, a tab or a line's end among them.
func TestEveryChecksumByteIsTakenAsOne(t *testing.T) {
	seen := map[byte]bool{}
	for v := 10000; len(seen) < 256 && v < 20000; v++ {
		values := sunny()
		values.BatteryMillivolts, values.PanelWatts, values.PanelMillivolts = v, v%1000, v*v%90000
		values.BatteryMilliamps = 1
		for range v % 9 { // a digit more each
			values.BatteryMilliamps *= 10
		}
		b := vedirectsim.Block(values, "")
		seen[b[len(b)-1]] = true
		three := append(append(append([]byte{}, b...), b...), b...)
		if got := parse(three, 1000); len(got) != 2 { // the first one's beginning is not known
			t.Fatalf("checksum %#02x: got %d blocks, want 2", b[len(b)-1], len(got))
		}
	}
	for _, c := range []byte{':', '\t', '\n', '\r', 0, 'C'} {
		if !seen[c] {
			t.Errorf("no block had the checksum %#02x", c)
		}
	}
}

func TestAByteThatIsWrongCostsItsBlockOnly(t *testing.T) {
	block := vedirectsim.Block(sunny(), "")
	rapid.Check(t, func(t *rapid.T) {
		s := stream(4, "")
		// In the second of the whole blocks.
		at := len(s) - 3*len(block) + rapid.IntRange(0, len(block)-1).Draw(t, "at")
		s[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		got := parse(s, 64)
		if len(got) < 2 || len(got) > 3 {
			t.Errorf("byte %d made %#02x: got %d blocks of 4, want 2 or 3", at, s[at], len(got))
		}
		for _, fields := range got {
			if len(fields) != 19 {
				t.Errorf("byte %d made %#02x: got %v", at, s[at], fields)
			}
		}
	})
}

func TestBlocksBeyondTheBoundsAreDropped(t *testing.T) {
	whole := string(vedirectsim.Block(sunny(), ""))
	for name, bad := range map[string]string{
		"label": "\r\nTOOLONGLABEL\t1\r\nChecksum\tx",
		"value": "\r\nV\t1234567890123456789012345678901234567890\r\nChecksum\tx",
		"naked": "\r\nV\r\nChecksum\tx",
		"fields": func() string {
			s := ""
			for range 40 {
				s += "\r\nV\t1"
			}
			return s + "\r\nChecksum\tx"
		}(),
	} {
		if got := parse([]byte(whole+bad+whole), 5); len(got) != 1 {
			t.Errorf("%s: got %d blocks, want the one behind it", name, len(got))
		}
	}
}

func TestTheStateIsInWords(t *testing.T) {
	var s vedirect.State
	apply := func(label, value string) error { return s.Apply([]vedirect.Field{{Label: label, Value: value}}) }
	for _, f := range [][2]string{{"CS", "5"}, {"MPPT", "1"}, {"ERR", "33"}, {"H20", "-"}, {"XYZ", "new"}, {"LOAD", "ON"}, {"H22", "38"}} {
		if err := apply(f[0], f[1]); err != nil {
			t.Errorf("%v: %v", f, err)
		}
	}
	if s.Charging != "float" || s.Tracker != "limited" || s.Fault != "panel voltage too high" || s.FaultCode != 33 ||
		s.TodayWattHours != nil || *s.YesterdayWattHours != 380 || !*s.Load {
		t.Errorf("got %+v", s)
	}
	for _, f := range [][2]string{{"V", "12V"}, {"LOAD", "MAYBE"}, {"CS", ""}, {"H20", "999999999999"}} {
		before := s
		if err := apply(f[0], f[1]); (err == nil) == (f[1] != "") || s != before {
			t.Errorf("%v: error %v, state %+v, want an error and no change", f, err, s)
		}
	}
	if err := apply("CS", "99"); err != nil || s.Charging != "code 99" {
		t.Errorf("an unknown state: %q, %v", s.Charging, err)
	}
	if err := apply("ERR", "0"); err != nil || s.Fault != "" {
		t.Errorf("no fault: %q, %v", s.Fault, err)
	}
}

// listening is a charger on a port, and who hears it.
type listening struct {
	*vedirect.Charger
	board *sim.Board
	sim   *vedirectsim.Charger
	plug  func() // into the port
	pull  func()
}

func listen(t *testing.T) *listening {
	l := &listening{board: sim.New(), sim: vedirectsim.New(sunny)}
	l.Charger = vedirect.New(vedirect.Config{Port: "/dev/ttyUSB0"}, l.board, zerolog.Nop())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- l.Run(ctx) }()
	running := 1
	l.plug = func() {
		far := l.board.AddPort("/dev/ttyUSB0")
		inner, off := context.WithCancel(ctx)
		running++
		go func() {
			err := l.sim.Run(inner, far)
			if inner.Err() != nil {
				err = nil
			}
			ended <- err
		}()
		l.pull = func() { off(); far.Close() }
	}
	t.Cleanup(func() {
		stop()
		for range running {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return l
}

func TestAChargerIsHeardThroughItsFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		if _, err := l.State(); err == nil {
			t.Error("a state without a port, want an error")
		}
		l.plug()
		time.Sleep(time.Minute + 5*time.Second)
		for fault, heard := range map[vedirectsim.Fault]bool{
			vedirectsim.None: true, vedirectsim.HexInside: true, vedirectsim.Silent: false, vedirectsim.Checksum: false,
			vedirectsim.Cut: false,
		} {
			l.sim.Break(fault)
			time.Sleep(vedirect.Stale + 5*time.Second)
			s, err := l.State()
			if (err == nil) != heard || heard && (*s.BatteryMillivolts != 13270 || s.Charging != "bulk") || !heard && !errors.Is(err, vedirect.ErrSilent) {
				t.Errorf("fault %d: got %+v, %v", fault, s, err)
			}
			p, err := l.Power(t.Context())
			if heard && (err != nil || p != (hal.Power{Millivolts: 13270, Milliamps: -1840, HasCurrent: true})) {
				t.Errorf("fault %d: got %+v, %v", fault, p, err)
			}
		}
	})
}

func TestAChargerThatIsPulledIsHeardAgainWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listen(t)
		l.plug()
		time.Sleep(20 * time.Second)
		if _, err := l.State(); err != nil {
			t.Error(err)
		}
		l.pull()
		time.Sleep(20 * time.Second)
		if _, err := l.State(); err == nil {
			t.Error("a state of a charger that is gone, want an error")
		}
		l.plug()
		time.Sleep(90 * time.Second)
		if _, err := l.State(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParser(f *testing.F) {
	f.Add(stream(2, ""))
	f.Add(stream(2, vedirectsim.HexFrame))
	f.Add([]byte("\r\nChecksum\tx\r\nV\t1\r\nChecksum\t:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s vedirect.State
		for _, fields := range parse(b, 16) {
			if len(fields) == 0 || len(fields) > 32 {
				t.Errorf("%d fields", len(fields))
			}
			for _, f := range fields {
				if len(f.Label) > 8 || len(f.Value) > 32 {
					t.Errorf("field %q", f)
				}
			}
			_ = s.Apply(fields) // must not panic
		}
	})
}
