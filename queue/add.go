package queue

import (
	"fmt"
	"io"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// Add takes one photo in. It allots the ID, lets fill write the picture into
// the spool, and makes picture, item and ledger entry durable before it
// returns. fill may take its time: no other call waits for it. It must not use
// its writer after it returned.
//
// An error of fill comes back wrapped. After any error nothing is left behind,
// but where the power or the card failed in the very commit: then the photo may
// be there, whole, and is sent like any other. ErrCardFull is wrapped where
// there is no room.
func (q *Queue) Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	if err := q.begin(); err != nil {
		return photo.Meta{}, err
	}
	defer q.end()
	m, err := q.add(shot, fill)
	if err != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", err)
	}
	return m, nil
}

func (q *Queue) add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	for _, at := range []time.Time{shot.Slot, shot.Taken} {
		if err := checkSlot(at); err != nil {
			return photo.Meta{}, err
		}
	}
	if shot.Of != "" && shot.Of.Seq() == 0 {
		return photo.Meta{}, fmt.Errorf("shot %.60q: want a photo's ID", shot.Of)
	}
	if shot.Trigger != photo.Scheduled && shot.Trigger != photo.Manual {
		return photo.Meta{}, fmt.Errorf("trigger %q", shot.Trigger)
	}
	// Before the room is made, which is the last time that this waits for a revival:
	// one that begins later must know of the file. An error leaves a gap.
	seq := q.allot()
	defer q.written(seq)
	if err := q.makeRoom(); err != nil {
		return photo.Meta{}, err
	}
	m := photo.Meta{
		ID: photo.NewID(shot.Taken, seq), Device: q.o.Device,
		// Round drops the monotonic reading: what is returned equals what is read back.
		Slot: shot.Slot.Round(0).UTC(), Taken: shot.Taken.Round(0).UTC(),
		Session: shot.Session, Trigger: shot.Trigger, ClockSynced: shot.ClockSynced, Shot: shot.Of, Site: shot.Site,
	}
	if _, err := photo.ParseID(string(m.ID)); err != nil {
		return photo.Meta{}, fmt.Errorf("exposure at %s: %w", shot.Taken, err)
	}
	w, err := q.spool.Create(m.ID, shot.Format)
	if err != nil {
		return photo.Meta{}, cardFull(err)
	}
	committed, accepted := false, false
	defer func() { // also where fill panics
		switch {
		case !committed:
			q.leftover(m.ID, w.Abort())
		case !accepted:
			q.withdraw(m)
		}
	}()
	m.Exposure, err = fill(w)
	if cause := w.Err(); cause != nil { // a driver may have hidden the card's error behind its own
		return photo.Meta{}, cardFull(cause)
	}
	if err != nil {
		return photo.Meta{}, err
	}
	whole, err := w.Commit(m)
	if err != nil {
		return photo.Meta{}, cardFull(err)
	}
	m, committed = whole, true
	if err := q.accept(m); err != nil {
		return photo.Meta{}, err
	}
	accepted = true
	return m, nil
}

// accept writes the index entry of a photo that is durable in the spool. It also
// forgets the deletions that were carried out: so they cost no transaction of
// their own.
func (q *Queue) accept(m photo.Meta) error {
	unlinked := q.takeUnlinked()
	err := q.update(StepIndexAdd, func(t txn) error {
		if err := t.forgetUnlinked(unlinked); err != nil {
			return err
		}
		if err := t.flow(func(d *flowDay) { d.add(q.firstState(m), m.Size) }); err != nil {
			return err
		}
		return q.accepted(t, m)
	})
	if err != nil {
		q.addUnlinked(unlinked)
	}
	return err
}

// accepted puts a photo that is whole in the spool into the index, in the state
// that its kind has.
func (q *Queue) accepted(t txn, m photo.Meta) error {
	return t.accept(m, q.firstState(m), q.o.Copies != nil && q.o.Copies(m.Format))
}

func (q *Queue) firstState(m photo.Meta) State {
	if q.o.Config.uploads(m.Format) {
		return Waiting
	}
	return Kept
}

// withdraw removes a photo whose commit to the index failed, unless it is to be
// seen there all the same: then it stays, whole.
func (q *Queue) withdraw(m photo.Meta) {
	visible := false
	err := q.view(func(t txn) (err error) {
		visible, err = t.holds(m.Seq(), m.ID)
		return err
	})
	if err == nil && !visible {
		err = q.spool.Remove(spool.Name(m))
	}
	q.leftover(m.ID, err)
}

// leftover logs what a failed Add could not remove. The next Open does; until
// then it only takes space.
func (q *Queue) leftover(id photo.ID, err error) {
	if err != nil {
		q.o.Log.Warn().Err(err).Str("photo", string(id)).Msg("remains of a failed photo stay in the spool")
	}
}

// allot gives out the next sequence number and marks it as being written.
func (q *Queue) allot() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	seq := q.next
	q.next++
	q.writing[seq] = struct{}{}
	return seq
}

func (q *Queue) written(seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.writing, seq)
}

func (q *Queue) isWriting(seq uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, ok := q.writing[seq]
	return ok
}
