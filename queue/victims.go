package queue

import (
	"slices"

	"fieldcam/capture/photo"
)

// trimOnce deletes one batch of what may go, oldest first: what the cloud has,
// but for what the second copy waits for; then the rest of what the cloud has; then
// what the second copy has, while its disk is mounted and has it indeed. The caller
// holds q.trimming.
func (q *Queue) trimOnce(lack room) (deleted int, size int64, err error) {
	for range stopBatches {
		disk := q.copyDisk()
		var free []uint64
		var copied []photo.Meta
		err = q.view(func(t txn) (err error) {
			free, copied, err = q.victims(t, lack, disk)
			return err
		})
		if err != nil {
			return 0, 0, err
		}
		away, err := q.stillCopied(disk, copied)
		if err != nil {
			return 0, 0, err
		}
		if victims := append(free, away...); len(victims) > 0 {
			return q.remove(StepIndexTrim, victims, func(t txn, seq uint64, s State) (set, error) { return t.leaves(seq, s, disk) })
		}
		if len(copied) == 0 || q.copyDisk() != disk {
			break
		}
	}
	return 0, 0, nil
}

// leaves says for remove whether the photo may go, and what remembers it. It is
// looked at again, since it may have changed since it was chosen.
func (t txn) leaves(seq uint64, s State, disk string) (set, error) {
	if s == Confirmed {
		return "", nil
	}
	copied, err := t.in(setCopied, seq)
	if err != nil || !copied {
		return spare, err
	}
	if own, err := t.text(keyDisk); err != nil || own != disk || disk == "" {
		return spare, err
	}
	return setAway, t.awayTo()
}

// victims are the photos of one batch: free, which the cloud has, and copied, which
// only the disk that is mounted has, too. The newest photo of all stays: should the
// index be lost, it tells the next number.
func (q *Queue) victims(t txn, lack room, disk string) (free []uint64, copied []photo.Meta, err error) {
	newest, err := t.number(keySequence)
	if err != nil {
		return nil, nil, err
	}
	own, err := t.text(keyDisk)
	var size int64
	from := func(lack room, s set, others []set, add func(seq uint64, r record)) {
		if err != nil {
			return
		}
		err = t.except(s, others, 0, func(seq uint64) (bool, error) {
			if len(free)+len(copied) >= trimBatch || size >= lack.card && lack.index <= 0 {
				return false, nil
			}
			if seq == newest || slices.Contains(free, seq) { // there are few
				return true, nil
			}
			r, err := t.record(seq)
			add(seq, r)
			size += int64(r.size)
			return err == nil, err
		})
	}
	freed := func(seq uint64, _ record) { free = append(free, seq) }
	if q.o.Copies != nil {
		from(lack, set(Confirmed), []set{setUncopied}, freed)
	}
	from(lack, set(Confirmed), nil, freed)
	if q.o.Copies != nil && disk != "" && own == disk {
		// The index gains nothing by photos that wait on elsewhere.
		from(room{card: lack.card}, setCopied, []set{setAway, set(Confirmed), set(Lost)}, func(seq uint64, r record) {
			copied = append(copied, r.meta(seq, q.o.Device))
		})
	}
	return free, copied, err
}
