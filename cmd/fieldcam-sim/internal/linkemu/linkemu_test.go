package linkemu

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// device is one end as the kernel gives it: each Read takes a packet.
type device struct {
	packets chan []byte
}

func (d *device) Read(p []byte) (int, error) {
	b, ok := <-d.packets
	if !ok {
		return 0, io.EOF
	}
	return copy(p, b), nil
}

// arrivals notes when packets arrive.
type arrivals struct {
	packets [][]byte
	last    time.Time
}

func (a *arrivals) Write(p []byte) (int, error) {
	a.packets = append(a.packets, bytes.Clone(p))
	a.last = time.Now()
	return len(p), nil
}

// ipPacket is an IPv4 packet as far as the link looks.
func ipPacket(n int) []byte {
	p := make([]byte, n)
	p[0] = 0x45
	return p
}

// carry sends the packets through one direction, with pauses between them.
func carry(shape Shape, pause time.Duration, packets ...[]byte) (*arrivals, Counts) {
	in, out := &device{make(chan []byte)}, &arrivals{}
	d := &direction{in: in, out: out, shape: shape}
	over := make(chan struct{})
	go func() {
		defer close(over)
		d.run(nil)
	}()
	for _, p := range packets {
		in.packets <- p
		time.Sleep(pause)
	}
	close(in.packets)
	<-over
	return out, d.counts()
}

func many(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = ipPacket(size)
	}
	return all
}

func TestRateIsKept(t *testing.T) {
	for name, pause := range map[string]time.Duration{"all at once": 0, "faster than the link": 5 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			got, _ := carry(Shape{BitsPerSecond: 1_000_000, Delay: 100 * time.Millisecond}, pause, many(1000, 1500)...)
			// 1000 packets of 12,000 bits at 1 Mbit/s, and the way.
			if took, want := got.last.Sub(began), 12*time.Second+100*time.Millisecond; took != want || len(got.packets) != 1000 {
				t.Errorf("%s: %d packets in %v, want 1000 in %v", name, len(got.packets), took, want)
			}
		})
	}
}

func TestSlowSenderIsNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got, _ := carry(Shape{BitsPerSecond: 1_000_000, Delay: 50 * time.Millisecond}, time.Second, many(3, 1250)...)
		if took, want := got.last.Sub(began), 2*time.Second+60*time.Millisecond; took != want {
			t.Errorf("the third packet arrived after %v, want %v", took, want)
		}
	})
}

func TestEveryIPv4ByteCountsAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v6 := make([]byte, 72)
		v6[0] = 0x60
		got, counts := carry(Shape{}, 0, ipPacket(40), v6, ipPacket(1500), ipPacket(52))
		if want := (Counts{Packets: 3, Bytes: 1592}); counts != want || len(got.packets) != 3 {
			t.Errorf("got %+v and %d arrivals, want %+v and 3", counts, len(got.packets), want)
		}
		for i, n := range []int{40, 1500, 52} {
			if len(got.packets[i]) != n {
				t.Errorf("arrival %d has %d bytes, want %d", i, len(got.packets[i]), n)
			}
		}
	})
}

func TestFullQueueDropsWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 10 packets fit, and stay for a second or more each.
		got, counts := carry(Shape{BitsPerSecond: 8000, QueueBytes: 10_000}, 0, many(25, 1000)...)
		if counts.Overflowed != 15 || len(got.packets) != 10 || counts.Bytes != 25_000 {
			t.Errorf("got %+v and %d arrivals, want 15 dropped of 25,000 bytes and 10", counts, len(got.packets))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if _, counts := carry(Shape{BitsPerSecond: 8000, QueueBytes: 10_000}, time.Second, many(25, 1000)...); counts.Overflowed != 0 {
			t.Errorf("%d dropped at the link's own rate, want none", counts.Overflowed)
		}
	})
}

func TestLossIsRepeatableAndAsOften(t *testing.T) {
	const n = 20_000
	lose := func(seed uint64) (all []bool, count int) {
		s := newShaper(Shape{Loss: 0.05, Seed: seed})
		for range n {
			_, f := s.take(time.Time{}, 100)
			all = append(all, f == lost)
			if f == lost {
				count++
			}
		}
		return all, count
	}
	a, count := lose(1)
	if count < n*4/100 || count > n*6/100 {
		t.Errorf("%d of %d lost, want about 5 %%", count, n)
	}
	b, _ := lose(1)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("packet %d: lost %v, then %v with the same seed", i, a[i], b[i])
		}
	}
}

func TestStopEndsADirectionInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out, stop := &device{make(chan []byte)}, &arrivals{}, make(chan struct{})
		d := &direction{in: in, out: out, shape: Shape{Delay: time.Hour}}
		over := make(chan struct{})
		go func() {
			defer close(over)
			d.run(stop)
		}()
		in.packets <- ipPacket(100)
		close(stop)
		close(in.packets)
		began := time.Now()
		<-over
		if took := time.Since(began); took != 0 || len(out.packets) != 0 {
			t.Errorf("ended after %v with %d arrivals, want at once with none", took, len(out.packets))
		}
	})
}

// The real thing, where this machine and user can have it; elsewhere it must say
// so.
func TestLinkCarriesAndCountsOrSaysWhyNot(t *testing.T) {
	l, err := Open(Shape{}, Shape{})
	if err != nil {
		if !errors.Is(err, ErrUnavailable) || l != nil {
			t.Errorf("Open: %v and %v, want an ErrUnavailable", l, err)
		}
		return
	}
	defer l.Close()
	var near, far net.PacketConn
	err = errors.Join(
		l.Near().Do(func() (err error) { near, err = net.ListenPacket("udp4", NearAddress+":0"); return err }),
		l.Far().Do(func() (err error) { far, err = net.ListenPacket("udp4", FarAddress+":0"); return err }))
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	defer far.Close()
	near.SetDeadline(time.Now().Add(time.Minute))
	if _, err := far.WriteTo([]byte("hello"), near.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, from, err := near.ReadFrom(buf)
	if err != nil || string(buf[:n]) != "hello" || from.String() != far.LocalAddr().String() {
		t.Fatalf("got %q from %v, %v", buf[:n], from, err)
	}
	const headers = 20 + 8 // RFC 791, RFC 768
	up, down := l.Counts()
	if want := (Counts{Packets: 1, Bytes: headers + 5}); up != want || down != (Counts{}) {
		t.Errorf("counted %+v up and %+v down, want %+v and nothing", up, down, want)
	}
	l.Close()
	if err := l.Far().Do(func() error { return nil }); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Do after Close: %v, want %v", err, net.ErrClosed)
	}
}
