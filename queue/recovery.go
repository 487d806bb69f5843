package queue

import (
	"slices"

	"github.com/rs/zerolog"
)

// foreignNames is how many names of foreign files Recovery keeps.
const foreignNames = 16

// Recovery is what Open found and did.
type Recovery struct {
	// Damage says what was wrong with the index that was set aside, and SetAside
	// where it is now; empty where it was sound.
	Damage, SetAside string
	// Rebuilt: the index was made from the spool.
	Rebuilt bool
	// Adopted photos were whole in the spool and not in the index. Of those,
	// Unread were taken by metadata and size, without reading them.
	Adopted, Unread int
	// Unadopted files wait in the spool for the next Sweep, or start: there was no
	// room on the card for their items, nor could any be made, or the card would not
	// give them.
	Unadopted int
	// Removed files were never accepted: unfinished pictures, decided deletions.
	Removed int
	// Damaged photos are now in damaged/: not what their metadata says, or without,
	// or with the number of another photo.
	Damaged int
	// Lost items have no file any more; Found ones have it again.
	Lost, Found int
	// Foreign files in the spool were left alone; ForeignNames are some of them.
	Foreign      int
	ForeignNames []string
}

// Recovery is what Open found and did, or since then the revival of an index that
// was damaged in use.
func (q *Queue) Recovery() Recovery {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.recovery
	r.ForeignNames = slices.Clone(r.ForeignNames)
	return r
}

func (r *Recovery) foreign(name string) {
	r.Foreign++
	if len(r.ForeignNames) < foreignNames {
		r.ForeignNames = append(r.ForeignNames, name)
	}
}

// remarkable tells whether a person should read it.
func (r Recovery) remarkable() bool {
	return r.Damage != "" || r.Unadopted+r.Adopted+r.Removed+r.Damaged+r.Lost+r.Found+r.Foreign > 0
}

// MarshalZerologObject writes r as the fields of a log line.
func (r Recovery) MarshalZerologObject(e *zerolog.Event) {
	if r.Damage != "" {
		e.Str("damage", r.Damage).Str("set_aside", r.SetAside)
	}
	e.Bool("rebuilt", r.Rebuilt).Int("adopted", r.Adopted).Int("unadopted", r.Unadopted).Int("unread", r.Unread).Int("removed", r.Removed)
	e.Int("damaged", r.Damaged).Int("lost", r.Lost).Int("found", r.Found)
	e.Int("foreign", r.Foreign).Strs("foreign_names", r.ForeignNames)
}
