package fetched

import "slices"

// maxNotes is how many notes of shots are remembered: those of a camera that fails at
// every attempt of some hours. It is looked at when it works again.
const maxNotes = 1000

// Open are the files that were on their way into the store, in no order: the store may
// have them or not.
func (r *List) Open() (all []Record) {
	for key := range r.open {
		all = append(all, r.all[r.byKey[key]])
	}
	return all
}

// Notes are the shots that were begun and of which no file is listed, the oldest first.
func (r *List) Notes() []Record { return slices.Clone(r.notes) }

// Begin notes for good that a shot was begun, so that its files are known for what they
// are whatever becomes of it. A record of a file of the shot takes the note's place; End
// does away with it.
func (r *List) Begin(note Record) error {
	note.Path, note.Open = "", true
	return r.Add(note)
}

// End says that the shot of a note has no files that are not listed.
func (r *List) End(note Record) error {
	note.Path, note.Open = "", false
	return r.Add(note)
}

// forget drops the note of a record's shot.
func (r *List) forget(one Record) {
	r.notes = slices.DeleteFunc(r.notes, func(n Record) bool {
		return n.Trigger == one.Trigger && n.Slot.Equal(one.Slot) && n.Taken.Equal(one.Taken)
	})
}
