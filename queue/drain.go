package queue

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

const (
	// reasonLimit bounds a reason in bytes: the cloud's text can be a page.
	reasonLimit = 500
	// urlLimit bounds an upload URL in bytes, as usual servers do.
	urlLimit = 2048
)

// Newest is the newest waiting photo whose number skip doesn't name; nil skips
// none. false: there is none. It reads that photo alone, whatever the backlog.
func (q *Queue) Newest(skip func(seq uint64) bool) (m photo.Meta, ok bool, err error) {
	if err := q.begin(); err != nil {
		return photo.Meta{}, false, err
	}
	defer q.end()
	err = q.viewItems(func(t txn) (err error) {
		c := t.bucket(string(Waiting)).Cursor()
		for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
			if seq := keySeq(k); skip == nil || !skip(seq) {
				m, err = t.meta(seq)
				ok = err == nil
				return err
			}
		}
		return nil
	})
	if err != nil {
		return photo.Meta{}, false, fmt.Errorf("find newest photo: %w", err)
	}
	return m, ok, nil
}

// Open opens the photo for reading; the caller closes it. Where the file is
// missing or has another size, the error wraps fs.ErrNotExist or ErrDamaged, and
// the photo is Lost from then on: what is left of it goes to damaged/.
func (q *Queue) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	f, err := q.spool.Open(m)
	if err != nil {
		return nil, q.judge(m, err)
	}
	return f, nil
}

// Verify reads the whole photo and compares it with its SHA-256: for one that
// arrives elsewhere as something else. nil says that it is whole on the card.
// Where it isn't, the photo is Lost, as by Open, and the error wraps
// fs.ErrNotExist or ErrDamaged. A card that can't be read decides nothing.
func (q *Queue) Verify(m photo.Meta) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	return q.judge(m, q.spool.Verify(m))
}

// judge loses the photo where err, which is returned, says that its file is gone
// or damaged.
func (q *Queue) judge(m photo.Meta, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) {
		err = errors.Join(err, q.lose(m, err))
	}
	return err
}

// lose takes note that the photo's file is not what it was. The cloud has a
// confirmed photo, so that one is merely forgotten.
func (q *Queue) lose(m photo.Meta, cause error) error {
	lost := false
	err := q.update(StepIndexLose, func(t txn) error {
		lost = false
		if !t.holds(m.Seq(), m.ID) {
			return nil // deleted meanwhile
		}
		s, r, err := t.state(m.Seq())
		if err != nil || s == Lost {
			return err
		}
		lost = true
		if s == Confirmed {
			return t.forget(m.Seq(), s, r)
		}
		return t.move(m.Seq(), s, r, Lost, stateRecord{Reason: clip(cause.Error()), Since: now()})
	})
	if err != nil || !lost {
		return err
	}
	q.o.Log.Error().Err(cause).Str("photo", string(m.ID)).Msg("photo is lost")
	return q.spool.SetAside(spool.Name(m))
}

// now is the wall clock as it is stored, for people.
func now() time.Time { return time.Now().Round(0).UTC() }

func clip(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), reasonLimit)], "")
}

// Acknowledge says that the cloud has these photos, durably. It is one
// transaction, and durable on return. Photos that are confirmed already or not
// in the queue are no error.
func (q *Queue) Acknowledge(seqs ...uint64) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if len(seqs) == 0 {
		return nil
	}
	err := q.update(StepIndexAck, func(t txn) error {
		for _, seq := range seqs {
			if err := t.acknowledge(seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("acknowledge photos: %w", err)
	}
	return nil
}

func (t txn) acknowledge(seq uint64) error {
	s, r, err := t.state(seq)
	switch {
	case errors.Is(err, ErrUnknown):
		return nil
	case err != nil:
		return err
	case s == Lost: // an upload that had the file open still
		return t.forget(seq, s, r)
	case s == Confirmed:
		return nil
	}
	return t.move(seq, s, r, Confirmed, stateRecord{})
}

// Refuse sets a waiting photo aside: the cloud will refuse the same bytes again.
// The photo is kept and counted until Retry. The reason is cut at 500 bytes; a
// second Refuse changes it. The error wraps ErrUnknown where the photo is not in
// the queue. One that the cloud has is left as it is.
func (q *Queue) Refuse(seq uint64, reason string) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	err := q.update(StepIndexRefuse, func(t txn) error {
		s, r, err := t.state(seq)
		if err != nil || s == Confirmed || s == Lost {
			return err
		}
		return t.move(seq, s, r, Refused, stateRecord{Reason: clip(reason), Since: now()})
	})
	if err != nil {
		return fmt.Errorf("refuse photo: %w", err)
	}
	return nil
}

// Retry lets refused photos wait again and says how many did: those named, or
// all where none is named. Photos in another state are left as they are. Where
// one is unknown, nothing changes and the error wraps ErrUnknown.
func (q *Queue) Retry(ids ...photo.ID) (n int, err error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	defer q.end()
	err = q.update(StepIndexRetry, func(t txn) error {
		n = 0
		seqs := make([]uint64, 0, len(ids))
		for _, id := range ids {
			if !t.holds(id.Seq(), id) {
				return fmt.Errorf("photo %.60q: %w", id, ErrUnknown)
			}
			seqs = append(seqs, id.Seq())
		}
		if len(ids) == 0 {
			c := t.bucket(string(Refused)).Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				seqs = append(seqs, keySeq(k))
			}
		}
		for _, seq := range seqs {
			s, r, err := t.state(seq)
			if err != nil {
				return err
			}
			if s != Refused {
				continue
			}
			if err := t.move(seq, s, r, Waiting, stateRecord{}); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("retry photos: %w", err)
	}
	return n, nil
}

// UploadURL is where the upload of a waiting photo goes on; empty where none was
// begun.
func (q *Queue) UploadURL(seq uint64) (url string) {
	q.read("upload URL", func(t txn) error {
		s, r, err := t.state(seq)
		if err == nil && s == Waiting {
			url = r.UploadURL
		}
		return nil // an unknown photo has no URL
	})
	return url
}

// SetUploadURL remembers where the photo's upload goes on, durably; empty
// forgets it. It costs a commit: call it once per upload. The URL goes with the
// photo's waiting; for a photo that isn't, nothing is stored.
func (q *Queue) SetUploadURL(seq uint64, url string) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if len(url) > urlLimit {
		return fmt.Errorf("remember upload: URL of %d bytes: want at most %d", len(url), urlLimit)
	}
	if q.UploadURL(seq) == url {
		return nil
	}
	err := q.update(StepIndexURL, func(t txn) error {
		s, r, err := t.state(seq)
		if errors.Is(err, ErrUnknown) || err == nil && s != Waiting {
			return nil
		}
		if err != nil {
			return err
		}
		return t.move(seq, s, r, Waiting, stateRecord{UploadURL: url})
	})
	if err != nil {
		return fmt.Errorf("remember upload: %w", err)
	}
	return nil
}
