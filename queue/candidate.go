package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// candidateReaders is how many files' metadata are read at a time. Each is a few
// small reads that wait for the card, which serves several waiters sooner than one
// after the other.
const candidateReaders = 4

// candidate is a file of the spool that the index does not have, or has as lost.
type candidate struct {
	entry spool.Entry
	lost  bool
	// What read found:
	meta photo.Meta
	size int64
	err  error
}

// finish settles what was seen last, and adopts it.
func (a *adopter) finish() error {
	if err := a.settle(); err != nil {
		return err
	}
	return a.flush()
}

// settle decides on the candidates that were seen, in their order.
func (a *adopter) settle() error {
	seen := a.seen
	a.seen = nil
	if !a.full {
		a.readAll(seen)
	}
	for _, c := range seen {
		if err := a.settleOne(c); err != nil {
			return err
		}
	}
	return nil
}

func (a *adopter) settleOne(c candidate) error {
	e := c.entry
	if a.full {
		a.leave(e.Seq)
		return nil
	}
	m, err := a.check(c)
	if errors.Is(err, ErrDamaged) || errors.Is(err, fs.ErrNotExist) {
		return a.discard(e, err)
	}
	if err != nil {
		return a.skip(e.Name, err)
	}
	if c.lost {
		return a.found(m)
	}
	a.batch = append(a.batch, m)
	if len(a.batch) >= adoptBatch {
		return a.flush()
	}
	return nil
}

// readAll reads the metadata and the size of all.
func (a *adopter) readAll(all []candidate) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(candidateReaders, len(all)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				c := &all[i]
				if c.meta, c.err = a.q.spool.Meta(c.entry.Name); c.err == nil {
					c.meta = consistent(c.meta)
					c.size, c.err = a.q.spool.Size(c.meta)
				}
			}
		})
	}
	wg.Wait()
}

// check is the metadata of c, which was read; where the photo may not be whole, as
// one that was lost, it reads that, too.
func (a *adopter) check(c candidate) (photo.Meta, error) {
	if c.err != nil {
		return photo.Meta{}, c.err
	}
	m := c.meta
	if _, err := recordOf(m); err != nil {
		return photo.Meta{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if c.lost || m.Seq()+unsureNewest > a.newest {
		return m, a.q.spool.Secure(m)
	}
	a.into.Unread++
	if c.size != m.Size {
		return m, fmt.Errorf("%w: %d bytes, want %d", ErrDamaged, c.size, m.Size)
	}
	return m, nil
}
