package queue

import (
	"context"
	"errors"
	"fmt"

	"fieldcam/capture/photo"
)

// Uncopied lists photos that wait for the second copy, with numbers above after,
// oldest first, at most limit.
func (q *Queue) Uncopied(after uint64, limit int) (all []photo.Meta, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	err = q.view(func(t txn) error {
		all = nil
		return t.except(setUncopied, []set{set(Lost)}, after+1, func(seq uint64) (bool, error) {
			m, err := q.meta(t, seq)
			all = append(all, m)
			return len(all) < limit, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list uncopied photos: %w", err)
	}
	return all, nil
}

// Copied says that the second copy, on the disk that SetDisk named, holds these
// photos, durably and verified: the card may delete its own. It is one
// transaction, and durable on return. Photos that aren't in the queue any more are
// no error.
func (q *Queue) Copied(seqs ...uint64) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if err := q.copied(true, seqs); err != nil {
		return fmt.Errorf("record second copies: %w", err)
	}
	return nil
}

// copied marks the photos that are here as copied, or as to be copied again.
func (q *Queue) copied(there bool, seqs []uint64) error {
	if len(seqs) == 0 {
		return nil
	}
	return q.update(StepIndexCopied, func(t txn) error {
		var gone int64
		for _, seq := range seqs {
			bytes, err := q.copiedOne(t, seq, there)
			if err != nil {
				return err
			}
			gone += bytes
		}
		if gone == 0 {
			return nil
		}
		return t.flow(func(d *flowDay) { d.gone += gone })
	})
}

// copiedOne marks one photo, and tells how many bytes may go for it that could
// not before.
func (q *Queue) copiedOne(t txn, seq uint64, there bool) (gone int64, err error) {
	s, r, err := t.state(seq)
	if errors.Is(err, ErrUnknown) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if away, err := t.in(setAway, seq); err != nil || away {
		return 0, err
	}
	changed, err := t.mark(setCopied, seq, r.taken, there)
	if err != nil {
		return 0, err
	}
	if there {
		_, err = t.mark(setUncopied, seq, r.taken, false)
		gone = int64(r.size)
	} else {
		err = q.wantCopy(t, seq)
		gone = -int64(r.size)
	}
	if !changed || s == Confirmed || s == Lost {
		gone = 0
	}
	return gone, err
}

// Has tells whether the cloud has the photo: it confirmed it, or the card's copy
// could not have been deleted otherwise. Where that can't be known, since the
// index was made anew meanwhile, it says false.
func (q *Queue) Has(m photo.Meta) (ok bool) {
	q.read("what the cloud has", func(t txn) error {
		s, r, err := t.state(m.Seq())
		if err == nil {
			ok = s == Confirmed && r.id(m.Seq()) == m.ID
			return nil
		}
		if !errors.Is(err, ErrUnknown) {
			return err
		}
		ok, err = t.uploaded(m.Seq())
		return err
	})
	return ok
}

// unmatchCopies remembers where no second copy is configured any more, so that
// one that is configured again is matched again.
func (q *Queue) unmatchCopies() error {
	if q.o.Copies != nil {
		return nil
	}
	var matched, at uint64
	if err := q.view(func(t txn) (err error) {
		if matched, err = t.number(keyCopies); err == nil {
			at, err = t.number(keyMatched)
		}
		return err
	}); err != nil || matched == 0 && at == 0 {
		return err
	}
	return q.update(StepIndexCopied, func(t txn) error {
		return errors.Join(t.putNumber(keyCopies, 0), t.putNumber(keyMatched, 0))
	})
}

// MatchCopies lets all photos that are here wait for the second copy where one is
// configured for the first time, or again. It goes on where it was broken off, by
// ctx or the process's end, and does nothing where it came to the end. It may run
// beside all else.
func (q *Queue) MatchCopies(ctx context.Context) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	for more := q.o.Copies != nil; more; {
		err := ctx.Err()
		if err == nil {
			more, err = q.matchBatch()
		}
		if err != nil {
			return fmt.Errorf("match photos with the second copy: %w", err)
		}
	}
	return nil
}

// matchBatch matches the next photos, and tells whether there are more.
func (q *Queue) matchBatch() (more bool, err error) {
	var done, after uint64
	if err := q.view(func(t txn) (err error) {
		if done, err = t.number(keyCopies); err == nil {
			after, err = t.number(keyMatched)
		}
		return err
	}); err != nil || done != 0 {
		return false, err
	}
	err = q.update(StepIndexCopied, func(t txn) error {
		var seqs []uint64
		if err := t.list(Filter{After: after, Oldest: true}, func(seq uint64) (bool, error) {
			seqs = append(seqs, seq)
			return len(seqs) < adoptBatch, nil
		}); err != nil {
			return err
		}
		for _, seq := range seqs {
			if err := q.wantCopy(t, seq); err != nil {
				return err
			}
		}
		if more = len(seqs) == adoptBatch; more {
			return t.putNumber(keyMatched, seqs[len(seqs)-1])
		}
		return t.putNumber(keyCopies, 1)
	})
	return more, err
}

// wantCopy lets one photo wait for the second copy, where it has a file here and
// isn't there.
func (q *Queue) wantCopy(t txn, seq uint64) error {
	s, r, err := t.state(seq)
	if err != nil || s == Lost || q.o.Copies == nil || !q.o.Copies(r.meta(seq, "").Format) {
		return err
	}
	for _, mark := range []set{setAway, setCopied} {
		if in, err := t.in(mark, seq); in || err != nil {
			return err
		}
	}
	_, err = t.mark(setUncopied, seq, r.taken, true)
	return err
}
