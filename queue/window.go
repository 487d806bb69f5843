package queue

import (
	"encoding/binary"
	"math"
	"time"
)

// span is a time by photos' exposure: from <= taken < to; a zero end is open.
type span struct{ from, to time.Time }

// meets tells whether the block with that value may have photos of the time. It
// looks no closer: a search far back passes thousands. (That a value is whole was
// seen when the index was opened.)
func (w span) meets(v []byte) bool {
	if w.open() || len(v) < setHeader {
		return true
	}
	first, last := int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:]))
	return (w.from.IsZero() || last >= nanoseconds(w.from)) && (w.to.IsZero() || first < nanoseconds(w.to))
}

func (w span) holds(taken int64) bool {
	return (w.from.IsZero() || taken >= nanoseconds(w.from)) && (w.to.IsZero() || taken < nanoseconds(w.to))
}

func (w span) open() bool { return w.from.IsZero() && w.to.IsZero() }

// nanoseconds is t's Unix nanoseconds; of a year that they can't hold, which a
// person may give as "ever", the nearest that they can.
func nanoseconds(t time.Time) int64 {
	switch s := t.Unix(); {
	case s <= math.MinInt64/int64(time.Second):
		return math.MinInt64
	case s >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// window lets photos of a time through to a visitor. It keeps the records that it
// read last, as neighbours share a key.
type window struct {
	t txn
	span
	key     uint64
	records []byte
}

func (w *window) visit(seq uint64, visit func(seq uint64) (bool, error)) (more bool, err error) {
	if w.open() {
		return visit(seq)
	}
	if key := seq >> recordsShift; w.records == nil || key != w.key {
		if w.records, err = w.t.get(bucketRecords, seqKey(key)); err != nil {
			return false, err
		}
		w.key = key
	}
	if len(w.records) != recordsBlock*recordBytes {
		return true, nil
	}
	if !w.holds(int64(binary.BigEndian.Uint64(w.records[seq%recordsBlock*recordBytes:]))) {
		return true, nil
	}
	return visit(seq)
}
