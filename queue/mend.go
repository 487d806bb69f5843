package queue

import (
	"encoding/json"
	"errors"
	"fmt"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// mendLimit is how many items one call mends: more damage than that is the
// card's, and the call fails.
const mendLimit = 8

// itemError says that the item with that number can't be decoded. It wraps
// ErrDamaged.
type itemError struct {
	seq uint64
	err error
}

func (e *itemError) Error() string { return fmt.Sprintf("photo %d in the index: %v", e.seq, e.err) }
func (e *itemError) Unwrap() error { return e.err }

// viewItems is view for what reads items: one that can't be decoded, as Probe
// reads only the newest, is mended, and f called again.
func (q *Queue) viewItems(f func(txn) error) error {
	for n := 0; ; n++ {
		err := q.view(f)
		var bad *itemError
		if !errors.As(err, &bad) || n == mendLimit {
			return err
		}
		if errMend := q.mend(bad); errMend != nil {
			return errors.Join(err, errMend)
		}
	}
}

// mend writes an item anew from the metadata that the photo carries. Where that
// is not to be had either, nothing is left of the photo but its ID in the
// ledger: the item goes, and what there is of the file to damaged/.
func (q *Queue) mend(bad *itemError) error {
	var name string
	var m photo.Meta
	err := q.spool.Scan(func(e spool.Entry) (err error) {
		if e.Kind == spool.Photo && e.Seq == bad.seq {
			name = e.Name
			m, err = q.spool.Meta(e)
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	q.o.Log.Error().Err(bad).Bool("mended", m.ID != "").Msg("item of the index is damaged")
	err = q.update(StepIndexAdopt, func(t txn) error { return t.mend(bad.seq, m) })
	if err != nil || m.ID != "" || name == "" {
		return err
	}
	return q.spool.SetAside(name)
}

// mend replaces the item by m, or takes it out where m is zero. It keeps the
// state.
func (t txn) mend(seq uint64, m photo.Meta) error {
	s, r, err := t.state(seq)
	if errors.Is(err, ErrUnknown) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	if err := t.forget(seq, s, r); err != nil || m.ID == "" {
		return err
	}
	v, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := t.bucket(bucketItems).Put(seqKey(seq), v); err != nil {
		return err
	}
	r.size = m.Size
	return t.set(seq, s, r)
}
