package queue

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

// spanRecord is the value in bucketSpans: a Miss whose slots nobody could list.
// Of several with the same ends the newest stands.
type spanRecord struct {
	Slots  int         `json:"n"`
	Cause  photo.Cause `json:"c"`
	Detail string      `json:"d,omitempty"`
}

// detailLimit bounds a span's detail in bytes.
const detailLimit = 200

func (t txn) missSpan(m photo.Miss) error {
	if len(m.Detail) > detailLimit {
		m.Detail = m.Detail[:detailLimit]
	}
	v, err := json.Marshal(spanRecord{m.Slots, m.Cause, strings.ToValidUTF8(m.Detail, "")})
	if err != nil {
		return err
	}
	return t.put(bucketSpans, append(slotKey(m.To), slotKey(m.From)...), v)
}

// decodeSpan reads a key and value of bucketSpans.
func decodeSpan(k, v []byte) (e Entry, err error) {
	if len(k) != 16 {
		return Entry{}, fmt.Errorf("%w: ledger: span of %d bytes", ErrDamaged, len(k))
	}
	var r spanRecord
	if err := json.Unmarshal(v, &r); err != nil {
		return Entry{}, fmt.Errorf("%w: ledger: %w", ErrDamaged, err)
	}
	e = Entry{From: keySlot(k[8:]), To: keySlot(k[:8]), Slots: r.Slots, Cause: r.Cause, Detail: r.Detail}
	if !e.From.Before(e.To) || r.Slots < 1 || r.Cause == "" {
		return Entry{}, fmt.Errorf("%w: ledger: span of %d slots from %s to %s, cause %q", ErrDamaged, r.Slots, e.From, e.To, r.Cause)
	}
	return e, nil
}

// spans calls visit for the spans that hold an instant from <= slot < to.
func (t txn) spans(from, to time.Time, visit func(Entry)) error {
	// The key begins with the span's end: those that ended before are not looked
	// at, and few end after a slot of today.
	c := t.bucket(bucketSpans).Cursor()
	for k, v := c.Seek(slotKey(from)); k != nil; k, v = c.Next() {
		v, err := t.open(bucketSpans, k, v)
		if err != nil {
			return err
		}
		e, err := decodeSpan(k, v)
		if err != nil {
			return err
		}
		if e.From.Before(to) {
			visit(e)
		}
	}
	return nil
}

// spanned tells whether a span holds the slot.
func (t txn) spanned(slot time.Time) (ok bool, err error) {
	err = t.spans(slot, slot.Add(1), func(Entry) { ok = true })
	return ok, err
}
