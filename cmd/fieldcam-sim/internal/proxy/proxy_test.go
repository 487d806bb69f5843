package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

// patience bounds every wait for something that happens at once on an idle
// machine; quiet is how long nothing must happen.
const (
	patience = 2 * time.Minute
	quiet    = 100 * time.Millisecond
)

// echo is the address of a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	return serve(t, func(c net.Conn) { _, _ = io.Copy(c, c) }) // ends with the connection
}

// serve is the address of a server that answers each connection with f.
func serve(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func listen(t *testing.T, target string) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Listen(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", p.Addr(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends text and wants it back within limit.
func ask(c net.Conn, text string, limit time.Duration) error {
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != text {
		return errors.New("got " + string(got))
	}
	return nil
}

func set(t *testing.T, p *proxy.Proxy, m proxy.Mode) {
	t.Helper()
	if err := p.SetMode(m); err != nil {
		t.Fatal(err)
	}
}

func TestAnOpenNetworkCarriesEveryByteAndCountsIt(t *testing.T) {
	p := listen(t, echo(t))
	c := dial(t, p)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	go func() {
		_, _ = c.Write(sent) // the reader below sees what is missing
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	c.SetDeadline(time.Now().Add(patience))
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes, %v; want the %d sent, then the end", len(got), err, len(sent))
	}
	if n := p.Bytes(); n != int64(2*len(sent)) {
		t.Errorf("counted %d bytes, want %d", n, 2*len(sent))
	}
}

func TestACutBreaksConnectionsAndRefusesNewOnes(t *testing.T) {
	p := listen(t, echo(t))
	c := dial(t, p)
	if err := ask(c, "before", patience); err != nil {
		t.Fatal(err)
	}
	set(t, p, proxy.Cut)
	if err := ask(c, "cut", patience); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("over a cut line: got %v, want a reset", err)
	}
	if c, err := net.DialTimeout("tcp", p.Addr(), patience); err == nil {
		c.Close()
		t.Error("a cut network took a connection")
	}
	set(t, p, proxy.Open)
	if err := ask(dial(t, p), "after", patience); err != nil {
		t.Errorf("after the cut: %v", err)
	}
}

func TestAHoleHoldsBytesBackAndLosesNone(t *testing.T) {
	p := listen(t, echo(t))
	c := dial(t, p)
	if err := ask(c, "before", patience); err != nil {
		t.Fatal(err)
	}
	set(t, p, proxy.Hole)
	c.SetDeadline(time.Time{})
	if _, err := io.WriteString(c, "in the hole"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("in the hole"))
	c.SetReadDeadline(time.Now().Add(quiet))
	var late net.Error
	if n, err := c.Read(got); n != 0 || !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("in the hole: got %q, %v, want a time-out", got[:n], err)
	}
	set(t, p, proxy.Open)
	c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "in the hole" {
		t.Errorf("after the hole: got %q, %v; want what was sent in it", got, err)
	}
}

func TestACutEndsAHole(t *testing.T) {
	p := listen(t, echo(t))
	set(t, p, proxy.Hole)
	c := dial(t, p)
	set(t, p, proxy.Cut)
	if err := ask(c, "x", patience); err == nil {
		t.Error("a connection outlived the cut")
	}
}

func TestAResetSparesNewConnections(t *testing.T) {
	p := listen(t, echo(t))
	c := dial(t, p)
	if err := ask(c, "before", patience); err != nil {
		t.Fatal(err)
	}
	p.Reset()
	if err := ask(c, "reset", patience); err == nil {
		t.Error("a connection outlived the reset")
	}
	if err := ask(dial(t, p), "after", patience); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestASlowLineTakesItsTime(t *testing.T) {
	p := listen(t, echo(t))
	const rate, size = 64 << 10, 16 << 10 // both ways; one burst of 4 KiB is free
	p.SetRate(rate)
	began := time.Now()
	if err := ask(dial(t, p), string(make([]byte, size)), patience); err != nil {
		t.Fatal(err)
	}
	least := time.Duration(2*size-4<<10) * time.Second / rate
	if took := time.Since(began); took < least-least/10 {
		t.Errorf("%d bytes and back at %d bytes/s: took %v, want at least %v", size, rate, took, least)
	}
}

func TestAnotherTargetGetsTheNewConnections(t *testing.T) {
	p := listen(t, echo(t))
	old := dial(t, p)
	if err := ask(old, "x", patience); err != nil {
		t.Fatal(err)
	}
	p.SetTarget(serve(t, func(c net.Conn) { _, _ = io.WriteString(c, "portal") }))
	c := dial(t, p)
	c.SetDeadline(time.Now().Add(patience))
	if got, err := io.ReadAll(c); string(got) != "portal" {
		t.Errorf("got %q, %v; want the other target's answer", got, err)
	}
	if err := ask(old, "y", patience); err != nil {
		t.Errorf("the old connection: %v", err)
	}
}

func TestCloseEndsEverythingWhateverTheNetworkDoes(t *testing.T) {
	for _, m := range []proxy.Mode{proxy.Open, proxy.Cut, proxy.Hole} {
		p := listen(t, echo(t))
		c := dial(t, p)
		p.SetRate(1) // a chunk would take an hour
		if _, err := c.Write(make([]byte, 8<<10)); err != nil {
			t.Fatal(err)
		}
		set(t, p, m)
		done := make(chan struct{})
		go func() { p.Close(); p.Close(); close(done) }()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatalf("mode %d: Close waits", m)
		}
		if err := p.SetMode(proxy.Open); err != nil {
			t.Errorf("SetMode after Close: got %v, want nothing done", err)
		}
	}
}
