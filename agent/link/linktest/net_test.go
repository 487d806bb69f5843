package linktest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/link/linktest"
)

// connect makes a network with one connection; both ends are closed at the end.
func connect(t *testing.T) (n *linktest.Net, near, far net.Conn) {
	t.Helper()
	n = linktest.New()
	l, err := n.Listen("hub:1")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	near, err = n.Dial(t.Context(), "tcp", "hub:1")
	if err != nil {
		t.Fatal(err)
	}
	far = <-accepted
	t.Cleanup(func() { near.Close(); far.Close(); l.Close() })
	return n, near, far
}

func TestBytesArriveInOrderThenEOF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, near, far := connect(t)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 20_000) // more than the buffer
		go func() {
			near.Write(sent)
			near.Close()
		}()
		got, err := io.ReadAll(far)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("got %d bytes, %v, want %d", len(got), err, len(sent))
		}
		if _, err := far.Write([]byte{1}); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to a closed peer: %v, want EPIPE", err)
		}
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of a closed connection: %v, want net.ErrClosed", err)
		}
	})
}

func TestDeadlinesEndWaitsAlsoWhenMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, near, _ := connect(t)
		begin := time.Now()
		near.SetReadDeadline(begin.Add(time.Hour))
		time.AfterFunc(time.Second, func() { near.SetReadDeadline(begin.Add(3 * time.Second)) })
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != 3*time.Second {
			t.Errorf("read: %v after %v, want a deadline after 3s", err, time.Since(begin))
		}
		near.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := near.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != 64<<10 {
			t.Errorf("write: %d bytes, %v, want 65536 and a deadline", n, err)
		}
	})
}

func TestSeveredNetworkResetsAndRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, near, far := connect(t)
		time.AfterFunc(time.Second, func() { n.Cut(linktest.Severed) })
		for _, c := range []net.Conn{near, far} {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read: %v, want ECONNRESET", err)
			}
		}
		if _, err := n.Dial(t.Context(), "tcp", "hub:1"); !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("dial: %v, want ENETUNREACH", err)
		}
		n.Restore()
		if _, err := n.Dial(t.Context(), "tcp", "nobody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v, want ECONNREFUSED", err)
		}
	})
}

// TestResetIsNoOutage: whoever connects again at once is let in, also where the
// network was cut before.
func TestResetIsNoOutage(t *testing.T) {
	for _, before := range []linktest.Cut{linktest.Whole, linktest.BlackHoled, linktest.Severed} {
		synctest.Test(t, func(t *testing.T) {
			n, near, far := connect(t)
			l, err := n.Listen("hub:2")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					c.Close()
				}
			}()
			n.Cut(before)
			if _, err := near.Write([]byte("lost")); (err != nil) != (before == linktest.Severed) {
				t.Errorf("cut %d: write: %v", before, err)
			}
			dialled := make(chan error, 1)
			go func() { // as soon as it can tell that something happened
				_, err := near.Read(make([]byte, 1))
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("cut %d: read: %v, want ECONNRESET", before, err)
				}
				if before == linktest.Severed {
					dialled <- nil // told of the cut, not of the reset
					return
				}
				c, err := n.Dial(t.Context(), "tcp", "hub:2")
				if err == nil {
					c.Close()
				}
				dialled <- err
			}()
			synctest.Wait()
			n.Reset()
			if err := <-dialled; err != nil {
				t.Errorf("cut %d: dial after the reset: %v, want a connection", before, err)
			}
			if b, err := io.ReadAll(far); !errors.Is(err, syscall.ECONNRESET) || len(b) != 0 {
				t.Errorf("cut %d: the far end read %q, %v, want nothing and ECONNRESET", before, b, err)
			}
			if _, err := n.Dial(t.Context(), "tcp", "nobody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("cut %d: dial after the reset: %v, want a whole network: ECONNREFUSED", before, err)
			}
		})
	}
}

func TestBlackHoleSwallowsUntilRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, near, far := connect(t)
		n.Cut(linktest.BlackHoled)
		near.Write([]byte("late"))
		begin := time.Now()
		time.AfterFunc(time.Minute, n.Restore)
		b := make([]byte, 4)
		if _, err := io.ReadFull(far, b); err != nil || string(b) != "late" || time.Since(begin) != time.Minute {
			t.Errorf("read %q, %v after %v, want it after 1m", b, err, time.Since(begin))
		}
		n.Cut(linktest.BlackHoled)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Dial(ctx, "tcp", "hub:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial: %v, want the context's end", err)
		}
		if _, err := n.Dial(t.Context(), "tcp", "hub:1"); !errors.Is(err, syscall.ETIMEDOUT) {
			t.Errorf("dial: %v, want ETIMEDOUT", err)
		}
	})
}

func TestLimitPacesBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, near, far := connect(t)
		n.Limit(1000)
		begin := time.Now()
		go near.Write(make([]byte, 10_000))
		if _, err := io.ReadFull(far, make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d < 8*time.Second || d > 10*time.Second {
			t.Errorf("10000 bytes took %v at 1000 a second", d)
		}
	})
}
