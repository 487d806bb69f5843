package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

const (
	// adoptBatch is how many photos one transaction adopts.
	adoptBatch = 1024
	// unsureNewest is how many of the newest numbers Open reads in full. Only
	// photos that were being committed when the power went can have metadata and
	// not all their bytes, at most a few; reading a whole card of 64 GB would keep
	// the camera waiting for half an hour. Damage that came later is found by the
	// receiver, who checks the SHA-256, and by Scrub.
	unsureNewest = 32
)

// adopter goes through the spool once and brings what it finds into the index.
type adopter struct {
	q      *Queue
	into   *Recovery // where it says what it did
	sound  bool      // the index holds all that was ever accepted
	old    *salvage  // of a damaged index; nil: none
	newest uint64    // the highest number in the index, or in the spool where there is none
	known  int       // photos that have an item with a file
	full   bool      // the index has no room for more
	seen   []candidate
	batch  []photo.Meta
}

// scan looks at the files with numbers from one on.
func (a *adopter) scan(ctx context.Context, from uint64) error {
	err := a.q.spool.Scan(from, func(e spool.Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return a.visit(e)
	})
	if err != nil {
		return err
	}
	return a.finish()
}

func (a *adopter) visit(e spool.Entry) error {
	switch e.Kind {
	case spool.Foreign:
		a.into.foreign(e.Name)
		return nil
	case spool.Part:
		return a.remove(e.Name)
	case spool.Photo:
		if a.q.isWriting(e.Seq) {
			return nil
		}
	case spool.Sidecar:
		if has, err := a.q.spool.Has(e.Photo); err != nil || has {
			return a.skip(e.Name, err)
		}
		return a.remove(e.Name)
	}
	var state State
	var r record
	deleted := false
	err := a.q.view(func(t txn) (err error) {
		if state, r, err = t.state(e.Seq); err == nil || !errors.Is(err, ErrUnknown) {
			return err
		}
		state = ""
		name, err := t.get(bucketUnlinking, seqKey(e.Seq))
		deleted = string(name) == e.Name
		for _, s := range []set{setDropped, setThinned} {
			if in, errIn := t.in(s, e.Seq); errIn != nil || in {
				deleted, err = deleted || in, errors.Join(err, errIn)
			}
		}
		return err
	})
	known := state != "" && r.name(e.Seq) == e.Name
	switch {
	case err != nil:
		return err
	case deleted:
		return a.remove(e.Name)
	case known && state != Lost:
		a.known++
		return nil
	case state != "" && !known:
		return a.setAside(e.Name, fmt.Errorf("its number is that of %s", r.name(e.Seq)))
	}
	if id, ok := a.old.owner(e.Seq); state == "" && ok && id != e.ID {
		return a.setAside(e.Name, fmt.Errorf("its number is that of %s", id))
	}
	a.seen = append(a.seen, candidate{entry: e, lost: known})
	if len(a.seen) >= adoptBatch {
		return a.settle()
	}
	return nil
}

// skip leaves a file where it is that the card won't give: one bad file must not
// keep the others from being taken in. Any other error than of that file comes
// back.
func (a *adopter) skip(name string, err error) error {
	if !ofFile(err) {
		return err
	}
	a.q.o.Log.Error().Err(err).Str("file", name).Msg("file of the spool can't be read or removed, left there")
	a.leave(spool.Sequence(name))
	return nil
}

// ofFile tells whether err is the system's word on one file, as of a sector gone
// bad or an owner who isn't us; a card without room is another matter.
func ofFile(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && !errors.Is(cardFull(err), ErrCardFull)
}

// discard puts away what is no whole photo. Behind the newest number of a sound
// index it is what a power cut left of one that was never accepted. Elsewhere it
// may be all that is left of one that was.
func (a *adopter) discard(e spool.Entry, cause error) error {
	if has, err := a.q.spool.Has(e.Name); err != nil || !has {
		return a.skip(e.Name, err) // gone meanwhile: an Add took it back
	}
	unfinished := errors.Is(cause, spool.ErrUnfinished) && e.Seq+unsureNewest > a.newest // beside one that was accepted
	if a.sound && (e.Seq > a.newest || unfinished) {
		return a.remove(e.Name)
	}
	if st, err := os.Lstat(a.q.spool.Path(e.Name)); err == nil && st.Size() == 0 {
		return a.remove(e.Name)
	}
	return a.setAside(e.Name, cause)
}

// consistent is m with times that are possible. A bit that flipped in one of them
// is no reason to give up an intact photo: its ID tells the second.
func consistent(m photo.Meta) photo.Meta {
	if checkSlot(m.Taken) != nil || !m.Taken.UTC().Truncate(time.Second).Equal(m.ID.Time()) {
		m.Taken = m.ID.Time()
	}
	if checkSlot(m.Slot) != nil {
		m.Slot = m.Taken
	}
	return m
}

func (a *adopter) remove(name string) error {
	if err := a.q.spool.Remove(name); err != nil {
		return a.skip(name, err)
	}
	a.into.Removed++
	return nil
}

func (a *adopter) setAside(name string, cause error) error {
	err := a.q.spool.SetAside(name)
	if errors.Is(cardFull(err), ErrCardFull) {
		a.leave(spool.Sequence(name))
		return nil
	}
	if err != nil {
		return a.skip(name, err)
	}
	a.into.Damaged++
	a.q.o.Log.Error().AnErr("cause", cause).Str("file", name).Msg("photo set aside")
	return nil
}

// leave leaves a file in the spool for the next Sweep, or start.
func (a *adopter) leave(seq uint64) {
	a.into.Unadopted++
	a.q.mu.Lock()
	defer a.q.mu.Unlock()
	a.q.unadopted[seq] = struct{}{}
}
