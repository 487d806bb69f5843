package ptpsim_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/capture/camera/ptpsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run serves a camera until the test ends.
func run(tb testing.TB, o ptpsim.Options) *ptpsim.Camera {
	tb.Helper()
	c, err := ptpsim.Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return c
}

// dial connects to the camera.
func dial(tb testing.TB, c *ptpsim.Camera) net.Conn {
	tb.Helper()
	parts := strings.Split(c.Port(), ":")
	conn, err := net.Dial("tcp", parts[1]+":"+parts[2])
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		tb.Fatal(err)
	}
	return conn
}

// send sends a packet, and receive takes one.
func send(tb testing.TB, conn net.Conn, kind uint32, body ...byte) {
	tb.Helper()
	b := binary.LittleEndian.AppendUint32(nil, uint32(8+len(body)))
	b = binary.LittleEndian.AppendUint32(b, kind)
	if _, err := conn.Write(append(b, body...)); err != nil {
		tb.Fatal(err)
	}
}

func receive(tb testing.TB, conn net.Conn) (kind uint32, body []byte) {
	tb.Helper()
	var head [8]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		tb.Fatal(err)
	}
	body = make([]byte, binary.LittleEndian.Uint32(head[:])-8)
	if _, err := io.ReadFull(conn, body); err != nil {
		tb.Fatal(err)
	}
	return binary.LittleEndian.Uint32(head[4:]), body
}

// hello is a host's identity and name.
var hello = append(bytes.Repeat([]byte{7}, 16), 'h', 0, 0, 0, 0, 0, 1, 0)

func TestASecondHostIsRefusedWhileOneIsThere(t *testing.T) {
	c := run(t, ptpsim.Options{})
	first := dial(t, c)
	send(t, first, 1, hello...)
	if kind, _ := receive(t, first); kind != 2 {
		t.Fatalf("the first host is answered with packet %d, want 2", kind)
	}
	second := dial(t, c)
	send(t, second, 1, hello...)
	if kind, _ := receive(t, second); kind != 5 {
		t.Errorf("the second host is answered with packet %d, want 5", kind)
	}
	first.Close()
	for range 1000 { // the camera notices when it reads
		third := dial(t, c)
		send(t, third, 1, hello...)
		if kind, _ := receive(t, third); kind == 2 {
			return
		}
		third.Close()
	}
	t.Error("a host that has gone keeps the camera")
}

func TestAnOperationWithoutASessionIsRefused(t *testing.T) {
	c := run(t, ptpsim.Options{})
	conn := dial(t, c)
	send(t, conn, 1, hello...)
	receive(t, conn)
	request := []byte{1, 0, 0, 0, 0x04, 0x10, 9, 0, 0, 0} // GetStorageIDs, transaction 9
	send(t, conn, 6, request...)
	kind, body := receive(t, conn)
	if want := []byte{0x03, 0x20, 9, 0, 0, 0}; kind != 7 || !bytes.Equal(body, want) {
		t.Errorf("answered with packet %d, % x; want 7, % x", kind, body, want)
	}
}

func TestPicturesDecodeAndDiffer(t *testing.T) {
	for _, least := range []int64{0, 300_000, 3_000_000} {
		a, b := ptpsim.JPEG(1, least), ptpsim.JPEG(2, least)
		if bytes.Equal(a, b) || int64(len(a)) < least {
			t.Errorf("pictures of %d and %d bytes, want two different ones of %d or more", len(a), len(b), least)
		}
		if _, err := jpeg.Decode(bytes.NewReader(a)); err != nil {
			t.Errorf("a picture of %d bytes: %v", len(a), err)
		}
	}
}

func TestAPowerCycleEndsWhatIsWrongButForTheCard(t *testing.T) {
	c := run(t, ptpsim.Options{RAW: true, RAWBytes: 1000})
	if !c.Press() {
		t.Fatal("no picture")
	}
	c.Power(false)
	if c.Press() {
		t.Error("a picture without power")
	}
	c.Power(true)
	if !c.Press() || len(c.Files()) != 4 {
		t.Errorf("%d files after a power cycle, want those of both shots", len(c.Files()))
	}
	c.SetFaults(ptpsim.Faults{NeverUp: true})
	c.Power(false)
	c.Power(true)
	if c.Press() {
		t.Error("a picture of a camera that never comes up")
	}
}

// FuzzHost is a host that sends anything: the camera goes on.
func FuzzHost(f *testing.F) {
	open := []byte{18, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0x02, 0x10, 1, 0, 0, 0}
	f.Add(open)
	f.Add(append(open, 255, 255, 255, 255))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := run(t, ptpsim.Options{})
		conn := dial(t, c)
		send(t, conn, 1, hello...)
		receive(t, conn)
		if _, err := conn.Write(b); err != nil {
			return // it has hung up
		}
		conn.Close()
		if !c.Press() {
			t.Error("the camera does not go on")
		}
	})
}
