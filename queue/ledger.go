package queue

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

// Entry is what the ledger says of one slot, or of consecutive slots without a
// photo.
type Entry struct {
	From, To time.Time // the first and the last slot, UTC; equal for one slot
	// Photos are those taken for the slot, in the order of acceptance: more than
	// one where the clock stepped back. They may have been deleted since, once
	// the cloud had them.
	Photos []photo.ID
	// Misses say why there is none. A slot can have both.
	Misses []photo.Miss
}

// detailLimit bounds Miss.Detail in bytes: a ledger of years shares the card.
const detailLimit = 200

// slotRecord is the value in bucketSlots.
type slotRecord struct {
	Photos []photo.ID   `json:"p,omitempty"`
	Misses []missRecord `json:"m,omitempty"`
}

// missRecord is a Miss without its ends, which are in the key.
type missRecord struct {
	Slots  int         `json:"n"`
	Cause  photo.Cause `json:"c"`
	Detail string      `json:"d,omitempty"`
}

// slotKey sorts as the instants do, before 1970 too.
func slotKey(slot time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(slot.UnixNano())^(1<<63))
}

func keySlot(b []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(b)^(1<<63))).UTC()
}

// checkSlot tells whether an instant can be a key: years 1678 to 2262.
func checkSlot(slot time.Time) error {
	if !time.Unix(0, slot.UnixNano()).Equal(slot) {
		return fmt.Errorf("slot %s: want a year from 1678 to 2262", slot)
	}
	return nil
}

// decodeSlot reads a value of bucketSlots.
func decodeSlot(v []byte) (slotRecord, error) {
	var r slotRecord
	if err := json.Unmarshal(v, &r); err != nil {
		return slotRecord{}, fmt.Errorf("%w: ledger: %w", ErrDamaged, err)
	}
	for _, id := range r.Photos {
		if _, err := photo.ParseID(string(id)); err != nil {
			return slotRecord{}, fmt.Errorf("%w: ledger: %w", ErrDamaged, err)
		}
	}
	if len(r.Photos)+len(r.Misses) == 0 {
		return slotRecord{}, fmt.Errorf("%w: ledger: empty entry", ErrDamaged)
	}
	return r, checkMisses(r.Misses)
}

// decodeRange reads a key and value of bucketRanges.
func decodeRange(k, v []byte) (from, to time.Time, misses []missRecord, err error) {
	if len(k) != 16 {
		return from, to, nil, fmt.Errorf("%w: ledger: range of %d bytes", ErrDamaged, len(k))
	}
	if err := json.Unmarshal(v, &misses); err != nil {
		return from, to, nil, fmt.Errorf("%w: ledger: %w", ErrDamaged, err)
	}
	to, from = keySlot(k[:8]), keySlot(k[8:])
	if !from.Before(to) || len(misses) == 0 {
		return from, to, nil, fmt.Errorf("%w: ledger: range from %s to %s", ErrDamaged, from, to)
	}
	return from, to, misses, checkMisses(misses)
}

func checkMisses(misses []missRecord) error {
	for _, m := range misses {
		if m.Slots < 1 || m.Cause == "" {
			return fmt.Errorf("%w: ledger: miss of %d slots, cause %q", ErrDamaged, m.Slots, m.Cause)
		}
	}
	return nil
}

// changeSlot changes the record of one slot.
func (t txn) changeSlot(slot time.Time, change func(*slotRecord)) error {
	var r slotRecord
	if v := t.bucket(bucketSlots).Get(slotKey(slot)); v != nil {
		var err error
		if r, err = decodeSlot(v); err != nil {
			return err
		}
	}
	change(&r)
	v, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return t.bucket(bucketSlots).Put(slotKey(slot), v)
}

// Miss accounts for slots without a photo. It is durable on return. Detail is cut
// at 200 bytes. The same Miss again adds nothing; any other stands beside what
// the ledger has of these slots, such as a longer Miss that spans them.
func (q *Queue) Miss(m photo.Miss) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if m.Slots < 1 || m.To.Before(m.From) || m.Cause == "" {
		return fmt.Errorf("record miss: %d slots from %s to %s, cause %q: no slot, no cause or ends reversed", m.Slots, m.From, m.To, m.Cause)
	}
	for _, end := range []time.Time{m.From, m.To} {
		if err := checkSlot(end); err != nil {
			return fmt.Errorf("record miss: %w", err)
		}
	}
	if len(m.Detail) > detailLimit {
		m.Detail = m.Detail[:detailLimit]
	}
	record := missRecord{m.Slots, m.Cause, strings.ToValidUTF8(m.Detail, "")}
	err := q.update(StepIndexMiss, func(t txn) error { return t.miss(m.From, m.To, record) })
	if err != nil {
		return fmt.Errorf("record miss: %w", err)
	}
	return nil
}

func (t txn) miss(from, to time.Time, record missRecord) error {
	if from.Equal(to) {
		return t.changeSlot(from, func(r *slotRecord) {
			if !slices.Contains(r.Misses, record) {
				r.Misses = append(r.Misses, record)
			}
		})
	}
	var records []missRecord
	key := append(slotKey(to), slotKey(from)...)
	if v := t.bucket(bucketRanges).Get(key); v != nil {
		var err error
		if _, _, records, err = decodeRange(key, v); err != nil {
			return err
		}
	}
	if slices.Contains(records, record) {
		return nil
	}
	v, err := json.Marshal(append(records, record))
	if err != nil {
		return err
	}
	return t.bucket(bucketRanges).Put(key, v)
}

// LastSlot is the latest slot, by its own time, that is accounted for; false
// where none is, where the queue is closed, or where the index can't be read,
// which is logged. Manual photos don't count.
func (q *Queue) LastSlot() (slot time.Time, ok bool) {
	q.read("last slot", func(t txn) error {
		slot, ok = t.lastSlot()
		return nil
	})
	return slot, ok
}

func (t txn) lastSlot() (slot time.Time, ok bool) {
	if k, _ := t.bucket(bucketSlots).Cursor().Last(); len(k) == 8 {
		slot, ok = keySlot(k), true
	}
	// A range's key begins with its end, so that the last key ends last.
	if k, _ := t.bucket(bucketRanges).Cursor().Last(); len(k) == 16 {
		if to := keySlot(k[:8]); !ok || to.After(slot) {
			slot, ok = to, true
		}
	}
	return slot, ok
}

// Taken tells whether the ledger has a photo of the very slot; misses, which may
// span slots that a wrong clock only jumped over, don't count. false too where
// the queue is closed or the index can't be read, which is logged.
func (q *Queue) Taken(slot time.Time) (ok bool) {
	if checkSlot(slot) != nil {
		return false
	}
	q.read("slot ledger", func(t txn) error {
		v := t.bucket(bucketSlots).Get(slotKey(slot))
		if v == nil {
			return nil
		}
		r, err := decodeSlot(v)
		ok = len(r.Photos) > 0
		return err
	})
	return ok
}

// Accounted tells whether the ledger has the slot, taken or missed. All that lies
// in the span of a Miss counts, even where the clock was wrong that made it: ask
// Taken for photos alone, and record what is known better by another Miss. false
// too where the queue is closed or the index can't be read, which is logged.
func (q *Queue) Accounted(slot time.Time) (ok bool) {
	if checkSlot(slot) != nil {
		return false
	}
	q.read("slot ledger", func(t txn) (err error) {
		ok, err = t.accounted(slot)
		return err
	})
	return ok
}

func (t txn) accounted(slot time.Time) (bool, error) {
	if t.bucket(bucketSlots).Get(slotKey(slot)) != nil {
		return true, nil
	}
	// The key begins with the range's end: those that ended before the slot are
	// not looked at, and few end after a slot of today.
	c := t.bucket(bucketRanges).Cursor()
	for k, v := c.Seek(slotKey(slot)); k != nil; k, v = c.Next() {
		from, _, _, err := decodeRange(k, v)
		if err != nil || !from.After(slot) {
			return err == nil, err
		}
	}
	return false, nil
}

// Ledger lists what is known of the slots from <= slot < to, ascending. Ask for
// a day at a time: the answer is in memory as a whole.
func (q *Queue) Ledger(from, to time.Time) ([]Entry, error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	for _, end := range []time.Time{from, to} {
		if err := checkSlot(end); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
	}
	var all []Entry
	err := q.view(func(t txn) (err error) {
		all, err = t.ledger(from, to)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.From.Compare(b.From) })
	return all, nil
}

func (t txn) ledger(from, to time.Time) (all []Entry, err error) {
	c := t.bucket(bucketSlots).Cursor()
	for k, v := c.Seek(slotKey(from)); k != nil && keySlot(k).Before(to); k, v = c.Next() {
		r, err := decodeSlot(v)
		if err != nil {
			return nil, err
		}
		at := keySlot(k)
		all = append(all, Entry{From: at, To: at, Photos: r.Photos, Misses: misses(at, at, r.Misses)})
	}
	c = t.bucket(bucketRanges).Cursor()
	for k, v := c.Seek(slotKey(from)); k != nil; k, v = c.Next() {
		first, last, records, err := decodeRange(k, v)
		if err != nil {
			return nil, err
		}
		if first.Before(to) {
			all = append(all, Entry{From: first, To: last, Misses: misses(first, last, records)})
		}
	}
	return all, nil
}

func misses(from, to time.Time, records []missRecord) (all []photo.Miss) {
	for _, r := range records {
		all = append(all, photo.Miss{From: from, To: to, Slots: r.Slots, Cause: r.Cause, Detail: r.Detail})
	}
	return all
}
