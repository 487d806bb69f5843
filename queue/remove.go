package queue

import "errors"

// spare leaves a photo where it is.
const spare set = "spare"

// remove deletes photos in one transaction, and then their files. judge says for
// each which set keeps the memory of it: none for what the cloud has, setAway for
// what goes on as a photo of the second copy alone, spare for what stays.
func (q *Queue) remove(step string, seqs []uint64, judge func(t txn, seq uint64, s State) (set, error)) (n int, bytes int64, err error) {
	var doomed []condemned
	var mark uint64
	done := q.takeUnlinked()
	err = q.commit(step, func(t txn) (err error) {
		doomed = nil
		if mark, err = t.number(keySequence); err != nil {
			return err
		}
		if err := t.forgetUnlinked(done); err != nil {
			return err
		}
		for _, seq := range seqs {
			s, r, err := t.state(seq)
			if errors.Is(err, ErrUnknown) {
				continue // forgotten meanwhile
			}
			if err != nil {
				return err
			}
			memory, err := judge(t, seq, s)
			if err != nil {
				return err
			}
			if memory == spare {
				continue
			}
			if memory == setAway {
				err = t.sendAway(seq, s, r)
			} else {
				err = t.drop(seq, s, r, memory)
			}
			if err != nil {
				return err
			}
			name := r.name(seq)
			if err := t.put(bucketUnlinking, seqKey(seq), []byte(name)); err != nil {
				return err
			}
			doomed = append(doomed, condemned{seq, name, int64(r.size)})
		}
		return nil
	})
	if err != nil {
		q.addUnlinked(done)
		return 0, 0, err
	}
	if err := q.spool.Mark(mark); err != nil { // deleting goes on: it is needed only where the index is lost too
		q.o.Log.Warn().Err(err).Msg("number of the newest photo isn't remembered beside the index")
	}
	return q.unlink(doomed)
}

// condemned is a photo whose deletion the index has decided.
type condemned struct {
	seq   uint64
	name  string
	bytes int64
}

// drop takes the photo out of the index, and puts its number into the set memory,
// where that isn't empty.
func (t txn) drop(seq uint64, s State, r record, memory set) error {
	if memory != "" {
		if _, err := t.mark(memory, seq, r.taken, true); err != nil {
			return err
		}
	}
	if _, err := t.mark(setAway, seq, r.taken, false); err != nil {
		return err
	}
	return t.forget(seq, s, r)
}

// sendAway says that the second copy alone has the photo. One that isn't uploaded
// is no more of the queue's business.
func (t txn) sendAway(seq uint64, s State, r record) error {
	if _, err := t.mark(setAway, seq, r.taken, true); err != nil {
		return err
	}
	if s == Kept {
		return t.forget(seq, s, r)
	}
	return nil
}

// unlink carries out deletions that the index has decided. What it doesn't, for
// want of power, the next Open does; what the card refuses, the next Sweep, and
// that is an error only where it refuses all.
func (q *Queue) unlink(doomed []condemned) (n int, bytes int64, err error) {
	var seqs []uint64
	var names []string
	var errs []error
	for _, d := range doomed {
		if err := q.spool.Remove(d.name); err != nil {
			errs = append(errs, err)
			if !ofFile(err) {
				break
			}
			q.o.Log.Error().Err(err).Str("file", d.name).Msg("photo can't be deleted yet")
			continue
		}
		seqs, names, bytes = append(seqs, d.seq), append(names, d.name), bytes+d.bytes
	}
	if err := errors.Join(errs...); err != nil && (len(seqs) == 0 || !ofFile(errs[len(errs)-1])) {
		return len(seqs), bytes, err
	}
	if err := q.spool.Sync(names...); err != nil {
		return len(names), bytes, err
	}
	q.addUnlinked(seqs)
	return len(names), bytes, nil
}

// takeUnlinked gives the deletions carried out so far to one transaction that is
// due anyhow, an Add's or a deletion's; so they never are many.
func (q *Queue) takeUnlinked() []uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.unlinked
	q.unlinked = nil
	return all
}

// addUnlinked keeps deletions that were carried out for the next transaction.
func (q *Queue) addUnlinked(seqs []uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unlinked = append(q.unlinked, seqs...)
}

// forgetUnlinked forgets deletions that are durable.
func (t txn) forgetUnlinked(seqs []uint64) error {
	for _, seq := range seqs {
		if err := t.bucket(bucketUnlinking).Delete(seqKey(seq)); err != nil {
			return err
		}
	}
	return nil
}
