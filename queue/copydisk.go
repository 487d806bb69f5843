package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"fieldcam/capture/photo"
)

// manyDisks stands for a disk where photos are away on several, or nobody knows.
const manyDisks = "*"

// SetDisk says which disk the second copy is on from now on, by its own name.
// Where it is another than that of the photos marked as copied, these, as far as
// the card has them, are to be copied again: they are on the other disk, wherever
// that is. Photos that are away stay so: it may come back. Durable on return.
func (q *Queue) SetDisk(disk string) error {
	if err := q.begin(); err != nil {
		return err
	}
	defer q.end()
	if err := q.setDisk(disk); err != nil {
		return fmt.Errorf("change to another disk for second copies: %w", err)
	}
	return nil
}

// Disk is the disk that SetDisk named last; empty for none, as in an index that was
// made anew.
func (q *Queue) Disk() (disk string, err error) {
	if err := q.begin(); err != nil {
		return "", err
	}
	defer q.end()
	err = q.view(func(t txn) (err error) {
		disk, err = t.text(keyDisk)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read which disk has the second copies: %w", err)
	}
	return disk, nil
}

func (q *Queue) setDisk(disk string) error {
	was := ""
	if err := q.view(func(t txn) (err error) {
		was, err = t.text(keyDisk)
		return err
	}); err != nil || was == disk {
		return err
	}
	// First no disk, so that what a power cut leaves marked is of none.
	if err := q.update(StepIndexCopied, func(t txn) error { return t.putText(keyDisk, "") }); err != nil {
		return err
	}
	for after, more := uint64(0), true; more; {
		var seqs []uint64
		if err := q.view(func(t txn) error {
			seqs = nil
			return t.except(setCopied, []set{setAway}, after, func(seq uint64) (bool, error) {
				seqs = append(seqs, seq)
				return len(seqs) < adoptBatch, nil
			})
		}); err != nil {
			return err
		}
		if more = len(seqs) == adoptBatch; more {
			after = seqs[len(seqs)-1] + 1
		}
		if err := q.copied(false, seqs); err != nil {
			return err
		}
	}
	return q.update(StepIndexCopied, func(t txn) error { return t.putText(keyDisk, disk) })
}

// text is that of a key in bucketMeta; empty where there is none.
func (t txn) text(key string) (string, error) {
	v, err := t.get(bucketMeta, []byte(key))
	return string(v), err
}

func (t txn) putText(key, text string) error { return t.put(bucketMeta, []byte(key), []byte(text)) }

// copyDisk is the disk of the second copy that is mounted now; empty for none.
func (q *Queue) copyDisk() string {
	if q.o.CopyDisk == nil {
		return ""
	}
	return q.o.CopyDisk()
}

// awayTo notes that a photo is sent away to the disk that it was copied to.
func (t txn) awayTo() error {
	disk, err := t.text(keyDisk)
	if err != nil {
		return err
	}
	was, err := t.text(keyAwayDisk)
	if disk == "" || was != "" && was != disk {
		disk = manyDisks
	}
	if err != nil || was == disk {
		return err
	}
	return t.putText(keyAwayDisk, disk)
}

// reaches tells whether photos that are away can be read, as far as is known,
// where that disk is mounted.
func (t txn) reaches(disk string) (bool, error) {
	away, err := t.text(keyAwayDisk)
	return disk != "" && (away == disk || away == manyDisks), err
}

// stillCopied are those of the photos that the disk has indeed. Those that it
// hasn't are to be copied again. Where the disk can't tell, it is none of them,
// and nothing changes.
func (q *Queue) stillCopied(disk string, all []photo.Meta) (there []uint64, err error) {
	if len(all) == 0 || q.o.MissingCopies == nil {
		return nil, nil
	}
	missing, err := q.o.MissingCopies(disk, all)
	if err != nil {
		return nil, nil // the disk went: what this is about is the card
	}
	for _, m := range all {
		if !slices.Contains(missing, m.Seq()) {
			there = append(there, m.Seq())
		}
	}
	if len(missing) > 0 {
		q.o.Log.Error().Int("photos", len(missing)).Str("disk", disk).Msg("second copies are gone, photos are copied again")
	}
	return there, q.copied(false, missing)
}

// verifyCopy is Verify for a photo that is away.
func (q *Queue) verifyCopy(m photo.Meta) error {
	disk, there := q.copyDisk(), false
	if err := q.view(func(t txn) (err error) {
		there, err = t.reaches(disk)
		return err
	}); err != nil || !there {
		return err
	}
	f, err := q.openCopy(m)
	if err == nil {
		err = errors.Join(checkBytes(f, m), f.Close())
	}
	return q.judgeCopy(m, disk, err)
}

// checkBytes compares what f has with m.
func checkBytes(f io.Reader, m photo.Meta) error {
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("read second copy: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != m.SHA256 || n != m.Size {
		return fmt.Errorf("%w: second copy has %d bytes, SHA-256 %s, want %d, %s", ErrDamaged, n, got, m.Size, m.SHA256)
	}
	return nil
}

// judgeCopy loses a photo that is away where err, which is returned, says that
// its copy is gone or damaged, on the disk that alone can have it, and which was
// mounted before and is now.
func (q *Queue) judgeCopy(m photo.Meta, disk string, cause error) error {
	if disk == "" || !errors.Is(cause, fs.ErrNotExist) && !errors.Is(cause, ErrDamaged) || q.copyDisk() != disk {
		return cause
	}
	lost := false
	err := q.update(StepIndexLose, func(t txn) error {
		lost = false
		s, r, err := t.state(m.Seq())
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		away, errAway := t.in(setAway, m.Seq())
		only, errOnly := t.text(keyAwayDisk)
		if err := errors.Join(err, errAway, errOnly); err != nil || !away || s == Lost || only != disk || r.id(m.Seq()) != m.ID {
			return err
		}
		lost = true
		for _, mark := range []set{setAway, setCopied} {
			if _, err := t.mark(mark, m.Seq(), r.taken, false); err != nil {
				return err
			}
		}
		return t.move(m.Seq(), s, r, Lost, note{Reason: clip(cause.Error()), Since: now()})
	})
	if lost && err == nil {
		q.o.Log.Error().Err(cause).Str("photo", string(m.ID)).Str("disk", disk).Msg("photo is lost: only the second copy had it")
	}
	return errors.Join(cause, err)
}

// away tells whether only the second copy holds the photo.
func (q *Queue) away(seq uint64) (ok bool) {
	q.read("second copies", func(t txn) (err error) {
		ok, err = t.in(setAway, seq)
		return err
	})
	return ok
}

// openAway opens a photo that only the second copy has, or has not any more.
func (q *Queue) openAway(m photo.Meta) (io.ReadSeekCloser, error) {
	disk := q.copyDisk()
	f, err := q.openCopy(m)
	return f, q.judgeCopy(m, disk, err)
}

func (q *Queue) openCopy(m photo.Meta) (io.ReadSeekCloser, error) {
	if q.o.OpenCopy == nil {
		return nil, fmt.Errorf("open photo %s: only the second copy has it, and none is configured", m.ID)
	}
	return q.o.OpenCopy(m)
}
