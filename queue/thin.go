package queue

// thin deletes one batch of waiting photos, oldest first, but each ThinKeep-th
// shot: for a card on which nothing else may go. The caller holds q.trimming.
//
// The files of one shot share their fate, those that aren't uploaded included.
// Which shots stay is by their numbers alone, so that neither a restart nor a new
// index thins out once more what was left.
func (q *Queue) thin(lack room) (deleted int, size int64, err error) {
	var victims []uint64
	looked := q.thinned
	err = q.view(func(t txn) error {
		victims, size, looked = nil, 0, q.thinned
		newest, err := t.number(keySequence)
		if err != nil {
			return err
		}
		// The newest photo of all stays: see victims. Its shot may have more files
		// to come.
		end, _, err := t.shot(newest)
		if err != nil {
			return err
		}
		var done uint64 // the shot that was decided on last
		return t.except(set(Waiting), []set{setAway}, q.thinned, func(seq uint64) (bool, error) {
			first, files, err := t.shot(seq)
			if err != nil || first >= end {
				return false, err
			}
			if first == done {
				looked = seq
				return true, nil
			}
			if len(victims) >= trimBatch || size >= lack.card && lack.index <= 0 {
				return false, nil
			}
			looked, done = seq, first
			if first%(uint64(q.o.Config.ThinKeep)*files) < files {
				return true, nil
			}
			for n := first; n < first+files; n++ {
				r, ok, err := t.thinnable(n)
				if err != nil {
					return false, err
				}
				if ok {
					victims, size = append(victims, n), size+int64(r.size)
				}
			}
			return true, nil
		})
	})
	if err != nil {
		return 0, 0, err
	}
	q.thinned = looked // what stays before it stays
	if len(victims) == 0 {
		return 0, 0, nil
	}
	deleted, size, err = q.remove(StepIndexTrim, victims, func(t txn, seq uint64, s State) (set, error) {
		if _, ok, err := t.thinnable(seq); err != nil || !ok {
			return spare, err
		}
		return setThinned, nil
	})
	if deleted > 0 {
		q.o.Log.Error().Int("photos", deleted).Int("keep_every", q.o.Config.ThinKeep).Msg("card is full: waiting photos deleted")
	}
	return deleted, size, err
}

// thinnable tells whether the policy may delete the photo.
func (t txn) thinnable(seq uint64) (r record, ok bool, err error) {
	if r, err = t.record(seq); err != nil || !r.exists() {
		return r, false, err
	}
	if away, err := t.in(setAway, seq); err != nil || away {
		return r, false, err
	}
	for _, s := range []State{Waiting, Kept} {
		if in, err := t.in(set(s), seq); err != nil || in {
			return r, err == nil, err
		}
	}
	return r, false, nil
}

// shot is the number of the first photo of the shot that seq is of, and how many
// files the shot has, as far as the index knows.
func (t txn) shot(seq uint64) (first, files uint64, err error) {
	first, end := seq, seq+1
	for first > 1 {
		r, err := t.record(first)
		if err != nil {
			return 0, 0, err
		}
		if r.flags&flagFollower == 0 {
			break
		}
		first--
	}
	for {
		r, err := t.record(end)
		if err != nil || !r.exists() || r.flags&flagFollower == 0 {
			return first, end - first, err
		}
		end++
	}
}

// thinAnew lets thin look at all photos again, since older ones wait again.
func (q *Queue) thinAnew() {
	q.trimming <- struct{}{}
	q.thinned = 0
	<-q.trimming
}
