package queue

import (
	"fmt"

	"fieldcam/capture/photo"
)

// defaultList is how many photos List gives where Filter.Limit is zero: more
// than a person reads, little enough memory (1 MB).
const defaultList = 1000

// Filter says which photos List gives.
type Filter struct {
	State  State  // empty: any
	Before uint64 // only sequence numbers below this one; 0: all. For paging
	Limit  int    // at most so many; 0: 1000
}

// List gives the photos that f asks for, newest first. To go on, call it again
// with Before as the number of the last one.
func (q *Queue) List(f Filter) (items []Item, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	if f.Limit <= 0 {
		f.Limit = defaultList
	}
	bucket := bucketItems
	switch f.State {
	case "":
	case Waiting, Refused, Confirmed, Lost:
		bucket = string(f.State)
	default:
		return nil, fmt.Errorf("list photos: no state %q", f.State)
	}
	err = q.viewItems(func(t txn) error {
		items = nil
		c := t.bucket(bucket).Cursor()
		k, _ := c.Last()
		if f.Before > 0 {
			if k, _ = c.Seek(seqKey(f.Before)); k == nil {
				k, _ = c.Last()
			}
			for k != nil && keySeq(k) >= f.Before {
				k, _ = c.Prev()
			}
		}
		for ; k != nil && len(items) < f.Limit; k, _ = c.Prev() {
			item, err := t.item(keySeq(k))
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list photos: %w", err)
	}
	return items, nil
}

// Item is the photo called id; the error wraps ErrUnknown where it is not in the
// queue.
func (q *Queue) Item(id photo.ID) (item Item, err error) {
	if err := q.begin(); err != nil {
		return Item{}, err
	}
	defer q.end()
	err = q.viewItems(func(t txn) (err error) {
		if !t.holds(id.Seq(), id) {
			return ErrUnknown
		}
		item, err = t.item(id.Seq())
		return err
	})
	if err != nil {
		return Item{}, fmt.Errorf("look up photo %.60q: %w", id, err)
	}
	return item, nil
}

func (t txn) item(seq uint64) (Item, error) {
	m, err := t.meta(seq)
	if err != nil {
		return Item{}, err
	}
	s, r, err := t.state(seq)
	if err != nil {
		return Item{}, err
	}
	return Item{Meta: m, State: s, Reason: r.Reason, Since: r.Since, UploadURL: r.UploadURL}, nil
}

// Stats is the queue in numbers.
type Stats struct {
	Waiting, Refused, Confirmed, Lost                     int64 // photos
	WaitingBytes, RefusedBytes, ConfirmedBytes, LostBytes int64
	// OldestWaiting is the photo that waits longest, by sequence; its ID is empty
	// where none waits.
	OldestWaiting photo.Meta
	// FreeBytes is the card's free space; 0 where it can't be told.
	FreeBytes uint64
}

// Stats counts without a scan. It is zero where the queue is closed or the index
// can't be read, which is logged.
func (q *Queue) Stats() Stats {
	var s Stats
	q.read("counters", func(t txn) error {
		c, err := t.counters()
		if err != nil {
			return err
		}
		s.Waiting, s.WaitingBytes = c[Waiting].photos, c[Waiting].bytes
		s.Refused, s.RefusedBytes = c[Refused].photos, c[Refused].bytes
		s.Confirmed, s.ConfirmedBytes = c[Confirmed].photos, c[Confirmed].bytes
		s.Lost, s.LostBytes = c[Lost].photos, c[Lost].bytes
		if k, _ := t.bucket(string(Waiting)).Cursor().First(); k != nil {
			s.OldestWaiting, err = t.meta(keySeq(k))
		}
		return err
	})
	if free, err := q.o.FreeBytes(q.o.Dir); err == nil {
		s.FreeBytes = free
	}
	return s
}

// read is view for the methods that have no error to return: it is logged.
func (q *Queue) read(what string, f func(txn) error) {
	err := q.begin()
	if err != nil {
		return
	}
	defer q.end()
	if err := q.viewItems(f); err != nil {
		q.o.Log.Error().Err(err).Str("what", what).Msg("index can't be read")
	}
}
