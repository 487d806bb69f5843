package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// verify checks what the sums of single values can't tell: that each photo has
// exactly one state, each state a photo, and the counters are right. It decodes
// no more than it must: each start does it.
func (t txn) verify() (errs []error) {
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: index: "+format, append([]any{ErrDamaged}, args...)...))
	}
	for _, name := range buckets() {
		if t.bucket(name) == nil {
			bad("bucket %q is missing", name)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	last, err := t.number(keySequence)
	want, errWant := t.counters()
	if err := errors.Join(err, errWant); err != nil {
		return []error{err}
	}
	got := counters{}
	v := verifier{t: t, last: last, bad: bad}
	c := t.bucket(bucketRecords).Cursor()
	for k, value := c.First(); k != nil; k, value = c.Next() {
		if err := v.records(k, value); err != nil {
			return append(errs, err)
		}
	}
	for i, s := range states() {
		got[s] = v.got[i]
	}
	for _, s := range states() {
		if got[s] != want[s] {
			bad("%s: counted %v, counters say %v", s, got[s], want[s])
		}
		if n, err := t.size(set(s)); err != nil || int64(n) != want[s].photos {
			bad("%s: %d members, counters say %d (%v)", s, n, want[s].photos, err)
		}
	}
	return errs
}

// verifier compares the records with the states, a key of records at a time.
type verifier struct {
	t    txn
	last uint64 // the sequence mark
	bad  func(format string, args ...any)
	got  [stateCount]counter
	now  [stateCount]block // those of the states that cover the photos looked at
	// loaded: now is that.
	loaded bool
}

func (v *verifier) records(k, value []byte) error {
	value, err := v.t.open(bucketRecords, k, value)
	if err != nil || len(value) != recordsBlock*recordBytes || len(k) != 8 {
		v.bad("records at %x (%v)", k, err)
		return nil
	}
	first := keySeq(k) << recordsShift
	if err := v.load(first); err != nil {
		return err
	}
	var sizes [recordsBlock]uint32
	var there byte // a bit for each photo
	for i := range sizes {
		if sizes[i] = binary.BigEndian.Uint32(value[i*recordBytes+16:]); sizes[i] > 0 {
			there |= 1 << i
		}
	}
	if there != 0 && first+uint64(bits.Len8(there))-1 > v.last {
		v.bad("sequence mark %d, but there is photo %d", v.last, first+uint64(bits.Len8(there))-1)
	}
	var seen, twice byte
	at := first % setNumbers
	for n := range v.now {
		if v.now[n].bits == nil {
			continue
		}
		in := v.now[n].bits[at/8] >> (at % 8) & (1<<recordsBlock - 1) & there
		twice |= seen & in
		seen |= in
		for i := range sizes {
			if in&(1<<i) != 0 {
				v.got[n].photos++
				v.got[n].bytes += int64(sizes[i])
			}
		}
	}
	for wrong := there&^seen | twice; wrong != 0; wrong &= wrong - 1 {
		v.bad("photo %d has no state or several", first+uint64(bits.TrailingZeros8(wrong)))
	}
	return nil
}

// load reads the blocks of the states that cover the photo.
func (v *verifier) load(seq uint64) (err error) {
	if v.now[0].first == seq>>setShift<<setShift && v.loaded {
		return nil
	}
	for i, s := range states() {
		if v.now[i], err = v.t.blockOf(set(s), seq); err != nil {
			return err
		}
		v.now[i].first = seq >> setShift << setShift
	}
	v.loaded = true
	return nil
}

// size is how many members the set has.
func (t txn) size(s set) (n int, err error) {
	c := t.bucket(string(s)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		b, err := t.block(s, k, v)
		if err != nil {
			return n, err
		}
		n += b.count()
	}
	return n, nil
}
