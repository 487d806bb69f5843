package queue

import (
	"fmt"
	"math"
	"time"

	"fieldcam/capture/photo"
)

// defaultList is how many photos List gives where Filter.Limit is zero: more
// than a person reads, little enough memory (1 MB).
const defaultList = 1000

// Filter says which photos List gives.
type Filter struct {
	State State // empty: any
	// Before and After bound the sequence numbers, both excluded; 0: open. For
	// paging.
	Before, After uint64
	// From and To bound the time of exposure: From <= Taken < To. Zero is open.
	From, To time.Time
	// Oldest: oldest first; else newest first.
	Oldest bool
	Limit  int // at most so many; 0: 1000
}

// List gives the photos that f asks for. To go on, call it again with Before (or
// After, where Oldest) as the number of the last one.
func (q *Queue) List(f Filter) (items []Item, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	if f.Limit <= 0 {
		f.Limit = defaultList
	}
	if f.State != "" {
		if _, err := ParseState(string(f.State)); err != nil {
			return nil, fmt.Errorf("list photos: %w", err)
		}
	}
	err = q.view(func(t txn) error {
		items = nil
		return t.list(f, func(seq uint64) (more bool, err error) {
			item, err := q.item(t, seq)
			items = append(items, item)
			return len(items) < f.Limit, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list photos: %w", err)
	}
	return items, nil
}

// list calls visit for the photos that f asks for, until it returns false.
func (t txn) list(f Filter, visit func(seq uint64) (more bool, err error)) error {
	if f.Before == 0 {
		f.Before = math.MaxUint64
	}
	bounded := func(seq uint64) (bool, error) {
		if seq <= f.After || seq >= f.Before {
			return false, nil
		}
		return visit(seq)
	}
	w := span{f.From, f.To}
	switch {
	case f.State != "" && f.Oldest:
		return t.ascend(set(f.State), f.After+1, w, bounded)
	case f.State != "":
		return t.descend(set(f.State), f.Before-1, w, bounded)
	}
	c := t.bucket(bucketRecords).Cursor()
	step, from := c.Prev, f.Before-1
	if f.Oldest {
		step, from = c.Next, f.After+1
	}
	k, v := c.Seek(seqKey(from >> recordsShift))
	if !f.Oldest && k == nil {
		k, v = c.Last()
	} else if !f.Oldest && keySeq(k) > from>>recordsShift {
		k, v = c.Prev()
	}
	for ; k != nil; k, v = step() {
		v, err := t.open(bucketRecords, k, v)
		if err != nil {
			return err
		}
		for i := range uint64(recordsBlock) {
			if !f.Oldest {
				i = recordsBlock - 1 - i
			}
			seq := keySeq(k)<<recordsShift + i
			r := decodeRecord(v[i*recordBytes:])
			if !r.exists() || !w.holds(r.taken) || (f.Oldest && seq < from) || (!f.Oldest && seq > from) {
				continue
			}
			if more, err := bounded(seq); !more || err != nil {
				return err
			}
		}
	}
	return nil
}

// Item is the photo called id; the error wraps ErrUnknown where it is not in the
// queue.
func (q *Queue) Item(id photo.ID) (item Item, err error) {
	if err := q.begin(); err != nil {
		return Item{}, err
	}
	defer q.end()
	err = q.view(func(t txn) error {
		ok, err := t.holds(id.Seq(), id)
		if err == nil && !ok {
			err = ErrUnknown
		}
		if err == nil {
			item, err = q.item(t, id.Seq())
		}
		return err
	})
	if err != nil {
		return Item{}, fmt.Errorf("look up photo %.60q: %w", id, err)
	}
	return item, nil
}

// Stats is the queue in numbers.
type Stats struct {
	// Photos and bytes by state. Bytes of photos that are away count too.
	Waiting, Held, Refused, Kept, Confirmed, Lost                               int64
	WaitingBytes, HeldBytes, RefusedBytes, KeptBytes, ConfirmedBytes, LostBytes int64
	// Thinned is how many photos the policy for a full card has deleted, as far
	// back as the ledger goes.
	Thinned int64
	// Copied is how many photos are here that the cloud has not got and the second
	// copy has, so that they may leave the card; CopiedBytes their bytes, reckoned by
	// the mean of their states.
	Copied, CopiedBytes int64
	// OldestWaiting is the photo that waits longest, by sequence; its ID is empty
	// where none waits.
	OldestWaiting photo.Meta
	// FreeBytes is the card's free space; 0 where it can't be told.
	FreeBytes uint64
	// Forecast is what becomes of card and backlog at the rate of late.
	Forecast Forecast
}

// read is view for the methods that have no error to return: it is logged.
func (q *Queue) read(what string, f func(txn) error) {
	err := q.begin()
	if err != nil {
		return
	}
	defer q.end()
	if err := q.view(f); err != nil {
		q.o.Log.Error().Err(err).Str("what", what).Msg("index can't be read")
	}
}
