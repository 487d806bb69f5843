package queue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue/ledger"
	"fieldcam/queue/spool"
)

// oldIndex is what an index of schema 1 had. Its buckets lie in the database's root,
// or in the bucket that the migration moved them to.
type oldIndex struct {
	bucket func(name string) *bbolt.Bucket
}

// oldPhoto is one photo of it.
type oldPhoto struct {
	meta  photo.Meta
	state State
	note  note
	url   string
}

// sequence is the highest number accepted.
func (o oldIndex) sequence() uint64 {
	b := o.bucket(bucketMeta)
	if b == nil {
		return 0
	}
	return keySeq(b.Get([]byte(keySequence)))
}

// photos calls visit for each photo in the order of the numbers.
func (o oldIndex) photos(ctx context.Context, visit func(oldPhoto) error) error {
	items := o.bucket(oldItems)
	if items == nil {
		return nil
	}
	marks := map[State]*bbolt.Bucket{}
	for _, s := range oldStates() {
		marks[s] = o.bucket(string(s))
	}
	c := items.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m, err := spool.DecodeMeta(v)
		if err != nil || m.Seq() != keySeq(k) {
			continue
		}
		p := oldPhoto{meta: m, state: Waiting}
		for _, s := range oldStates() {
			if marks[s] != nil && p.read(s, marks[s].Get(k)) {
				break
			}
		}
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}

func oldStates() []State { return []State{Waiting, Refused, Confirmed, Lost} }

// read takes the photo's value in the bucket of s; false where it has none there.
func (p *oldPhoto) read(s State, v []byte) bool {
	if len(v) < 8 || int64(binary.BigEndian.Uint64(v)) != p.meta.Size {
		return false
	}
	p.state = s
	var o oldState
	if len(v) > 8 && json.Unmarshal(v[8:], &o) == nil {
		p.note, p.url = note{o.Reason, o.Since}, o.URL
	}
	return true
}

// session is that of the scheduled photo called id; false where it isn't told.
func (o oldIndex) session(id photo.ID) (string, bool) {
	items := o.bucket(oldItems)
	if items == nil {
		return "", false
	}
	m, err := spool.DecodeMeta(items.Get(seqKey(id.Seq())))
	return m.Session, err == nil && m.ID == id && m.Trigger == photo.Scheduled
}

// sessions are those of the newest scheduled photo of each day.
func (o oldIndex) sessions(ctx context.Context) (byDay map[time.Time]string, err error) {
	byDay = map[time.Time]string{}
	return byDay, o.photos(ctx, func(p oldPhoto) error {
		if p.meta.Trigger == photo.Scheduled {
			byDay[midnight(p.meta.Slot)] = p.meta.Session
		}
		return nil
	})
}

// moveDays sorts the slots into days. A slot's session is that of its photo, else
// that of another of the same day.
func (o oldIndex) moveDays(ctx context.Context, t txn) error {
	b := o.bucket(oldSlots)
	if b == nil {
		return nil
	}
	byDay, err := o.sessions(ctx)
	if err != nil {
		return err
	}
	var at time.Time                 // the day that is being gathered: slots come in order
	days := map[string]*ledger.Day{} // of it, by key
	put := func() error {
		for _, key := range slices.Sorted(maps.Keys(days)) {
			if err := t.put(bucketDays, []byte(key), days[key].Encode()); err != nil {
				return err
			}
		}
		clear(days)
		return ctx.Err()
	}
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		var r oldSlot
		if len(k) != 8 || json.Unmarshal(v, &r) != nil {
			continue
		}
		slot := keySlot(k)
		if !midnight(slot).Equal(at) {
			if err := put(); err != nil {
				return err
			}
			at = midnight(slot)
		}
		session := byDay[at]
		for _, id := range r.Photos {
			if s, ok := o.session(id); ok {
				session = s
			}
		}
		key := string(dayKey(at, session))
		if days[key] == nil {
			days[key] = &ledger.Day{}
		}
		for _, m := range r.Misses {
			days[key].Miss(slot, m.Cause, m.Detail)
		}
		for _, id := range r.Photos {
			if seq := id.Seq(); seq > 0 {
				days[key].Take(slot, seq)
			}
		}
	}
	return put()
}

// spans are the gaps whose slots nobody can list.
func (o oldIndex) spans() (all []photo.Miss) {
	b := o.bucket(oldRanges)
	if b == nil {
		return nil
	}
	b.ForEach(func(k, v []byte) error {
		var list []oldMiss
		if len(k) != 16 || json.Unmarshal(v, &list) != nil || len(list) == 0 {
			return nil
		}
		m := list[len(list)-1]
		if from, to := keySlot(k[8:]), keySlot(k[:8]); from.Before(to) && m.Slots > 0 && m.Cause != "" {
			all = append(all, photo.Miss{From: from, To: to, Slots: m.Slots, Cause: m.Cause, Detail: m.Detail})
		}
		return nil
	})
	return all
}
