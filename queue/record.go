package queue

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// The index keeps of each photo what is needed to choose, find and verify it, in
// 64 bytes, 4 photos to a key: bbolt fills pages of small values best. All else is
// in the metadata that the photo carries. So a start reads 85 MB for a million
// photos, and not the half gigabyte of their JSON.
//
//	0   8  taken, 8 slot: Unix nanoseconds
//	16  4  size; 0: no photo
//	20  3  the random part of the ID
//	23  1  flags
//	24  8  format, padded with zeros
//	32 32  SHA-256
const (
	recordBytes  = 64
	recordsShift = 2
	recordsBlock = 1 << recordsShift
)

// The flags of a record.
const (
	flagManual   = 1 << iota // photo.Manual; else photo.Scheduled
	flagUnsynced             // the clock wasn't synced
	flagFollower             // of the same shot as the photo before
)

// record is one photo in the index; the zero record is none.
type record struct {
	taken, slot int64
	size        uint32
	random      [3]byte
	flags       byte
	format      [8]byte
	sum         [32]byte
}

// recordOf is m's record. m's ID, format and SHA-256 must be valid.
func recordOf(m photo.Meta) (record, error) {
	r := record{taken: m.Taken.UnixNano(), slot: m.Slot.UnixNano(), size: uint32(m.Size)}
	if m.Trigger == photo.Manual {
		r.flags |= flagManual
	}
	if !m.ClockSynced {
		r.flags |= flagUnsynced
	}
	if m.Shot != "" {
		r.flags |= flagFollower
	}
	copy(r.format[:], m.Format)
	random := string(m.ID[max(0, len(m.ID)-2*len(r.random)):])
	_, err := hex.Decode(r.random[:], []byte(random))
	if err == nil {
		var sum []byte
		if sum, err = hex.DecodeString(m.SHA256); err == nil && len(sum) != len(r.sum) {
			err = fmt.Errorf("SHA-256 of %d bytes", len(sum))
		}
		copy(r.sum[:], sum)
	}
	if err != nil {
		return record{}, fmt.Errorf("photo %s: %w", m.ID, err)
	}
	if id := r.id(m.Seq()); id != m.ID {
		return record{}, fmt.Errorf("photo %s: was exposed at another time: %s", m.ID, m.Taken)
	}
	return r, nil
}

// encode writes r into b, of recordBytes.
func (r record) encode(b []byte) {
	binary.BigEndian.PutUint64(b, uint64(r.taken))
	binary.BigEndian.PutUint64(b[8:], uint64(r.slot))
	binary.BigEndian.PutUint32(b[16:], r.size)
	copy(b[20:], r.random[:])
	b[23] = r.flags
	copy(b[24:], r.format[:])
	copy(b[32:], r.sum[:])
}

func decodeRecord(b []byte) (r record) {
	r.taken = int64(binary.BigEndian.Uint64(b))
	r.slot = int64(binary.BigEndian.Uint64(b[8:]))
	r.size = binary.BigEndian.Uint32(b[16:])
	copy(r.random[:], b[20:])
	r.flags = b[23]
	copy(r.format[:], b[24:])
	copy(r.sum[:], b[32:])
	return r
}

func (r record) exists() bool { return r.size > 0 }

func (r record) id(seq uint64) photo.ID {
	return photo.MakeID(time.Unix(0, r.taken), seq, r.random)
}

func (r record) slotTime() time.Time { return time.Unix(0, r.slot).UTC() }

// meta is what the record alone knows of its photo.
func (r record) meta(seq uint64, device string) photo.Meta {
	m := photo.Meta{
		ID: r.id(seq), Device: device, Slot: r.slotTime(), Taken: time.Unix(0, r.taken).UTC(),
		Trigger: photo.Scheduled, ClockSynced: r.flags&flagUnsynced == 0,
		Size: int64(r.size), SHA256: hex.EncodeToString(r.sum[:]),
	}
	if r.flags&flagManual != 0 {
		m.Trigger = photo.Manual
	}
	format := r.format[:]
	for len(format) > 0 && format[len(format)-1] == 0 {
		format = format[:len(format)-1]
	}
	m.Format = string(format)
	return m
}

// name is the name of the photo's file.
func (r record) name(seq uint64) string { return spool.Name(r.meta(seq, "")) }

// record is that of the photo with that number; the zero record where there is
// none.
func (t txn) record(seq uint64) (record, error) {
	v, err := t.recordsOf(seq >> recordsShift)
	if err != nil || v == nil {
		return record{}, err
	}
	return decodeRecord(v[seq%recordsBlock*recordBytes:]), nil
}

// recordsOf is the records of a key; nil where it has none.
func (t txn) recordsOf(key uint64) ([]byte, error) {
	v, err := t.get(bucketRecords, seqKey(key))
	if err == nil && v != nil && len(v) != recordsBlock*recordBytes {
		err = fmt.Errorf("%w: index: records of %d bytes", ErrDamaged, len(v))
	}
	return v, err
}

// putRecord writes the record of a photo; the zero record removes it.
func (t txn) putRecord(seq uint64, r record) error {
	key := seqKey(seq >> recordsShift)
	v, err := t.get(bucketRecords, key)
	if err != nil {
		return err
	}
	block := make([]byte, recordsBlock*recordBytes)
	copy(block, v)
	r.encode(block[seq%recordsBlock*recordBytes:])
	for _, b := range block {
		if b != 0 {
			return t.put(bucketRecords, key, block)
		}
	}
	return t.bucket(bucketRecords).Delete(key)
}

// holds tells whether the photo with that number is the one called id.
func (t txn) holds(seq uint64, id photo.ID) (bool, error) {
	r, err := t.record(seq)
	return err == nil && r.exists() && r.id(seq) == id, err
}
