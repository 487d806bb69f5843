package haltest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"fieldcam/hal"
)

// PortRig is a board with one serial port that nobody holds.
type PortRig struct {
	Board hal.Board
	// Port is the port's name.
	Port string
	// Unknown is a port that the board does not have.
	Unknown string
	// Far is the other end of the line. Reads of it wait for a byte.
	Far io.ReadWriter
	// Baud is the rate that the port is set to, as the far end sees it.
	Baud func() int
	// Settle is how long bytes may take from one end to the other, beside their time
	// on the line. Zero: 30 ms.
	Settle time.Duration
	// Unplug takes the port away, and Replug brings it back, with another far end
	// maybe; nil where that can't be done, and Replug alone where it does not return.
	Unplug, Replug func()
}

const (
	// soon is a deadline that the checks wait for.
	soon = 30 * time.Millisecond
	// limit ends a check whose board waits for ever; a busy machine may take most
	// of it.
	limit = 2 * time.Minute
)

// Ports checks the board's serial ports. For each check it calls run, which
// makes a fresh rig and passes it on.
func Ports(t *testing.T, run func(t *testing.T, check func(testing.TB, PortRig))) {
	suite(t, run, map[string]func(testing.TB, PortRig){
		"EveryByteValuePassesUnchanged":    everyByte,
		"RateIsTheOneAskedFor":             rate,
		"ImpossibleRateIsAnError":          impossibleRate,
		"HeldByOneUserAtATime":             portHeldByOne,
		"UnknownPortIsAnError":             unknownPort,
		"DeadlineEndsAReadThatWaits":       readDeadline,
		"NewDeadlineEndsAReadUnderWay":     newDeadline,
		"DeadlineEndsAWriteThatWaits":      writeDeadline,
		"CloseEndsAReadThatWaits":          closeEndsRead,
		"DiscardDropsWhatArrived":          discard,
		"ReopenedPortStartsWithoutOldData": reopened,
		"UnpluggedPortIsAnErrorAndNoWait":  unplugged,
	})
}

func everyByte(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	defer closePort(t, p)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if n, err := p.Write(all); n != len(all) || err != nil {
		t.Fatalf("Write: %d, %v, want %d, nil", n, err, len(all))
	}
	if got := readFull(t, r.Far, len(all)); !bytes.Equal(got, all) {
		t.Errorf("the far end got % x, want 00 to ff", got)
	}
	if _, err := r.Far.Write(all); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	if got := readFull(t, p, len(all)); !bytes.Equal(got, all) {
		t.Errorf("the port got % x, want 00 to ff", got)
	}
}

func rate(t testing.TB, r PortRig) {
	p := openPort(t, r, 9600)
	defer closePort(t, p)
	for _, baud := range []int{9600, 115200, 38400, 57600, 19200} {
		if err := p.SetBaud(baud); err != nil {
			t.Fatalf("SetBaud(%d): %v", baud, err)
		}
		if got := r.Baud(); got != baud {
			t.Errorf("after SetBaud(%d) the rate is %d", baud, got)
		}
	}
}

func impossibleRate(t testing.TB, r PortRig) {
	for _, baud := range []int{0, -9600, 12345} {
		if p, err := r.Board.OpenPort(r.Port, baud); err == nil {
			p.Close()
			t.Errorf("opened at %d baud, want an error", baud)
		}
	}
	p := openPort(t, r, 9600)
	defer closePort(t, p)
	if err := p.SetBaud(12345); err == nil {
		t.Error("SetBaud(12345) succeeded, want an error")
	}
	if got := r.Baud(); got != 9600 {
		t.Errorf("after a refused rate the port is at %d, want 9600", got)
	}
}

func portHeldByOne(t testing.TB, r PortRig) {
	p := openPort(t, r, 9600)
	if second, err := r.Board.OpenPort(r.Port, 115200); err == nil {
		second.Close()
		t.Error("a port that is held was opened again, want an error")
	}
	if got := r.Baud(); got != 9600 {
		t.Errorf("a refused open changed the rate to %d, want 9600", got)
	}
	closePort(t, p)
	closePort(t, openPort(t, r, 9600))
}

func unknownPort(t testing.TB, r PortRig) {
	if p, err := r.Board.OpenPort(r.Unknown, 9600); err == nil {
		p.Close()
		t.Errorf("unknown port %s was opened, want an error", r.Unknown)
	}
}

func readDeadline(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	defer closePort(t, p)
	start := time.Now()
	setDeadline(t, p, start.Add(soon))
	n, err := p.Read(make([]byte, 8))
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read of a silent line: %d, %v, want 0, os.ErrDeadlineExceeded", n, err)
	}
	if d := time.Since(start); d < soon {
		t.Errorf("Read ended after %v, before its deadline of %v", d, soon)
	}
	setDeadline(t, p, time.Time{})
	if _, err := r.Far.Write([]byte{7}); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	if got := readFull(t, p, 1); got[0] != 7 {
		t.Errorf("after the deadline was lifted Read gave %#x, want 0x07", got[0])
	}
}

func newDeadline(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	defer closePort(t, p)
	setDeadline(t, p, time.Now().Add(time.Hour))
	ended := startRead(p)
	time.Sleep(soon)
	setDeadline(t, p, time.Unix(1, 0))
	if err := await(t, "Read", ended); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read ended with %v, want os.ErrDeadlineExceeded", err)
	}
}

func writeDeadline(t testing.TB, r PortRig) {
	p := openPort(t, r, 9600)
	defer closePort(t, p)
	setDeadline(t, p, time.Now().Add(soon))
	// Nobody reads: more than every buffer on the way can hold.
	huge := make([]byte, 1<<20)
	n, err := p.Write(huge)
	if n >= len(huge) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Write that nobody reads: %d, %v, want fewer than %d, os.ErrDeadlineExceeded", n, err, len(huge))
	}
}

func closeEndsRead(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	ended := startRead(p)
	time.Sleep(soon)
	closePort(t, p)
	if err := await(t, "Read", ended); err == nil {
		t.Error("Read of a closed port succeeded, want an error")
	}
	closePort(t, p)
	if _, err := p.Write([]byte{1}); err == nil {
		t.Error("Write to a closed port succeeded, want an error")
	}
}

func discard(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	defer closePort(t, p)
	if _, err := r.Far.Write([]byte("old old old")); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	readFull(t, p, 1) // the rest follows in no time
	time.Sleep(max(soon, r.Settle))
	if err := p.Discard(); err != nil {
		t.Fatalf("Discard: %v", err)
	}
	if _, err := r.Far.Write([]byte("new")); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	if got := readFull(t, p, 3); string(got) != "new" {
		t.Errorf("after Discard Read gave %q, want %q", got, "new")
	}
}

func reopened(t testing.TB, r PortRig) {
	p := openPort(t, r, 115200)
	if _, err := r.Far.Write([]byte("old old old")); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	readFull(t, p, 1) // what was written has arrived, or the rest follows in no time
	time.Sleep(max(soon, r.Settle))
	closePort(t, p)
	p = openPort(t, r, 115200)
	defer closePort(t, p)
	if _, err := r.Far.Write([]byte("new")); err != nil {
		t.Fatalf("far end's write: %v", err)
	}
	if got := readFull(t, p, 3); string(got) != "new" {
		t.Errorf("a reopened port gave %q, want %q", got, "new")
	}
}

func openPort(t testing.TB, r PortRig, baud int) hal.Port {
	t.Helper()
	p, err := r.Board.OpenPort(r.Port, baud)
	if err != nil {
		t.Fatalf("OpenPort(%s, %d): %v", r.Port, baud, err)
	}
	return p
}

func closePort(t testing.TB, p hal.Port) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func setDeadline(t testing.TB, p hal.Port, at time.Time) {
	t.Helper()
	if err := p.SetDeadline(at); err != nil {
		t.Fatalf("SetDeadline: %v", err)
	}
}

// startRead reads one byte in a goroutine that ends with the Read.
func startRead(p hal.Port) <-chan error {
	return begin(func() error {
		_, err := p.Read(make([]byte, 1))
		return err
	})
}

func readFull(t testing.TB, from io.Reader, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	if n, err := io.ReadFull(from, p); err != nil {
		t.Fatalf("read: %v after % x", err, p[:n])
	}
	return p
}
