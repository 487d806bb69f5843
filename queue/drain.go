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

// reasonLimit bounds a reason in bytes: the cloud's text can be a page.
const reasonLimit = 500

// Open opens the photo for reading; the caller closes it. Where the file is
// missing or has another size, the error wraps fs.ErrNotExist or ErrDamaged, and
// the photo is Lost from then on: what is left of it goes to damaged/. A photo
// that is away, or damaged where the second copy holds it, is read from the second
// copy; while that isn't there, the error says so, and nothing is lost.
func (q *Queue) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	f, err := q.spool.Open(m)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, fs.ErrNotExist) && q.away(m.Seq()) {
		return q.openAway(m)
	}
	if err = q.judge(m, err); q.away(m.Seq()) {
		return q.openAway(m)
	}
	return nil, err
}

// Verify reads the whole photo and compares it with its SHA-256: for one that
// arrives elsewhere as something else. nil says that it is whole on the card.
// Where it isn't, the photo is Lost, as by Open, and the error wraps
// fs.ErrNotExist or ErrDamaged. A card that can't be read decides nothing. A photo
// that is away is read from the second copy; while that isn't there, nothing is
// said against it.
func (q *Queue) Verify(m photo.Meta) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	err := q.spool.Verify(m)
	if errors.Is(err, fs.ErrNotExist) && q.away(m.Seq()) {
		return q.verifyCopy(m)
	}
	if errors.Is(err, ErrDamaged) {
		if healed, errHeal := q.heal(m); healed || errHeal != nil {
			return errHeal
		}
	}
	return q.judge(m, err)
}

// heal writes the record of a photo anew where the metadata that it carries
// proves its bytes right and the record wrong.
func (q *Queue) heal(m photo.Meta) (healed bool, err error) {
	own, err := q.spool.Meta(spool.Name(m))
	if err != nil || own.SHA256 == m.SHA256 && own.Size == m.Size || q.spool.Verify(own) != nil {
		return false, nil
	}
	r, err := recordOf(own)
	if err != nil {
		return false, nil
	}
	q.o.Log.Error().Str("photo", string(m.ID)).Msg("index had a wrong SHA-256, written anew from the photo")
	err = q.update(StepIndexMend, func(t txn) error {
		s, old, err := t.state(m.Seq())
		if err != nil {
			return err
		}
		if err := t.count(s, -1, int64(old.size)); err != nil {
			return err
		}
		if err := t.count(s, 1, int64(r.size)); err != nil {
			return err
		}
		return t.putRecord(m.Seq(), r)
	})
	return err == nil, err
}

// judge loses the photo where err, which is returned, says that its file is gone
// or damaged.
func (q *Queue) judge(m photo.Meta, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) {
		_, errLose := q.lose(m, err)
		err = errors.Join(err, errLose)
	}
	return err
}

// lose takes note that the photo's file is not what it was, and tells whether the
// photo is lost by that. The cloud has a confirmed photo, so that one is merely
// forgotten; one that the second copy holds is away from then on.
func (q *Queue) lose(m photo.Meta, cause error) (lost bool, err error) {
	gone := false
	err = q.update(StepIndexLose, func(t txn) error {
		gone, lost = false, false
		if ok, err := t.holds(m.Seq(), m.ID); !ok || err != nil {
			return err // deleted meanwhile
		}
		s, r, err := t.state(m.Seq())
		if err != nil || s == Lost {
			return err
		}
		if away, err := t.in(setAway, m.Seq()); err != nil || away {
			return err // deleted meanwhile
		}
		gone = true
		if s == Confirmed {
			return t.forget(m.Seq(), s, r)
		}
		if copied, err := t.in(setCopied, m.Seq()); err != nil {
			return err
		} else if copied {
			return errors.Join(t.awayTo(), t.sendAway(m.Seq(), s, r))
		}
		lost = true
		return t.move(m.Seq(), s, r, Lost, note{Reason: clip(cause.Error()), Since: now()})
	})
	if err != nil || !gone {
		return false, err
	}
	msg := "photo's file is lost, another place has the photo"
	if lost {
		msg = "photo is lost"
	}
	q.o.Log.Error().Err(cause).Str("photo", string(m.ID)).Msg(msg)
	return lost, q.spool.SetAside(spool.Name(m))
}

// now is the wall clock as it is stored, for people.
func now() time.Time { return time.Now().Round(0).UTC() }

func clip(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), reasonLimit)], "")
}

// Acknowledge says that the cloud has these photos, durably. It is one
// transaction, and durable on return. Photos that are confirmed already or not
// in the queue are no error: of those that were dropped or thinned while they were
// on their way, the ledger then says that they arrived.
func (q *Queue) Acknowledge(seqs ...uint64) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if len(seqs) == 0 {
		return nil
	}
	err := q.update(StepIndexAck, func(t txn) error {
		var photos, bytes, gone int64
		for _, seq := range seqs {
			copied, err := t.in(setCopied, seq)
			if err != nil {
				return err
			}
			size, err := t.acknowledge(seq)
			if err != nil {
				return err
			}
			if size > 0 {
				photos, bytes = photos+1, bytes+size
			}
			if !copied {
				gone += size
			}
		}
		return t.flow(func(d *flowDay) { d.confirm(photos, bytes, gone) })
	})
	if err != nil {
		return fmt.Errorf("acknowledge photos: %w", err)
	}
	return nil
}

// acknowledge confirms one photo, and tells how many bytes the cloud gained.
func (t txn) acknowledge(seq uint64) (bytes int64, err error) {
	s, r, err := t.state(seq)
	switch {
	case errors.Is(err, ErrUnknown):
		for _, gone := range []set{setDropped, setThinned} {
			if _, err := t.mark(gone, seq, 0, false); err != nil {
				return 0, err
			}
		}
		return 0, t.arrived(seq, 0)
	case err != nil:
		return 0, err
	case s == Lost: // an upload that had the file open still
		return int64(r.size), errors.Join(t.forget(seq, s, r), t.arrived(seq, r.taken))
	case s == Confirmed:
		return 0, nil
	}
	if away, err := t.in(setAway, seq); err != nil {
		return 0, err
	} else if away { // no file here that could go later
		_, err := t.mark(setAway, seq, r.taken, false)
		if err == nil {
			err = errors.Join(t.forget(seq, s, r), t.arrived(seq, r.taken))
		}
		return int64(r.size), err
	}
	return int64(r.size), t.move(seq, s, r, Confirmed, note{})
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
		return t.move(seq, s, r, Refused, note{Reason: clip(reason), Since: now()})
	})
	if err != nil {
		return fmt.Errorf("refuse photo: %w", err)
	}
	return nil
}

// UploadURL is where the upload of a waiting photo goes on; empty where none was
// begun.
func (q *Queue) UploadURL(seq uint64) (url string) {
	q.read("upload URL", func(t txn) error {
		s, r, err := t.state(seq)
		if err == nil && s == Waiting {
			url = q.spool.UploadURL(r.name(seq))
		}
		return nil // an unknown photo has no URL
	})
	return url
}

// SetUploadURL remembers where the photo's upload goes on; empty forgets it. It
// stays with the photo's file, and costs no fsync: it survives the process, and
// a power cut but for the last seconds, which are sent again. For a photo that
// isn't waiting, nothing is stored.
func (q *Queue) SetUploadURL(seq uint64, url string) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	name := ""
	err := q.view(func(t txn) error {
		s, r, err := t.state(seq)
		if err == nil && s == Waiting {
			name = r.name(seq)
		}
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		return err
	})
	if err == nil && name != "" && q.spool.UploadURL(name) != url {
		err = q.spool.SetUploadURL(name, url)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remember upload: %w", err)
	}
	return nil
}
