package serialsim_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/hal/sim"
)

// recite serves a camera with these faults at 9600 baud, which says its text when it hears
// something, and returns what a port hears of it within d.
func recite(t *testing.T, text string, f serialsim.LineFaults, d time.Duration, meanwhile func(c *serialsim.Control[serialsim.LineFaults])) (heard []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const baud = 9600
		var e *serialsim.Engine[serialsim.LineFaults]
		e = serialsim.New(serialsim.Options[serialsim.LineFaults]{Faults: f, OnLine: func(f serialsim.LineFaults) serialsim.LineFaults { return f }},
			serialsim.Protocol{
				Restart: func(bool, bool) {},
				Alarm:   func() time.Time { return time.Time{} },
				Hear: func(ctx context.Context, line serialsim.Line, _ []byte) error {
					return e.Send(ctx, line, []byte(text))
				},
				Rate: func() int { return baud },
			})
		b := sim.New()
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- e.Serve(ctx, b.AddPort("tty")) }()
		synctest.Wait()
		p, err := b.OpenPort("tty", baud)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte{'?'}); err != nil {
			t.Fatal(err)
		}
		meanwhile(e.Control)
		if err := p.SetDeadline(time.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
		for buf := make([]byte, 64); ; {
			n, err := p.Read(buf)
			heard = append(heard, buf[:n]...)
			if err != nil {
				break
			}
		}
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return heard
}

func nothing(*serialsim.Control[serialsim.LineFaults]) {}

func TestFaultsOfEveryByteDoAsTheySay(t *testing.T) {
	for want, f := range map[string]serialsim.LineFaults{
		"text":     {},
		"":         {Silent: true},
		"tteexxtt": {DoubleByte: 1},
	} {
		if got := recite(t, "text", f, time.Second, nothing); string(got) != want {
			t.Errorf("with %+v a port heard %q, want %q", f, got, want)
		}
	}
	if got := recite(t, "text", serialsim.LineFaults{DropByte: 1}, time.Second, nothing); len(got) > 0 {
		t.Errorf("of bytes that are all lost a port heard %q", got)
	}
	long := string(bytes.Repeat([]byte{'x'}, 10_000))
	if n := len(recite(t, long, serialsim.LineFaults{DropByte: 0.1}, time.Minute, nothing)); n < 8500 || n > 9500 {
		t.Errorf("of 10,000 bytes, a tenth of them lost, a port heard %d", n)
	}
}

// 9600 baud are 960 bytes a second.
func TestWhatIsSentTakesItsTimeAndEndsWithThePower(t *testing.T) {
	long := string(bytes.Repeat([]byte{'x'}, 960))
	for after, want := range map[time.Duration]int{500 * time.Millisecond: 480, 2 * time.Second: 960} {
		got := recite(t, long, serialsim.LineFaults{}, 2*time.Second, func(c *serialsim.Control[serialsim.LineFaults]) {
			time.Sleep(after)
			c.SetPower(false)
		})
		if n := len(got); n < want-10 || n > want+10 {
			t.Errorf("the power went after %v, a port heard %d bytes, want %d", after, n, want)
		}
	}
}

func TestAPartLosesOneByteOrHasItTwice(t *testing.T) {
	r := serialsim.New(serialsim.Options[serialsim.LineFaults]{}, serialsim.Protocol{}).Rand
	for _, c := range []struct {
		at           int
		drop, double float64
		want         string
	}{{2, 0, 0, "abcd"}, {2, 1, 0, "abd"}, {2, 0, 1, "abccd"}, {3, 1, 0, "abc"}, {3, 1, 1, "abcc"}, {0, 1, 1, "bbcd"}} {
		p := []byte("abcd")
		if got := serialsim.Part(r, p, c.at, c.drop, c.double); string(got) != c.want || string(p) != "abcd" {
			t.Errorf("at %d, %v and %v: %q of %q, want %q", c.at, c.drop, c.double, got, p, c.want)
		}
	}
	if got := serialsim.Part(r, []byte("a"), 0, 1, 1); len(got) > 0 {
		t.Errorf("of one byte that is lost: %q, want nothing", got)
	}
}
