package loopback_test

import (
	"net"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/loopback"
)

func TestAFreeAddressCanBeListenedOnAgainAndAgain(t *testing.T) {
	addr, err := loopback.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoListenersHaveTwoPorts(t *testing.T) {
	a, err := loopback.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := loopback.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if a.Addr().String() == b.Addr().String() {
		t.Errorf("both listen on %s", a.Addr())
	}
}

func TestNoPortIsGivenTwice(t *testing.T) {
	// Of 17,000: were they drawn blindly, some would come twice as good as surely.
	seen := map[string]bool{}
	for range 400 {
		addr, err := loopback.FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Errorf("%s was given twice", addr)
		}
		seen[addr] = true
	}
}
