package serial_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/serial"
	"fieldcam/hal/sim"
)

// talk runs test with a conversation at 9600 baud, and the line's far end.
func talk(t *testing.T, test func(t *testing.T, c *serial.Conn, far *sim.End)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		far := b.AddPort("tty")
		p, err := b.OpenPort("tty", 9600)
		if err != nil {
			t.Fatal(err)
		}
		test(t, serial.New(p, 9600), far)
		if err := errors.Join(p.Close(), far.Close()); err != nil {
			t.Error(err)
		}
	})
}

func say(t *testing.T, far *sim.End, text string) {
	t.Helper()
	if _, err := far.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// The context may end between two waits: no later wait may begin anew.
func TestEndedContextEndsEveryWait(t *testing.T) {
	talk(t, func(t *testing.T, c *serial.Conn, far *sim.End) {
		ctx, cancel := context.WithCancel(t.Context())
		release := c.Watch(ctx)
		say(t, far, "a")
		if b, err := c.Next(ctx, time.Now().Add(time.Hour)); b != 'a' || err != nil {
			t.Errorf("Next: %q, %v, want 'a'", b, err)
		}
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		for what, wait := range map[string]func() error{
			"Next": func() error { _, err := c.Next(ctx, time.Now().Add(time.Hour)); return err },
			"ReadFull": func() error {
				_, err := c.ReadFull(ctx, make([]byte, 4), time.Hour, time.Now().Add(time.Hour))
				return err
			},
			"Quiet": func() error { return c.Quiet(ctx, 10*time.Second) },
			"Pause": func() error { return serial.Pause(ctx, time.Hour) },
			"Write": func() error { return c.Write(ctx, make([]byte, 1<<20), time.Hour) },
		} {
			if err := wait(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s when its context ends: %v, want context.Canceled", what, err)
			}
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("the waits took %v, want 1s: the context's end", d)
		}
		release()
	})
}

func TestWaitsEndAtTheirBounds(t *testing.T) {
	talk(t, func(t *testing.T, c *serial.Conn, far *sim.End) {
		defer c.Watch(t.Context())()
		start := time.Now()
		if _, err := c.Next(t.Context(), start.Add(time.Second)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Next of a silent line: %v after %v, want os.ErrDeadlineExceeded after 1s", err, time.Since(start))
		}
		say(t, far, "abc")
		p := make([]byte, 8)
		start = time.Now()
		n, err := c.ReadFull(t.Context(), p, 100*time.Millisecond, start.Add(time.Minute))
		if n != 3 || string(p[:n]) != "abc" || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) > 110*time.Millisecond {
			t.Errorf("ReadFull: %q, %v after %v, want abc and os.ErrDeadlineExceeded after about 100ms", p[:n], err, time.Since(start))
		}
	})
}

func TestQuietWaitsForTheLinesSilence(t *testing.T) {
	talk(t, func(t *testing.T, c *serial.Conn, far *sim.End) {
		defer c.Watch(t.Context())()
		say(t, far, string(bytes.Repeat([]byte{'x'}, 960))) // a second
		start := time.Now()
		if err := c.Quiet(t.Context(), 50*time.Millisecond); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d < time.Second || d > 1200*time.Millisecond {
			t.Errorf("Quiet took %v, want a second and little more", d)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				if _, err := far.Write([]byte("babble")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		start = time.Now()
		if err := c.Quiet(t.Context(), 50*time.Millisecond); err == nil || time.Since(start) > time.Minute {
			t.Errorf("Quiet on a line that does not stop: %v after %v, want an error within a minute", err, time.Since(start))
		}
		if err := far.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
}

func TestSeenQuotesTheLastBytes(t *testing.T) {
	talk(t, func(t *testing.T, c *serial.Conn, far *sim.End) {
		defer c.Watch(t.Context())()
		say(t, far, "0123456789abcdefghij")
		for range 20 {
			if _, err := c.Next(t.Context(), time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(c.Seen()); got != "456789abcdefghij" {
			t.Errorf("Seen: %q, want the last 16 bytes", got)
		}
		if err := c.Discard(); err != nil || len(c.Seen()) > 0 {
			t.Errorf("Seen after Discard: %q, %v, want nothing", c.Seen(), err)
		}
	})
}

func TestSearchSaysWhatCameWhereNothingAnswers(t *testing.T) {
	silent := func(got string) error {
		return &serial.SilenceError{Want: "hello: want a reply", Wait: time.Second, Got: []byte(got)}
	}
	broken := errors.New("input/output error")
	for name, c := range map[string]struct {
		answers map[int]error // by rate, where not silent
		baud    int
		asked   int
		err     string
	}{
		"the first":      {map[int]error{9600: nil}, 9600, 1, ""},
		"the last":       {map[int]error{57600: nil}, 57600, 3, ""},
		"none":           {nil, 0, 6, "look for the camera: want hello at [9600 19200 57600] baud, got nothing at any"},
		"another's":      {map[int]error{19200: silent("ab")}, 0, 6, "look for the camera: want hello at [9600 19200 57600] baud, got … 61 62"},
		"a broken port":  {map[int]error{19200: broken}, 0, 2, "look for the camera: input/output error"},
		"damaged, found": {map[int]error{9600: silent("x"), 57600: nil}, 57600, 3, ""},
	} {
		talk(t, func(t *testing.T, conn *serial.Conn, far *sim.End) {
			asked := 0
			baud, err := conn.Search([]int{9600, 19200, 57600}, 2, "hello", func(baud int) error {
				asked++
				if far.Baud() != baud {
					t.Errorf("%s: asked at %d baud, want %d", name, far.Baud(), baud)
				}
				if err, ok := c.answers[baud]; ok {
					return err
				}
				return silent("")
			})
			if baud != c.baud || asked != c.asked || err == nil && c.err != "" || err != nil && err.Error() != c.err {
				t.Errorf("%s: at %d baud after %d questions, %v; want %d, %d, %s", name, baud, asked, err, c.baud, c.asked, c.err)
			}
		})
	}
}
