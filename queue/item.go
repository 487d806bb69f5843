package queue

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// State is how far a photo has come.
type State string

// The states.
const (
	Waiting   State = "waiting"   // the cloud has not got it
	Held      State = "held"      // as Waiting, but a person said: not now
	Refused   State = "refused"   // the cloud refuses these bytes; waits for Retry
	Kept      State = "kept"      // its kind is not uploaded
	Confirmed State = "confirmed" // the cloud has it; its file may be deleted
	Lost      State = "lost"      // its file vanished or changed before the cloud had it
)

// states lists them in the order of their counters.
func states() []State { return []State{Waiting, Held, Refused, Kept, Confirmed, Lost} }

// stateCount is how many there are.
const stateCount = 6

// ParseState is the state called name.
func ParseState(name string) (State, error) {
	for _, s := range states() {
		if string(s) == name {
			return s, nil
		}
	}
	return "", fmt.Errorf("no state %.20q: want one of %v", name, states())
}

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
	// Copied: the second copy holds it. Away: only the second copy does.
	Copied, Away bool
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

// note says why a photo is Refused or Lost.
type note struct {
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

func (t txn) note(seq uint64) (n note, err error) {
	v, err := t.get(bucketNotes, seqKey(seq))
	if err == nil && v != nil {
		if err = json.Unmarshal(v, &n); err != nil {
			err = fmt.Errorf("%w: index: note of photo %d: %w", ErrDamaged, seq, err)
		}
	}
	return n, err
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

// counters are all zero in a new index.
func (t txn) counters() (counters, error) {
	b, err := t.get(bucketMeta, []byte(keyCounters))
	c := counters{}
	if err != nil || b == nil {
		return c, err
	}
	if len(b) != 16*len(states()) {
		return nil, fmt.Errorf("%w: index: counters of %d bytes", ErrDamaged, len(b))
	}
	for i, s := range states() {
		c[s] = counter{int64(binary.BigEndian.Uint64(b[16*i:])), int64(binary.BigEndian.Uint64(b[16*i+8:]))}
	}
	return c, nil
}

// count adds photos (which may be negative) of one size to a state's counter.
func (t txn) count(s State, photos, size int64) error {
	c, err := t.counters()
	if err != nil {
		return err
	}
	c.add(s, photos, size)
	return t.put(bucketMeta, []byte(keyCounters), c.encode())
}

// state is that of the photo with that number, and its record; the error wraps
// ErrUnknown where there is no such photo.
func (t txn) state(seq uint64) (State, record, error) {
	r, err := t.record(seq)
	if err != nil {
		return "", record{}, err
	}
	if !r.exists() {
		return "", record{}, fmt.Errorf("photo %d: %w", seq, ErrUnknown)
	}
	// As most photos are: each set that is looked into costs a checksum.
	for _, s := range [stateCount]State{Confirmed, Waiting, Held, Refused, Kept, Lost} {
		if in, err := t.in(set(s), seq); in || err != nil {
			return s, r, err
		}
	}
	return "", record{}, fmt.Errorf("%w: index: photo %d has no state", ErrDamaged, seq)
}

// set gives a state to a photo that has none.
func (t txn) set(seq uint64, s State, r record, n note) error {
	if _, err := t.mark(set(s), seq, r.taken, true); err != nil {
		return err
	}
	if n != (note{}) {
		v, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if err := t.put(bucketNotes, seqKey(seq), v); err != nil {
			return err
		}
	}
	return t.count(s, 1, int64(r.size))
}

// unset takes the photo's state away.
func (t txn) unset(seq uint64, s State, r record) error {
	if _, err := t.mark(set(s), seq, r.taken, false); err != nil {
		return err
	}
	if s == Refused || s == Lost {
		if err := t.bucket(bucketNotes).Delete(seqKey(seq)); err != nil {
			return err
		}
	}
	return t.count(s, -1, int64(r.size))
}

// move changes a photo's state from one to another.
func (t txn) move(seq uint64, from State, r record, to State, n note) error {
	if err := t.unset(seq, from, r); err != nil {
		return err
	}
	return t.set(seq, to, r, n)
}

// forget takes the photo out of the index; the ledger keeps its number.
func (t txn) forget(seq uint64, s State, r record) error {
	if err := t.unset(seq, s, r); err != nil {
		return err
	}
	for _, mark := range []set{setUncopied, setCopied} {
		if _, err := t.mark(mark, seq, r.taken, false); err != nil {
			return err
		}
	}
	if s == Confirmed {
		if err := t.arrived(seq, r.taken); err != nil {
			return err
		}
	}
	return t.putRecord(seq, record{})
}

// accept is the one way into the index: record, state, ledger, sequence mark.
func (t txn) accept(m photo.Meta, s State, copies bool) error {
	seq := m.Seq()
	r, err := recordOf(m)
	if err != nil {
		return err
	}
	if err := t.putRecord(seq, r); err != nil {
		return err
	}
	if err := t.set(seq, s, r, note{}); err != nil {
		return err
	}
	if m.Verdict.Bad() {
		if _, err := t.mark(setBad, seq, r.taken, true); err != nil {
			return err
		}
	}
	if copies {
		if _, err := t.mark(setUncopied, seq, r.taken, true); err != nil {
			return err
		}
	}
	last, err := t.number(keySequence)
	if err != nil {
		return err
	}
	if seq > last {
		if err := t.putNumber(keySequence, seq); err != nil {
			return err
		}
	}
	if m.Trigger != photo.Scheduled {
		return nil
	}
	return t.changeDay(m.Session, m.Slot, func(d *ledgerDay) bool { return d.Take(m.Slot, seq) })
}

// meta is what is known of the photo with that number: from the metadata that it
// carries, else from the record alone, as for a photo without file, or one that
// the card won't give: it must not keep the others from being listed and sent. Where they
// contradict each other, the photo's bytes decide (Verify), and this is the
// record's word.
func (q *Queue) meta(t txn, seq uint64) (photo.Meta, error) {
	r, err := t.record(seq)
	if err != nil {
		return photo.Meta{}, err
	}
	if !r.exists() {
		return photo.Meta{}, fmt.Errorf("photo %d: %w", seq, ErrUnknown)
	}
	known := r.meta(seq, q.o.Device)
	m, err := q.spool.Meta(spool.Name(known))
	if err == nil && m.SHA256 == known.SHA256 && m.Size == known.Size {
		// The record has a checksum, these have none.
		m.Taken, m.Slot, m.Trigger, m.ClockSynced = known.Taken, known.Slot, known.Trigger, known.ClockSynced
		return m, nil
	}
	known.Session, err = t.sessionOf(known)
	return known, err
}

func (q *Queue) item(t txn, seq uint64) (item Item, err error) {
	var n note
	item.State, _, err = t.state(seq)
	if err == nil {
		item.Meta, err = q.meta(t, seq)
	}
	if err == nil {
		n, err = t.note(seq)
		item.Reason, item.Since = n.Reason, n.Since
	}
	if err == nil {
		item.Copied, err = t.in(setCopied, seq)
	}
	if err == nil {
		item.Away, err = t.in(setAway, seq)
	}
	if err == nil && item.State == Waiting {
		item.UploadURL = q.spool.UploadURL(spool.Name(item.Meta))
	}
	return item, err
}
