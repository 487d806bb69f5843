package queue

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// members are some of the photos that one key of a set covers: a bitmap like a
// block's.
type members [setNumbers / 64]uint64

// membersOf are those from first to last, both counted, which one key covers.
func membersOf(first, last uint64) (m members) {
	from, to := first%setNumbers, last%setNumbers
	for i := from / 64; i <= to/64; i++ {
		m[i] = math.MaxUint64
	}
	m[from/64] &= math.MaxUint64 << (from % 64)
	m[to/64] &= math.MaxUint64 >> (63 - to%64)
	return m
}

func (m *members) add(seq uint64) { m[seq%setNumbers/64] |= 1 << (seq % 64) }

func (m members) has(seq uint64) bool { return m[seq%setNumbers/64]&(1<<(seq%64)) != 0 }

func (m members) count() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// take takes those that b has out of m, and says how many.
func (m *members) take(b block) (n int) {
	for i := range len(b.bits) / 8 {
		w := m[i] & binary.LittleEndian.Uint64(b.bits[8*i:])
		n += bits.OnesCount64(w)
		m[i] &^= w
	}
	return n
}

// tally counts the day's photos from a number on. It reads each key once, whatever
// the photos: each costs a checksum.
func (t txn) tally(first, count uint64, d *Day) error {
	for count > 0 {
		n := min(count, setNumbers-first%setNumbers)
		if err := t.tallyBlock(first, first+n-1, d); err != nil {
			return err
		}
		first, count = first+n, count-n
	}
	return nil
}

// tallyBlock is tally for photos that one key of a set covers.
func (t txn) tallyBlock(first, last uint64, d *Day) error {
	d.Photos += int(last - first + 1)
	bad, err := t.blockOf(setBad, first)
	if err != nil {
		return err
	}
	all := membersOf(first, last)
	d.Bad += all.take(bad)
	there, gone := members{}, membersOf(first, last)
	for key := first >> recordsShift; key <= last>>recordsShift; key++ {
		all, err := t.recordsOf(key)
		if err != nil {
			return err
		}
		for i := range uint64(len(all) / recordBytes) {
			if seq := key<<recordsShift + i; seq >= first && seq <= last && decodeRecord(all[i*recordBytes:]).exists() {
				there.add(seq)
			}
		}
	}
	for i := range gone {
		gone[i] &^= there[i]
	}
	// As most photos are, in this order: each set that is looked into costs a checksum.
	for _, s := range [stateCount]State{Confirmed, Waiting, Held, Refused, Kept, Lost} {
		if there == (members{}) {
			break
		}
		b, err := t.blockOf(set(s), first)
		if err != nil {
			return err
		}
		*d.stateCount(s) += there.take(b)
	}
	if n := there.count(); n > 0 {
		return fmt.Errorf("%w: index: %d photos from %d on have no state", ErrDamaged, n, first)
	}
	return t.tallyGone(first, last, gone, d)
}

// stateCount is the sum that a photo in that state is of.
func (d *Day) stateCount(s State) *int {
	switch s {
	case Confirmed:
		return &d.Uploaded
	case Kept:
		return &d.Kept
	case Lost:
		return &d.Lost
	default:
		return &d.Waiting
	}
}

// tallyGone counts photos from first to last that the index has no more; one key of a
// set covers them.
func (t txn) tallyGone(first, last uint64, gone members, d *Day) error {
	if gone == (members{}) {
		return nil
	}
	for _, from := range []struct {
		set set
		sum *int
	}{{setDropped, &d.Dropped}, {setThinned, &d.Thinned}, {setAway, &d.Kept}} {
		b, err := t.blockOf(from.set, first)
		if err != nil {
			return err
		}
		*from.sum += gone.take(b)
	}
	known, err := t.number(keyKnown)
	if err != nil {
		return err
	}
	// Below known the cloud has those that are said to have arrived; see known.go.
	if first < known {
		unsure := membersOf(first, min(last, known-1))
		for i := range unsure {
			unsure[i] &= gone[i]
			gone[i] &^= unsure[i]
		}
		b, err := t.blockOf(setArrived, first)
		if err != nil {
			return err
		}
		n := unsure.take(b)
		d.Uploaded, d.Deleted = d.Uploaded+n, d.Deleted+n
		d.Unknown += unsure.count()
	}
	n := gone.count()
	d.Uploaded, d.Deleted = d.Uploaded+n, d.Deleted+n
	return nil
}

// tallyOne is tallyGone for one photo.
func (t txn) tallyOne(seq uint64, d *Day) error { return t.tallyGone(seq, seq, membersOf(seq, seq), d) }
