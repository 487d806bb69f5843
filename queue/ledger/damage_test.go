package ledger_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"fieldcam/queue/ledger"
)

func TestDamagedBytesAreRefused(t *testing.T) {
	whole := fill(49, 15*time.Minute, 7, onePercent()).Encode()
	for n := range len(whole) {
		if _, err := ledger.Decode(noon, whole[:n]); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("the first %d of %d bytes: %v, want ErrDamaged", n, len(whole), err)
		}
	}
	for name, b := range map[string][]byte{
		"another version":   append([]byte{9}, whole[1:]...),
		"a byte more":       append(slices.Clone(whole), 0),
		"a slot tomorrow":   {1, 0, 1, 0x01, 0, 0x80, 0xa3, 0x05, 3}, // three from 00:00, 12 h apart
		"a slot twice":      {1, 0, 2, 0x21, 2, 0x21, 0},
		"a photo and a gap": {1, 0, 1, 0x29, 0, 0, 0},
		"neither":           {1, 0, 1, 0x20, 0},
		"too many photos":   {1, 0, 1, 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		if _, err := ledger.Decode(noon, b); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add((&ledger.Day{}).Encode())
	f.Add(fill(49, 15*time.Minute, 7, none).Encode())
	f.Add(fill(1000, 5*time.Second, 7, onePercent()).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ledger.Decode(noon, b)
		if err != nil {
			if !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("Decode: %v, want ErrDamaged", err)
			}
			return
		}
		again, err := ledger.Decode(noon, d.Encode())
		if err != nil {
			t.Fatalf("Decode of what Encode made: %v", err)
		}
		if d.Len() > 1000 {
			return // each slot would take too long
		}
		if got, want := slices.Collect(again.All()), slices.Collect(d.All()); !slices.EqualFunc(got, want, equal) {
			t.Errorf("encoded and decoded: %+v, want %+v", got, want)
		}
		last := midnight.Add(-1)
		for a := range d.All() {
			if !a.Slot.After(last) || !a.Slot.Before(midnight.AddDate(0, 0, 1)) {
				t.Errorf("slot %s after %s", a.Slot, last)
			}
			last = a.Slot
		}
		if _, err := ledger.ReadProof(noon, d.Proof()); err != nil {
			t.Errorf("ReadProof: %v", err)
		}
	})
}

func FuzzReadProof(f *testing.F) {
	f.Add(fill(49, 15*time.Minute, 7, none).Proof())
	f.Add(fill(17_280, 5*time.Second, 7, onePercent()).Proof())
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ledger.ReadProof(noon, b)
		if err != nil && !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("ReadProof: %v, want ErrDamaged", err)
		}
		for _, s := range list {
			if s.Taken+s.Failed+s.Skipped != s.Slots || s.Slots < 1 || s.To.Before(s.From) {
				t.Errorf("ReadProof has %+v", s)
			}
		}
	})
}

func equal(a, b ledger.Account) bool {
	return a.Slot.Equal(b.Slot) && slices.Equal(a.Photos, b.Photos) && a.Cause == b.Cause && a.Detail == b.Detail
}
