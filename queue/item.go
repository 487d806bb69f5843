package queue

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// State is how far a photo has come.
type State string

// The states.
const (
	Waiting   State = "waiting"   // the cloud has not got it
	Refused   State = "refused"   // the cloud refuses these bytes; waits for Retry
	Confirmed State = "confirmed" // the cloud has it; its file may be deleted
	Lost      State = "lost"      // its file vanished or changed before the cloud had it
)

// states lists them in the order of their counters.
func states() []State { return []State{Waiting, Refused, Confirmed, Lost} }

// Item is one photo of the queue.
type Item struct {
	photo.Meta
	State State
	// Reason and Since say why and from when, by the wall clock of then, it is
	// Refused or Lost; empty otherwise.
	Reason string
	Since  time.Time
	// UploadURL is where its upload goes on; empty where none was begun.
	UploadURL string
}

// seqKey is big-endian, so that keys sort as numbers do.
func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// keySeq reads a seqKey; 0, which no photo has, where b isn't one.
func keySeq(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// stateRecord is the value in a state's bucket: the photo's size in 8 bytes, so
// that counters need no other page, then JSON or nothing.
type stateRecord struct {
	size      int64
	Reason    string    `json:"reason,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	UploadURL string    `json:"url,omitempty"`
}

func (r stateRecord) encode() ([]byte, error) {
	b := binary.BigEndian.AppendUint64(nil, uint64(r.size))
	if r == (stateRecord{size: r.size}) {
		return b, nil
	}
	rest, err := json.Marshal(r)
	return append(b, rest...), err
}

func decodeState(b []byte) (stateRecord, error) {
	if len(b) < 8 {
		return stateRecord{}, fmt.Errorf("%w: state of %d bytes", ErrDamaged, len(b))
	}
	r := stateRecord{size: int64(binary.BigEndian.Uint64(b))}
	if r.size < 1 {
		return stateRecord{}, fmt.Errorf("%w: state of a photo of %d bytes", ErrDamaged, r.size)
	}
	if len(b) > 8 {
		if err := json.Unmarshal(b[8:], &r); err != nil {
			return stateRecord{}, fmt.Errorf("%w: state: %w", ErrDamaged, err)
		}
	}
	return r, nil
}

// counter is the sum over one state's photos.
type counter struct{ photos, bytes int64 }

type counters map[State]counter

func (c counters) add(s State, photos, size int64) {
	c[s] = counter{c[s].photos + photos, c[s].bytes + photos*size}
}

func (c counters) encode() []byte {
	var b []byte
	for _, s := range states() {
		b = binary.BigEndian.AppendUint64(b, uint64(c[s].photos))
		b = binary.BigEndian.AppendUint64(b, uint64(c[s].bytes))
	}
	return b
}

// decodeCounters reads what encode made; nil, as in a new index, is all zero.
func decodeCounters(b []byte) (counters, error) {
	c := counters{}
	if b == nil {
		return c, nil
	}
	if len(b) != 16*len(states()) {
		return nil, fmt.Errorf("%w: counters of %d bytes", ErrDamaged, len(b))
	}
	for i, s := range states() {
		c[s] = counter{int64(binary.BigEndian.Uint64(b[16*i:])), int64(binary.BigEndian.Uint64(b[16*i+8:]))}
	}
	return c, nil
}

func (t txn) counters() (counters, error) {
	return decodeCounters(t.bucket(bucketMeta).Get([]byte(keyCounters)))
}

// count adds photos (which may be negative) of one size to a state's counter.
func (t txn) count(s State, photos, size int64) error {
	c, err := t.counters()
	if err != nil {
		return err
	}
	c.add(s, photos, size)
	return t.bucket(bucketMeta).Put([]byte(keyCounters), c.encode())
}

// meta is the photo with that number; the error wraps ErrUnknown where there is
// none, and is an itemError where it can't be decoded.
func (t txn) meta(seq uint64) (photo.Meta, error) {
	v := t.bucket(bucketItems).Get(seqKey(seq))
	if v == nil {
		return photo.Meta{}, fmt.Errorf("photo %d: %w", seq, ErrUnknown)
	}
	m, err := spool.DecodeMeta(v)
	if err == nil && m.Seq() != seq {
		err = fmt.Errorf("%w: it is %s", ErrDamaged, m.ID)
	}
	if err != nil {
		return photo.Meta{}, &itemError{seq, err}
	}
	return m, nil
}

// holds tells whether the photo with that number is the one called id. It
// doesn't decode: a start asks for each file of the spool.
func (t txn) holds(seq uint64, id photo.ID) bool {
	prefix := []byte(`{"id":"` + string(id) + `"`) // ID is Meta's first member
	return bytes.HasPrefix(t.bucket(bucketItems).Get(seqKey(seq)), prefix)
}

// state is that of the photo with that number; the error wraps ErrUnknown where
// there is none.
func (t txn) state(seq uint64) (State, stateRecord, error) {
	for _, s := range states() {
		if v := t.bucket(string(s)).Get(seqKey(seq)); v != nil {
			r, err := decodeState(v)
			return s, r, err
		}
	}
	return "", stateRecord{}, fmt.Errorf("photo %d: %w", seq, ErrUnknown)
}

// set writes the state of a photo that has none.
func (t txn) set(seq uint64, s State, r stateRecord) error {
	v, err := r.encode()
	if err != nil {
		return err
	}
	if err := t.bucket(string(s)).Put(seqKey(seq), v); err != nil {
		return err
	}
	return t.count(s, 1, r.size)
}

// unset takes the photo's state away.
func (t txn) unset(seq uint64, s State, r stateRecord) error {
	if err := t.bucket(string(s)).Delete(seqKey(seq)); err != nil {
		return err
	}
	return t.count(s, -1, r.size)
}

// move changes a photo's state from one to another.
func (t txn) move(seq uint64, from State, old stateRecord, to State, r stateRecord) error {
	r.size = old.size
	if err := t.unset(seq, from, old); err != nil {
		return err
	}
	return t.set(seq, to, r)
}

// forget takes photo and state out of the index; the ledger keeps its ID.
func (t txn) forget(seq uint64, s State, r stateRecord) error {
	if err := t.unset(seq, s, r); err != nil {
		return err
	}
	return t.bucket(bucketItems).Delete(seqKey(seq))
}

// accept is the one way into the index: item, state, ledger, sequence mark.
func (t txn) accept(m photo.Meta) error {
	v, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := t.bucket(bucketItems).Put(seqKey(m.Seq()), v); err != nil {
		return err
	}
	if err := t.set(m.Seq(), Waiting, stateRecord{size: m.Size}); err != nil {
		return err
	}
	if m.Seq() > t.sequence() {
		if err := t.bucket(bucketMeta).Put([]byte(keySequence), seqKey(m.Seq())); err != nil {
			return err
		}
	}
	if m.Trigger != photo.Scheduled {
		return nil
	}
	return t.changeSlot(m.Slot, func(r *slotRecord) {
		if !slices.Contains(r.Photos, m.ID) {
			r.Photos = append(r.Photos, m.ID)
		}
	})
}

// sequence is the highest number that was accepted; 0 where none was.
func (t txn) sequence() uint64 {
	return keySeq(t.bucket(bucketMeta).Get([]byte(keySequence)))
}
