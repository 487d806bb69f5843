package gphoto

import (
	"errors"

	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/photo"
)

// maxFailed is how many failed shots are remembered besides the newest, in case another
// one of their slot becomes its photo.
const maxFailed = 16

// Begin implements capture.Several.
func (c *Camera) Begin(s photo.Shot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = s
}

// note is what is written down of the shot that begins now, with what the camera's clock
// shows; its Slot is zero where nobody said what it is for.
func (c *Camera) note() fetched.Record {
	c.mu.Lock()
	note := fetched.Of(c.next)
	c.next = photo.Shot{}
	c.mu.Unlock()
	note.Time = c.wall()
	if c.clock.known && !c.clockDue() {
		note.Time = note.Time.Add(c.clock.ahead)
	}
	return note
}

// begin writes the note down while gphoto2 opens the camera, which takes longer: the shot
// is not late for it. The list is not to be used before done, which is to be called.
func (c *Camera) begin(note fetched.Record) (done func()) {
	if note.Slot.IsZero() {
		return func() {}
	}
	written := make(chan error, 1)
	go func() {
		err := c.list.Load()
		if err == nil {
			err = c.list.Begin(note)
		}
		written <- err
	}()
	return func() { c.unwritten(<-written) }
}

// unwritten logs that the list of files could not be written, which costs no photo as
// long as the power stays.
func (c *Camera) unwritten(err error) {
	c.tell("list", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("list of the camera's files not written: a power cut can lose or double a photo")
	})
}

// entry is the list's record of a file of the shot that begins with first.
func (c *Camera) entry(f local, sum string, first photo.Meta) fetched.Record {
	return fetched.Record{
		Path: f.Path(), Size: f.size, Time: f.time, Sum: sum, At: f.at(c.o.Zone),
		First: first.ID, Slot: first.Slot, Session: first.Session, Trigger: first.Trigger, Taken: first.Taken, ClockSynced: first.ClockSynced,
	}
}

// underWay writes down that the file may be in the store from now on. What is not on the
// camera's card can't be fetched again, and is not remembered.
func (c *Camera) underWay(f local, sum string, first photo.Meta) {
	if f.path == "" || first.Slot.IsZero() {
		return
	}
	err := c.list.Load()
	if err == nil {
		r := c.entry(f, sum, first)
		r.Open = true
		err = c.list.Add(r)
	}
	c.unwritten(err)
}

// record remembers for good that the file has become the photo m, of the shot that
// begins with first. Of one that is not on the camera's card only its shot's note goes.
func (c *Camera) record(f local, m, first photo.Meta) error {
	if f.path == "" {
		return c.end(c.list.Notes(), first)
	}
	if err := c.list.Add(c.entry(f, m.SHA256, first)); err != nil {
		return err
	}
	c.done(f.remote)
	return nil
}

// end does away with the notes of shots that have no files besides those that are
// listed: with those of the photos alone, where there are any.
func (c *Camera) end(notes []fetched.Record, of ...photo.Meta) error {
	var errs []error
	for _, open := range c.list.Notes() {
		for _, n := range notes {
			ends := len(of) == 0 || sameSlot(n, of[0]) && n.Taken.Equal(of[0].Taken)
			if ends && n.Slot.Equal(open.Slot) && n.Taken.Equal(open.Taken) && n.Trigger == open.Trigger {
				errs = append(errs, c.list.End(open))
			}
		}
	}
	return errors.Join(errs...)
}

// sameSlot tells whether a shot was for the slot of a photo. One by hand has no slot:
// those that came just before the photo were tries of it.
func sameSlot(r fetched.Record, m photo.Meta) bool {
	return r.Trigger == m.Trigger && (m.Trigger == photo.Manual || r.Slot.Equal(m.Slot))
}

// leave writes down that the shots of this run that were for the slot of the photo, and
// did not become it, are none: a better one did.
func (c *Camera) leave(first photo.Meta) error {
	var errs []error
	for _, s := range c.shots {
		if s.sum == first.SHA256 || !sameSlot(s.note, first) {
			continue
		}
		for _, f := range s.files {
			if f.path != "" {
				errs = append(errs, c.leaveFile(f, s.note))
			}
		}
	}
	for _, note := range c.failed {
		if sameSlot(note, first) && !note.Slot.IsZero() {
			note.Left = true
			errs = append(errs, c.list.Begin(note))
		}
	}
	c.failed = nil
	return errors.Join(errs...)
}

// leaveFile writes down that the file of a shot is to become no photo.
func (c *Camera) leaveFile(f local, of fetched.Record) error {
	r := c.entry(f, "", of.Photo())
	r.First, r.Left = "", true
	if err := c.list.Add(r); err != nil {
		return err
	}
	c.done(f.remote)
	return nil
}

// reconcile finds out what became of the files that were on their way into the store when
// nobody looked. first is the newest photo. Those that the store has not got are fetched
// from the camera when it is looked at, as is what else belongs to shots that were cut
// short.
func (c *Camera) reconcile(first photo.Meta) error {
	for _, r := range c.list.Open() {
		m, ok := first, r.Sum == first.SHA256
		if !ok && c.o.Find != nil {
			m, ok = c.o.Find(r.Sum)
		}
		if !ok {
			continue
		}
		r.Open, r.First = false, m.ID
		if m.Shot != "" {
			r.First = m.Shot
		}
		if err := c.list.Add(r); err != nil {
			return err
		}
	}
	return nil
}

// owes tells whether the camera's card may have files that are to be brought or deleted.
func (c *Camera) owes() bool {
	return c.card.owing || !c.walk.moved.IsZero() || len(c.list.Open()) > 0 || len(c.list.Notes()) > 0
}

// had tells whether nothing is to be done any more about a file on the camera: one of
// its name, size and time is a photo, or is to be none.
func (c *Camera) had(f remote) bool {
	r, ok := c.list.Find(f.Path(), f.size)
	return ok && !r.Open && near(r.Time, f.time, timeSpread)
}

// ours tells which shot of this driver's a file is of, as far as the list and the notes
// tell; false where it is none, or is not wanted.
func (c *Camera) ours(f remote, notes []fetched.Record) (fetched.Record, bool) {
	if !photo.IsKind(c.cfg.Files, f.Format) {
		return fetched.Record{}, false
	}
	if r, ok := c.list.Find(f.Path(), f.size); ok && r.Open && near(r.Time, f.time, timeSpread) {
		return r, true
	}
	if r, ok := c.list.NewestOf(fetched.ShotOf(f.Path())); ok && near(r.Time, f.time, shotSpread) {
		return r, true
	}
	for i := len(notes) - 1; i >= 0; i-- {
		if since := f.time.Sub(notes[i].Time); !f.time.IsZero() && since >= -timeSpread {
			return notes[i], since <= c.cfg.ShotTime+shotSpread
		}
	}
	return fetched.Record{}, false
}
