package serialtest

import (
	"context"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// Peer is a port with a simulated camera at its other end.
type Peer struct {
	hal.Port
	// Quiet is the silence that ends what the camera says.
	Quiet time.Duration
}

// Talk runs test with a simulated camera that new makes, and a port to it at a rate, in
// simulated time.
func Talk[C interface {
	Serve(ctx context.Context, line serialsim.Line) error
}](t *testing.T, baud int, quiet time.Duration, new func() C, test func(t *testing.T, c C, p *Peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		c := new()
		defer serve(t, c, b.AddPort("tty"))()
		p, err := b.OpenPort("tty", baud)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		test(t, c, &Peer{p, quiet})
	})
}

// Hear is what the camera says until it is quiet.
func (p *Peer) Hear(t testing.TB) []byte {
	t.Helper()
	var all []byte
	buf := make([]byte, 4096)
	for {
		if err := p.SetDeadline(time.Now().Add(p.Quiet)); err != nil {
			t.Fatal(err)
		}
		n, err := p.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			return all
		}
	}
}

// Ask sends a command, in hexadecimal, and hears the answer.
func (p *Peer) Ask(t testing.TB, command string) []byte {
	t.Helper()
	if err := p.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(Unhex(t, command)); err != nil {
		t.Fatal(err)
	}
	return p.Hear(t)
}

// Want asks and compares, in hexadecimal; xx is any byte.
func (p *Peer) Want(t testing.TB, command, reply string) {
	t.Helper()
	got := p.Ask(t, command)
	text := strings.ToUpper(hex.EncodeToString(got))
	want := strings.ReplaceAll(reply, " ", "")
	same := len(text) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = want[i] == 'x' || want[i] == text[i]
	}
	if !same {
		t.Errorf("%s: got % X, want %s", command, got, reply)
	}
}

// Unhex is what a text in hexadecimal says, with spaces between.
func Unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Heard is a port on which everything has arrived already, and nothing more will.
func Heard(in []byte) hal.Port { return &heard{in} }

type heard struct{ in []byte }

func (h *heard) Read(p []byte) (int, error) {
	if len(h.in) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(p, h.in)
	h.in = h.in[n:]
	return n, nil
}

func (h *heard) Write(p []byte) (int, error)   { return len(p), nil }
func (h *heard) SetDeadline(_ time.Time) error { return nil }
func (h *heard) SetBaud(int) error             { return nil }
func (h *heard) Discard() error                { return nil }
func (h *heard) Close() error                  { return nil }
