package queue

import (
	"fmt"
	"iter"
	"slices"

	"fieldcam/capture/photo"
	"fieldcam/queue/boltfile"
)

// salvage is what can still be read of a damaged index, where each value proves
// itself by its sum: the ledger, and which photos the cloud has. A nil salvage has
// nothing.
type salvage struct {
	values   map[string]map[string][]byte // by bucket and key
	lost     map[uint64]record            // photos that had no file, by their number
	owners   map[uint64]photo.ID          // of the numbers that two photos have; "": it isn't told
	sequence uint64                       // the highest number it tells of
}

// salvaged lists the buckets whose values are of use. A value can be of an older
// transaction than the last. So what was refused waits again, and what the
// second copy held is copied again; that the cloud has a photo stays true, and
// that one was to be deleted.
func salvaged() []string {
	return []string{bucketMeta, bucketDays, bucketSpans, bucketUnlinking, string(setDropped), string(setThinned), string(setArrived), string(setBad),
		string(setAway), string(Confirmed), string(Held), string(Waiting), string(Lost)}
}

// proven is a value that proves itself, and its bucket. Where the way down to it
// is damaged, the file tells no bucket (nil), but the sum does.
func proven(bucket, key, value []byte) (name string, v []byte, ok bool) {
	names := []string{string(bucket)}
	if bucket == nil {
		names = append(salvaged(), bucketRecords)
	}
	for _, name := range names {
		if v, err := openValue(name, key, value); err == nil {
			return name, v, true
		}
	}
	return "", nil, false
}

func readSalvage(path string) (*salvage, error) {
	s := &salvage{values: map[string]map[string][]byte{}, lost: map[uint64]record{}}
	for _, bucket := range salvaged() {
		s.values[bucket] = map[string][]byte{}
	}
	_, err := boltfile.Salvage(path, func(bucket, key, value []byte) error {
		name, v, ok := proven(bucket, key, value)
		if values := s.values[name]; ok && values != nil {
			if _, known := values[string(key)]; !known { // the first that comes is the newest
				values[string(key)] = slices.Clone(v)
			}
		}
		return nil
	})
	if err == nil {
		_, err = boltfile.Salvage(path, s.readLost)
	}
	if err != nil {
		return nil, fmt.Errorf("salvage index: %w", err)
	}
	s.readSequence()
	return s, nil
}

// readLost keeps the records of photos that need have no file in the spool.
func (s *salvage) readLost(bucket, key, value []byte) error {
	name, v, ok := proven(bucket, key, value)
	if !ok || name != bucketRecords || len(v) != recordsBlock*recordBytes {
		return nil
	}
	for i := range uint64(recordsBlock) {
		seq := keySeq(key)<<recordsShift + i
		r := decodeRecord(v[i*recordBytes:])
		if r.exists() {
			s.sequence = max(s.sequence, seq)
		}
		if _, known := s.lost[seq]; known || !r.exists() || s.has(set(Confirmed), seq) {
			continue
		}
		if s.has(setAway, seq) || s.has(set(Lost), seq) {
			s.lost[seq] = r
		}
	}
	return nil
}

// findOwners looks for the records of photos whose number another photo has too:
// a person copied the spool of another card.
func (s *salvage) findOwners(path string, twins map[uint64]bool) error {
	if s == nil || len(twins) == 0 {
		return nil
	}
	s.owners = map[uint64]photo.ID{}
	for seq := range twins {
		s.owners[seq] = ""
	}
	_, err := boltfile.Salvage(path, func(bucket, key, value []byte) error {
		name, v, ok := proven(bucket, key, value)
		if !ok || name != bucketRecords || len(v) != recordsBlock*recordBytes {
			return nil
		}
		for i := range uint64(recordsBlock) {
			seq := keySeq(key)<<recordsShift + i
			if r := decodeRecord(v[i*recordBytes:]); twins[seq] && s.owners[seq] == "" && r.exists() {
				s.owners[seq] = r.id(seq)
			}
		}
		return nil
	})
	return err
}

// owner is the photo that had the number, where that may be another than the one
// in the spool, and is told.
func (s *salvage) owner(seq uint64) (id photo.ID, ok bool) {
	if s == nil {
		return "", false
	}
	if r, lost := s.lost[seq]; lost {
		return r.id(seq), true
	}
	id = s.owners[seq]
	return id, id != ""
}

// twin tells whether two photos of the spool have the number, and which had it;
// "": that isn't told.
func (s *salvage) twin(seq uint64) (owner photo.ID, ok bool) {
	if s == nil {
		return "", false
	}
	owner, ok = s.owners[seq]
	return owner, ok
}

// readSequence finds the highest number that was given out: that of a photo whose
// deletion is remembered must not come again.
func (s *salvage) readSequence() {
	s.sequence = max(s.sequence, keySeq(s.values[bucketMeta][keySequence]))
	for key, v := range s.values[bucketDays] {
		d, err := decodeDay([]byte(key), v)
		if err != nil {
			delete(s.values[bucketDays], key)
			continue
		}
		for first, n := range d.Photos() {
			s.sequence = max(s.sequence, first+n-1)
		}
	}
	for _, name := range []set{setDropped, setThinned, setAway} {
		for seq := range s.members(name) {
			s.sequence = max(s.sequence, seq)
		}
	}
}

// members lists what the set had.
func (s *salvage) members(name set) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for key, v := range s.values[string(name)] {
			if len(v) != setBytes || len(key) != 8 {
				continue
			}
			b := block{first: keySeq([]byte(key)) << setShift, bits: v[setHeader:]}
			for seq, ok := b.above(0); ok; seq, ok = b.above(seq + 1) {
				if !yield(seq) {
					return
				}
			}
		}
	}
}

// has tells whether the set had the photo.
func (s *salvage) has(name set, seq uint64) bool {
	if s == nil {
		return false
	}
	v := s.values[string(name)][string(seqKey(seq>>setShift))]
	return len(v) == setBytes && block{bits: v[setHeader:]}.has(seq)
}

// restoreLedger puts the ledger, and the memory of deleted photos, into a new
// index.
func (s *salvage) restoreLedger(t txn) error {
	if s == nil {
		return nil
	}
	for _, bucket := range []string{bucketDays, bucketSpans, bucketUnlinking, string(setDropped), string(setThinned), string(setArrived), string(setBad)} {
		for key, v := range s.values[bucket] {
			if bucket == bucketSpans {
				if _, err := decodeSpan([]byte(key), v); err != nil {
					continue
				}
			}
			if err := t.put(bucket, []byte(key), v); err != nil {
				return err
			}
		}
	}
	if v := s.values[bucketMeta][keyProved]; v != nil {
		if err := t.put(bucketMeta, []byte(keyProved), v); err != nil {
			return err
		}
	}
	return t.putNumber(keySequence, s.sequence)
}

// accept puts a photo of the spool into the index, in the state that it had where
// that is known.
func (s *salvage) accept(q *Queue, t txn, m photo.Meta) error {
	if err := q.accepted(t, m); err != nil {
		return err
	}
	if owner, twin := s.twin(m.Seq()); twin && owner != m.ID {
		return nil // the states may be the other's
	}
	// Waiting: a person may have retried what was kept, or released what was held,
	// of which an older page may still tell.
	for _, state := range []State{Confirmed, Waiting, Held} {
		if s.has(set(state), m.Seq()) {
			from, r, err := t.state(m.Seq())
			if err != nil || from == state {
				return err
			}
			return t.move(m.Seq(), from, r, state, note{})
		}
	}
	return nil
}

// restoreLost puts the photos into the index that have no file in the spool: they
// are on the second copy, or lost.
func (s *salvage) restoreLost(t txn) error {
	if s == nil {
		return nil
	}
	for seq := range s.members(setAway) {
		known, err := t.record(seq)
		if err != nil {
			return err
		}
		if known.exists() { // its file is here
			continue
		}
		if _, err := t.mark(setAway, seq, s.lost[seq].taken, true); err != nil {
			return err
		}
		if err := t.putText(keyAwayDisk, manyDisks); err != nil {
			return err
		}
	}
	if err := s.restoreArrived(t); err != nil {
		return err
	}
	for seq, r := range s.lost {
		if err := s.restoreOne(t, seq, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) restoreOne(t txn, seq uint64, r record) error {
	known, err := t.record(seq)
	if err != nil || known.exists() {
		return err
	}
	if err := t.putRecord(seq, r); err != nil {
		return err
	}
	if !s.has(setAway, seq) {
		return t.set(seq, Lost, r, note{Reason: "it was lost before the index was", Since: now()})
	}
	if _, err := t.mark(setCopied, seq, r.taken, true); err != nil {
		return err
	}
	state := Waiting
	if s.has(set(Held), seq) && !s.has(set(Waiting), seq) {
		state = Held
	}
	return t.set(seq, state, r, note{})
}
