package ledger

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

const (
	// maxSlots bounds the slots of a day, and maxPhotos its photos, so that
	// damaged bytes can not make a reader go on for hours. At the shortest
	// interval of 5 s a day has 17,280.
	maxSlots  = 1 << 20
	maxPhotos = 1 << 20
	// maxDetails is how many different details a day keeps: a fault repeats
	// itself, and years of days share the card.
	maxDetails = 8
	// maxDetail bounds one, in bytes, and maxCause a cause that this version
	// does not know.
	maxDetail = 200
	maxCause  = 40
	// dayLength is a UTC day; leap seconds have no Unix time.
	dayLength = int64(24 * time.Hour)
)

// ErrDamaged is in every error of Decode and ReadProof: the bytes are not what
// Encode or Proof made.
var ErrDamaged = errors.New("ledger is damaged")

// Account is what became of one slot.
type Account struct {
	Slot time.Time // UTC
	// Photos are the sequence numbers of the slot's photos, ascending: several
	// where a camera delivers more than one file of a shot, or where the clock
	// stepped back and the slot was taken again.
	Photos []uint64
	// Cause is why there is no photo; beside photos, a failure that was seen
	// before them, or empty.
	Cause photo.Cause
	// Detail is the error's text, for a person. A day keeps the newest few
	// different ones: empty where newer ones took its place.
	Detail string
}

// Day is the accounts of one UTC day and one session. The zero value is an empty
// day; the first slot says which. A copy shares memory with the original: change
// only one of them.
type Day struct {
	midnight int64 // Unix seconds
	// runs are ascending, and nothing lies between the slots of one.
	runs          []run
	slots, photos int
	// details are those of the runs, the one used last at the end. Some may not
	// be in use any more.
	details []string
}

// offset is a slot's time since midnight in nanoseconds; false where the slot is
// of another day.
func (d *Day) offset(slot time.Time) (int64, bool) {
	midnight := floor(slot.Unix())
	if len(d.runs) > 0 && midnight != d.midnight {
		return 0, false
	}
	return (slot.Unix()-midnight)*int64(time.Second) + int64(slot.Nanosecond()), true
}

// floor is the beginning of the UTC day that holds a Unix second.
func floor(unix int64) int64 {
	const day = dayLength / int64(time.Second)
	n := unix % day
	if n < 0 {
		n += day
	}
	return unix - n
}

// Take accounts for the slot by the photo with sequence number seq; the same one
// again changes nothing. It returns false, and changes nothing, where the slot
// is of another UTC day than those before, or the day is full: it holds a
// million slots and a million photos.
func (d *Day) Take(slot time.Time, seq uint64) bool {
	return d.change(slot, func(r *run) {
		if !r.add(seq) {
			return
		}
		if r.cause.Passes() {
			r.cause, r.detail = "", ""
		}
	})
}

// Miss accounts for the slot by why it has no photo. It changes nothing where
// there is a photo, or a failure that was seen and cause is a gap. An empty
// cause counts as photo.NotRunning. It returns false as Take does.
func (d *Day) Miss(slot time.Time, cause photo.Cause, detail string) bool {
	if cause == "" {
		cause = photo.NotRunning
	}
	cause, detail = photo.Cause(clip(string(cause), maxCause)), clip(detail, maxDetail)
	forgot := false
	ok := d.change(slot, func(r *run) {
		if r.taken() || cause.Gap() && r.cause != "" && !r.cause.Gap() {
			return
		}
		r.cause = cause
		r.detail, forgot = d.intern(detail)
	})
	if forgot {
		d.runs = join(d.runs) // those without their detail may now be alike
	}
	return ok
}

// clip cuts a text to a number of bytes, and to whole characters.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}

// change lets f change the account of one slot, which may be new, and puts it
// among its neighbours.
func (d *Day) change(slot time.Time, f func(*run)) bool {
	off, ok := d.offset(slot)
	if !ok {
		return false
	}
	n, found := d.find(off)
	one := run{start: off, count: 1}
	if found {
		one = d.runs[n].single(off)
	}
	was := one.photoCount()
	if !found && d.slots >= maxSlots || d.photos >= maxPhotos {
		return false
	}
	d.midnight = floor(slot.Unix())
	f(&one)
	d.photos += one.photoCount() - was
	if !found {
		d.slots++
	}
	d.put(n, one)
	return true
}

// find is the run that has the slot. Where none has, n is the one after whose
// start the slot comes, or that it comes before where it comes before all.
func (d *Day) find(off int64) (n int, found bool) {
	n, exact := slices.BinarySearchFunc(d.runs, off, func(r run, off int64) int {
		switch {
		case r.start < off:
			return -1
		case r.start > off:
			return 1
		}
		return 0
	})
	if exact {
		return n, true
	}
	if n == 0 {
		return 0, false
	}
	return n - 1, d.runs[n-1].has(off)
}

// put replaces the slot of one in run n, or inserts it there.
func (d *Day) put(n int, one run) {
	if last := len(d.runs) - 1; n >= last && (last < 0 || one.start > d.runs[last].last()) {
		// As a rule slots come in their order.
		if last < 0 || !d.runs[last].join(one) {
			d.runs = append(d.runs, one)
		}
		return
	}
	var parts [5]run // a neighbour, what is before, one, what is after, a neighbour
	list := parts[:0]
	before, after := d.runs[n].without(one.start)
	first, end := max(n-1, 0), min(n+2, len(d.runs))
	list = append(list, d.runs[first:n]...)
	if before.count > 0 {
		list = append(list, before)
	}
	list = append(list, one)
	if after.count > 0 {
		list = append(list, after)
	}
	list = append(list, d.runs[n+1:end]...)
	d.runs = slices.Replace(d.runs, first, end, join(list)...)
}

// join makes one of neighbours that are alike, in place.
func join(list []run) []run {
	joined := list[:1]
	for _, r := range list[1:] {
		if !joined[len(joined)-1].join(r) {
			joined = append(joined, r)
		}
	}
	return joined
}

// intern makes the text the newest of the details. Where there are too many, the
// oldest is forgotten.
func (d *Day) intern(text string) (kept string, forgot bool) {
	if text == "" {
		return "", false
	}
	if n := slices.Index(d.details, text); n >= 0 {
		if text = d.details[n]; n == len(d.details)-1 {
			return text, false
		}
		d.details = append(slices.Delete(d.details, n, n+1), text)
		return text, false
	}
	if len(d.details) >= maxDetails {
		d.details = d.used()
	}
	if len(d.details) >= maxDetails {
		for i := range d.runs {
			if d.runs[i].detail == d.details[0] {
				d.runs[i].detail = ""
			}
		}
		d.details = slices.Delete(d.details, 0, 1)
		forgot = true
	}
	d.details = append(d.details, text)
	return text, forgot
}

// used is the details that runs have, in order.
func (d *Day) used() []string {
	return slices.DeleteFunc(slices.Clone(d.details), func(text string) bool {
		return !slices.ContainsFunc(d.runs, func(r run) bool { return r.detail == text })
	})
}

// At is the account of the slot; false where it has none.
func (d *Day) At(slot time.Time) (Account, bool) {
	off, ok := d.offset(slot)
	if !ok {
		return Account{}, false
	}
	n, found := d.find(off)
	if !found {
		return Account{}, false
	}
	one := d.runs[n].single(off)
	return d.account(&one, 0), true
}

// account is that of the nth slot of a run.
func (d *Day) account(r *run, n int) Account {
	return Account{Slot: d.time(r.at(n)), Photos: r.numbers(n), Cause: r.cause, Detail: r.detail}
}

func (d *Day) time(off int64) time.Time { return time.Unix(d.midnight, off).UTC() }

// All is the accounts, ascending. The day must not change meanwhile.
func (d *Day) All() iter.Seq[Account] {
	return func(yield func(Account) bool) {
		for i := range d.runs {
			for n := range d.runs[i].count {
				if !yield(d.account(&d.runs[i], n)) {
					return
				}
			}
		}
	}
}

// Last is the latest slot that has an account; false for an empty day.
func (d *Day) Last() (time.Time, bool) {
	if len(d.runs) == 0 {
		return time.Time{}, false
	}
	return d.time(d.runs[len(d.runs)-1].last()), true
}

// Len is how many slots have an account.
func (d *Day) Len() int { return d.slots }
