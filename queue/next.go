package queue

import (
	"fmt"
	"math"
	"time"

	"fieldcam/capture/photo"
)

// Order is in which order photos go.
type Order int

// The orders. By sequence number: a wrong clock doesn't change it.
const (
	NewestFirst Order = iota
	OldestFirst
)

// Select says which waiting photos may go, and in which order.
type Select struct {
	Order Order
	// From and To bound the time of exposure: From <= Taken < To. Zero is open.
	From, To time.Time
	// Skip leaves out photos by number; nil leaves none out.
	Skip func(seq uint64) bool
}

// Next is the waiting photo that goes next; false where there is none. It reads
// that photo alone, whatever the backlog. Photos that only the second copy has are
// left out while its disk isn't there.
func (q *Queue) Next(s Select) (m photo.Meta, ok bool, err error) {
	if err := q.begin(); err != nil {
		return photo.Meta{}, false, err
	}
	defer q.end()
	disk := q.copyDisk()
	err = q.view(func(t txn) error {
		m, ok = photo.Meta{}, false
		pick := func(seq uint64) (more bool, err error) {
			if s.Skip != nil && s.Skip(seq) {
				return true, nil
			}
			m, err = q.meta(t, seq)
			ok = err == nil
			return false, err
		}
		w := span{s.From, s.To}
		var others []set
		if there, err := t.reaches(disk); err != nil {
			return err
		} else if !there {
			others = []set{setAway}
		}
		if s.Order == OldestFirst {
			return t.ascendBut(set(Waiting), others, 0, w, pick)
		}
		return t.descendBut(set(Waiting), others, math.MaxUint64, w, pick)
	})
	if err != nil {
		return photo.Meta{}, false, fmt.Errorf("find next photo: %w", err)
	}
	return m, ok, nil
}
