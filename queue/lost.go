package queue

import (
	"context"
	"errors"
	"io/fs"

	"fieldcam/capture/photo"
)

// lookBatch bounds how many photos one transaction looks up: a commit may have to wait
// for it.
const lookBatch = 10_000

// findLost takes note of the photos from a number on whose file is gone, unless
// as many have one as should.
func (q *Queue) findLost(ctx context.Context, from uint64, files int) error {
	after, want := max(from, 1)-1, 0
	err := q.view(func(t txn) error {
		want = 0
		return t.list(Filter{After: after, Oldest: true}, func(seq uint64) (bool, error) {
			should, err := t.hasFile(seq)
			if should {
				want++
			}
			return err == nil, err
		})
	})
	if err != nil || want == files {
		return err
	}
	lost, err := q.loseMissing(ctx, after, func(uint64) bool { return false })
	q.recovery.Lost += lost
	if errors.Is(cardFull(err), ErrCardFull) {
		return nil // Open(m) or Sweep notes the rest
	}
	return err
}

// hasFile tells whether a photo that the index has should have a file.
func (t txn) hasFile(seq uint64) (bool, error) {
	for _, s := range []set{setAway, set(Lost)} {
		if in, err := t.in(s, seq); in || err != nil {
			return false, err
		}
	}
	return true, nil
}

// loseMissing takes note of all photos with numbers above after whose file is
// gone, and says how many. It does not look for the files of those that are seen.
func (q *Queue) loseMissing(ctx context.Context, after uint64, seen func(seq uint64) bool) (lost int, err error) {
	for {
		var metas []photo.Meta
		last, looked := after, 0
		err := q.view(func(t txn) error {
			metas, last, looked = nil, after, 0
			return t.list(Filter{After: after, Oldest: true}, func(seq uint64) (bool, error) {
				last, looked = seq, looked+1
				if seen(seq) {
					return looked < lookBatch, nil
				}
				should, err := t.hasFile(seq)
				if err != nil || !should {
					return err == nil, err
				}
				r, err := t.record(seq)
				metas = append(metas, r.meta(seq, q.o.Device))
				return len(metas) < defaultList && looked < lookBatch, err
			})
		})
		if err != nil || last == after {
			return lost, err
		}
		for _, m := range metas {
			if ctx.Err() != nil {
				return lost, ctx.Err()
			}
			gone, err := q.missed(m)
			if gone {
				lost++
			}
			if err != nil {
				return lost, err
			}
		}
		after = last
	}
}

// missed takes note where the photo's file is gone.
func (q *Queue) missed(m photo.Meta) (lost bool, err error) {
	_, err = q.spool.Size(m)
	if ofFile(err) && !errors.Is(err, fs.ErrNotExist) {
		return false, nil // nobody can tell; the others are to be looked at
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return q.lose(m, err)
}
