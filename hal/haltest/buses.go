package haltest

import (
	"bytes"
	"testing"
	"time"

	"fieldcam/hal"
)

// BusRig is a board with one I2C bus and one device on it: registers of one byte,
// of which the first byte written chooses one, the bytes after it go there and to the next
// ones, and reading goes on from there.
type BusRig struct {
	Board hal.Board
	// Bus is the bus's name, and Unknown one that the board does not have.
	Bus, Unknown string
	// Device is the device's address; nothing is at Absent.
	Device, Absent uint16
	// SetStuck holds the bus, or lets it go; nil where that can't be done.
	SetStuck func(stuck bool)
}

// busBound is what Tx may take at the very most.
const busBound = time.Second

// Buses checks the board's I2C buses. For each check it calls run, which makes a
// fresh rig and passes it on.
func Buses(t *testing.T, run func(t *testing.T, check func(testing.TB, BusRig))) {
	suite(t, run, map[string]func(testing.TB, BusRig){
		"WhatIsWrittenIsReadBack":  writeRead,
		"NobodyAtTheAddress":       nobody,
		"ImpossibleTransfersFail":  badTransfers,
		"ManyMayHaveTheBus":        manyUsers,
		"StuckBusIsAnErrorInTime":  stuckBus,
		"ClosedBusIsAnError":       closedBus,
		"UnknownBusIsAnError":      unknownBus,
		"TransfersDoNotMix":        noMixing,
		"ReadingAloneGoesOnFromIt": readAlone,
	})
}

func writeRead(t testing.TB, r BusRig) {
	b := openBus(t, r)
	defer closeBus(t, b)
	tx(t, b, r.Device, []byte{0x10, 1, 2, 3}, nil)
	got := make([]byte, 3)
	tx(t, b, r.Device, []byte{0x10}, got)
	if !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("read % x, want 01 02 03", got)
	}
}

func readAlone(t testing.TB, r BusRig) {
	b := openBus(t, r)
	defer closeBus(t, b)
	tx(t, b, r.Device, []byte{0x20, 7, 8}, nil)
	tx(t, b, r.Device, []byte{0x20}, nil)
	got := make([]byte, 2)
	tx(t, b, r.Device, nil, got)
	if !bytes.Equal(got, []byte{7, 8}) {
		t.Errorf("read % x, want 07 08", got)
	}
}

func nobody(t testing.TB, r BusRig) {
	b := openBus(t, r)
	defer closeBus(t, b)
	if err := b.Tx(r.Absent, []byte{0}, make([]byte, 1)); err == nil {
		t.Errorf("a transfer with nobody at %#x succeeded, want an error", r.Absent)
	}
	tx(t, b, r.Device, []byte{0}, make([]byte, 1))
}

func badTransfers(t testing.TB, r BusRig) {
	b := openBus(t, r)
	defer closeBus(t, b)
	for _, c := range []struct {
		what string
		addr uint16
		w, r []byte
	}{
		{"an empty transfer", r.Device, nil, nil},
		{"address 0", 0, []byte{0}, nil},
		{"address 0x78", 0x78, []byte{0}, nil},
		{"a 10-bit address", 0x100 | r.Device, []byte{0}, nil},
		{"too long a write", r.Device, make([]byte, hal.MaxTransfer+1), nil},
		{"too long a read", r.Device, []byte{0}, make([]byte, hal.MaxTransfer+1)},
	} {
		if err := b.Tx(c.addr, c.w, c.r); err == nil {
			t.Errorf("%s succeeded, want an error", c.what)
		}
	}
}

func manyUsers(t testing.TB, r BusRig) {
	one, two := openBus(t, r), openBus(t, r)
	defer closeBus(t, two)
	tx(t, one, r.Device, []byte{0x30, 5}, nil)
	closeBus(t, one)
	got := make([]byte, 1)
	tx(t, two, r.Device, []byte{0x30}, got)
	if got[0] != 5 {
		t.Errorf("the other user reads %#x, want 0x05", got[0])
	}
}

func noMixing(t testing.TB, r BusRig) {
	const users, rounds = 4, 50
	done := make(chan error, users)
	for u := range users {
		b := openBus(t, r)
		defer closeBus(t, b)
		at := byte(0x40 + u)
		go func() {
			var err error
			for n := range rounds {
				got := make([]byte, 1)
				if err = b.Tx(r.Device, []byte{at, byte(n)}, nil); err != nil {
					break
				}
				if err = b.Tx(r.Device, []byte{at}, got); err != nil {
					break
				}
				if got[0] != byte(n) {
					t.Errorf("user %d, round %d: read %#x", u, n, got[0])
				}
			}
			done <- err
		}()
	}
	for range users {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func stuckBus(t testing.TB, r BusRig) {
	if r.SetStuck == nil {
		return // this board's bus can't be held from outside
	}
	b := openBus(t, r)
	defer closeBus(t, b)
	r.SetStuck(true)
	start := time.Now()
	if err := b.Tx(r.Device, []byte{0}, make([]byte, 1)); err == nil {
		t.Error("a transfer on a stuck bus succeeded, want an error")
	}
	if d := time.Since(start); d > busBound {
		t.Errorf("it took %v, want %v at most", d, busBound)
	}
	r.SetStuck(false)
	tx(t, b, r.Device, []byte{0}, make([]byte, 1))
}

func closedBus(t testing.TB, r BusRig) {
	b := openBus(t, r)
	closeBus(t, b)
	closeBus(t, b)
	if err := b.Tx(r.Device, []byte{0}, make([]byte, 1)); err == nil {
		t.Error("a transfer after Close succeeded, want an error")
	}
}

func unknownBus(t testing.TB, r BusRig) {
	if b, err := r.Board.OpenBus(r.Unknown); err == nil {
		b.Close()
		t.Errorf("unknown bus %s was opened, want an error", r.Unknown)
	}
}

func openBus(t testing.TB, r BusRig) hal.Bus {
	t.Helper()
	b, err := r.Board.OpenBus(r.Bus)
	if err != nil {
		t.Fatalf("OpenBus(%s): %v", r.Bus, err)
	}
	return b
}

func closeBus(t testing.TB, b hal.Bus) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func tx(t testing.TB, b hal.Bus, addr uint16, w, r []byte) {
	t.Helper()
	if err := b.Tx(addr, w, r); err != nil {
		t.Fatalf("Tx(%#x, % x, %d bytes): %v", addr, w, len(r), err)
	}
}
