package queue

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// A set of photos is a bucket of bitmaps: each key covers 512 sequence numbers,
// so that a million photos are 2,000 keys, and the first or last of a set is found
// without a scan. A block is
//
//	0   8  the earliest, 8 the latest taken of its photos, Unix nanoseconds, so
//	       that a search by time skips it; never narrowed
//	16 64 the bitmap, the lowest number in the lowest bit
const (
	setShift   = 9
	setNumbers = 1 << setShift
	setHeader  = 16
	setBytes   = setHeader + setNumbers/8
)

// set names a set. Those that are states are in states().
type set string

// The sets that are no states.
const (
	setUncopied set = "uncopied" // wait for the second copy
	setCopied   set = "copied"   // the second copy holds them
	setAway     set = "away"     // only the second copy holds them: no file here
	setDropped  set = "dropped"  // a person deleted them before the cloud had them
	setThinned  set = "thinned"  // the policy for a full card did
	setBad      set = "bad"      // bad pictures (photo.Verdict); also of photos that are in the index no more
	setArrived  set = "arrived"  // the cloud has them, and they are below keyKnown: see known.go
)

// sets lists all of them.
func sets() []set {
	all := []set{setUncopied, setCopied, setAway, setDropped, setThinned, setArrived, setBad}
	for _, s := range states() {
		all = append(all, set(s))
	}
	return all
}

// block is one key of a set.
type block struct {
	first    uint64 // the lowest number
	min, max int64
	bits     []byte
}

func (t txn) block(s set, k, v []byte) (block, error) {
	if v == nil {
		return block{}, nil
	}
	v, err := t.open(string(s), k, v)
	if err == nil && (len(v) != setBytes || len(k) != 8) {
		err = fmt.Errorf("%w: index: set %s: block of %d bytes", ErrDamaged, s, len(v))
	}
	if err != nil {
		return block{}, err
	}
	return block{
		first: keySeq(k) << setShift,
		min:   int64(binary.BigEndian.Uint64(v)), max: int64(binary.BigEndian.Uint64(v[8:])),
		bits: v[setHeader:],
	}, nil
}

// blockOf is the block that has or would have seq; one without bits where there
// is none.
func (t txn) blockOf(s set, seq uint64) (block, error) {
	k := seqKey(seq >> setShift)
	return t.block(s, k, t.bucket(string(s)).Get(k))
}

func (b block) has(seq uint64) bool {
	i := seq % setNumbers
	return b.bits != nil && b.bits[i/8]&(1<<(i%8)) != 0
}

func (b block) count() (n int) {
	for i := 0; i < len(b.bits); i += 8 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b.bits[i:]))
	}
	return n
}

// common is how many members two blocks of the same numbers share.
func (b block) common(other block) (n int) {
	for i := 0; i < min(len(b.bits), len(other.bits)); i += 8 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b.bits[i:]) & binary.LittleEndian.Uint64(other.bits[i:]))
	}
	return n
}

// above is the lowest member that is at least seq.
func (b block) above(seq uint64) (uint64, bool) {
	var from uint64
	if seq > b.first {
		from = seq - b.first
	}
	for i := from / 64; i < setNumbers/64 && b.bits != nil; i++ {
		w := binary.LittleEndian.Uint64(b.bits[8*i:])
		if from > 64*i {
			w &= math.MaxUint64 << (from % 64)
		}
		if w != 0 {
			return b.first + 64*i + uint64(bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

// below is the highest member that is at most seq.
func (b block) below(seq uint64) (uint64, bool) {
	if seq < b.first || b.bits == nil {
		return 0, false
	}
	to := int(min(seq-b.first, setNumbers-1))
	for i := to / 64; i >= 0; i-- {
		w := binary.LittleEndian.Uint64(b.bits[8*i:])
		if i == to/64 {
			w &= math.MaxUint64 >> (63 - to%64)
		}
		if w != 0 {
			return b.first + uint64(64*i) + uint64(63-bits.LeadingZeros64(w)), true
		}
	}
	return 0, false
}

// in tells whether the set has the photo.
func (t txn) in(s set, seq uint64) (bool, error) {
	b, err := t.blockOf(s, seq)
	return err == nil && b.has(seq), err
}

// mark puts the photo, taken then, into the set or takes it out. changed tells
// whether that made a difference.
func (t txn) mark(s set, seq uint64, taken int64, member bool) (changed bool, err error) {
	b, err := t.blockOf(s, seq)
	if err != nil || b.has(seq) == member {
		return false, err
	}
	v := make([]byte, setBytes)
	if b.bits == nil {
		b.min, b.max = math.MaxInt64, math.MinInt64
	}
	copy(v[setHeader:], b.bits)
	b.bits = v[setHeader:]
	i := seq % setNumbers
	b.bits[i/8] ^= 1 << (i % 8)
	key := seqKey(seq >> setShift)
	if !member && b.count() == 0 {
		return true, t.bucket(string(s)).Delete(key)
	}
	if member {
		b.min, b.max = min(b.min, taken), max(b.max, taken)
	}
	binary.BigEndian.PutUint64(v, uint64(b.min))
	binary.BigEndian.PutUint64(v[8:], uint64(b.max))
	return true, t.put(string(s), key, v)
}

// ascend calls visit for the members of the set that are at least from and were
// taken in w, ascending, until it returns false.
func (t txn) ascend(s set, from uint64, w span, visit func(seq uint64) (more bool, err error)) error {
	return t.ascendBut(s, nil, from, w, visit)
}

// ascendBut is ascend for the members that are in none of the other sets. It
// compares whole blocks: what is left out costs next to nothing.
func (t txn) ascendBut(s set, others []set, from uint64, w span, visit func(seq uint64) (more bool, err error)) error {
	in := window{t: t, span: w}
	c := t.bucket(string(s)).Cursor()
	for k, v := c.Seek(seqKey(from >> setShift)); k != nil; k, v = c.Next() {
		if !w.meets(v) {
			continue
		}
		b, err := t.blockBut(s, others, k, v)
		if err != nil {
			return err
		}
		for seq, ok := b.above(from); ok; seq, ok = b.above(seq + 1) {
			if more, err := in.visit(seq, visit); !more || err != nil {
				return err
			}
			if seq == math.MaxUint64 {
				return nil
			}
		}
	}
	return nil
}

// descend is ascend from the highest member that is at most from, descending.
func (t txn) descend(s set, from uint64, w span, visit func(seq uint64) (more bool, err error)) error {
	return t.descendBut(s, nil, from, w, visit)
}

// descendBut is to descend what ascendBut is to ascend.
func (t txn) descendBut(s set, others []set, from uint64, w span, visit func(seq uint64) (more bool, err error)) error {
	in := window{t: t, span: w}
	c := t.bucket(string(s)).Cursor()
	k, v := c.Seek(seqKey(from >> setShift))
	switch {
	case k == nil:
		k, v = c.Last()
	case keySeq(k) > from>>setShift:
		k, v = c.Prev()
	}
	for ; k != nil; k, v = c.Prev() {
		if !w.meets(v) {
			continue
		}
		b, err := t.blockBut(s, others, k, v)
		if err != nil {
			return err
		}
		for seq, ok := b.below(from); ok; seq, ok = b.below(seq - 1) {
			if more, err := in.visit(seq, visit); !more || err != nil {
				return err
			}
			if seq == 0 {
				return nil
			}
		}
	}
	return nil
}

// except is ascendBut at any time.
func (t txn) except(s set, others []set, from uint64, visit func(seq uint64) (more bool, err error)) error {
	return t.ascendBut(s, others, from, span{}, visit)
}

// blockBut is the block without the members of the other sets.
func (t txn) blockBut(s set, others []set, k, v []byte) (block, error) {
	b, err := t.block(s, k, v)
	if err != nil || len(others) == 0 {
		return b, err
	}
	b.bits = slices.Clone(b.bits)
	for _, other := range others {
		o, err := t.blockOf(other, b.first)
		if err != nil {
			return block{}, err
		}
		for i := range o.bits {
			b.bits[i] &^= o.bits[i]
		}
	}
	return b, nil
}

// first is the lowest member of the set.
func (t txn) first(s set) (seq uint64, ok bool, err error) {
	err = t.ascend(s, 0, span{}, func(n uint64) (bool, error) {
		seq, ok = n, true
		return false, nil
	})
	return seq, ok, err
}
