package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/ledger"
)

// Entry is what the ledger says of one slot, or of consecutive slots without a
// photo that are too many to list.
type Entry struct {
	From, To time.Time // the first and the last slot, UTC; equal for one slot
	// Session is the capture session; empty for a span.
	Session string
	// Slots is how many; 1 for a single one.
	Slots int
	// Photos are the sequence numbers of those taken for the slot: several where
	// a shot has several files, or where the clock stepped back. They may have
	// been deleted since, once the cloud had them.
	Photos []uint64
	// Cause and Detail say why there is none, or what failed before there was one.
	Cause  photo.Cause
	Detail string
}

// ledgerDay is one value of bucketDays.
type ledgerDay = ledger.Day

const day = 24 * time.Hour

// slotKey sorts as the instants do, before 1970 too.
func slotKey(slot time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(slot.UnixNano())^(1<<63))
}

func keySlot(b []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(b)^(1<<63))).UTC()
}

// checkSlot tells whether an instant can be stored: years 1678 to 2261.
func checkSlot(slot time.Time) error {
	if !time.Unix(0, slot.UnixNano()).Equal(slot) || !slot.Add(day).After(slot) {
		return fmt.Errorf("instant %s: want a year from 1678 to 2261", slot)
	}
	return nil
}

// sessionLimit bounds the name of a session in bytes, as part of a key.
const sessionLimit = 200

// midnight is the beginning of the slot's UTC day.
func midnight(slot time.Time) time.Time {
	slot = slot.UTC()
	return time.Date(slot.Year(), slot.Month(), slot.Day(), 0, 0, 0, 0, time.UTC)
}

// dayKey is the day's slotKey and the session's name.
func dayKey(day time.Time, session string) []byte {
	return append(slotKey(day), session...)
}

// days calls visit for each session of each day from the one that holds from to
// the one before to, ascending.
func (t txn) days(from, to time.Time, visit func(day time.Time, session string, d *ledgerDay) error) error {
	c := t.bucket(bucketDays).Cursor()
	for k, v := c.Seek(slotKey(midnight(from))); len(k) >= 8; k, v = c.Next() {
		at := keySlot(k[:8])
		if !at.Before(to) {
			break
		}
		d, err := t.decodeDay(k, v)
		if err != nil {
			return err
		}
		if err := visit(at, string(k[8:]), &d); err != nil {
			return err
		}
	}
	return nil
}

func (t txn) decodeDay(k, v []byte) (ledgerDay, error) {
	v, err := t.open(bucketDays, k, v)
	if err != nil {
		return ledgerDay{}, err
	}
	return decodeDay(k, v)
}

func decodeDay(k, v []byte) (ledgerDay, error) {
	if len(k) < 8 {
		return ledgerDay{}, fmt.Errorf("%w: ledger: day %x", ErrDamaged, k)
	}
	d, err := ledger.Decode(keySlot(k[:8]), v)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return d, err
}

// errFound ends an iteration.
var errFound = errors.New("found")

// account is what the days say of the slot, and of which session it is.
func (t txn) account(slot time.Time) (session string, a ledger.Account, ok bool, err error) {
	err = t.days(slot, midnight(slot).Add(1), func(_ time.Time, s string, d *ledgerDay) error {
		if a, ok = d.At(slot); ok {
			session = s
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return session, a, ok, err
}

// changeDay changes what the ledger says of one slot. A slot has one account:
// where another session's name stands for it already, it stays with that.
func (t txn) changeDay(session string, slot time.Time, change func(*ledgerDay) bool) error {
	if len(session) > sessionLimit {
		session = session[:sessionLimit]
	}
	other, _, known, err := t.account(slot)
	if err != nil {
		return err
	}
	if known {
		session = other
	}
	key := dayKey(midnight(slot), session)
	var d ledgerDay
	if v := t.bucket(bucketDays).Get(key); v != nil {
		if d, err = t.decodeDay(key, v); err != nil {
			return err
		}
	}
	if !change(&d) {
		return fmt.Errorf("ledger of %s, session %q: it takes no slot %s", midnight(slot).Format(time.DateOnly), session, slot)
	}
	return t.put(bucketDays, key, d.Encode())
}

// sessionOf looks up of which session m was, by the ledger; empty where it
// doesn't know m.
func (t txn) sessionOf(m photo.Meta) (string, error) {
	session, a, ok, err := t.account(m.Slot)
	if err != nil || !ok || !slices.Contains(a.Photos, m.Seq()) {
		return "", err
	}
	return session, nil
}

// LastSlot is the latest slot, by its own time, that is accounted for; false
// where none is, where the queue is closed, or where the index can't be read,
// which is logged. Manual photos don't count.
func (q *Queue) LastSlot() (slot time.Time, ok bool) {
	q.read("last slot", func(t txn) (err error) {
		slot, ok, err = t.lastSlot()
		return err
	})
	return slot, ok
}

func (t txn) lastSlot() (last time.Time, ok bool, err error) {
	later := func(slot time.Time) {
		if !ok || slot.After(last) {
			last, ok = slot, true
		}
	}
	c := t.bucket(bucketDays).Cursor()
	var newest []byte
	for k, v := c.Last(); len(k) >= 8 && (newest == nil || string(k[:8]) == string(newest)); k, v = c.Prev() {
		newest = k[:8]
		d, err := t.decodeDay(k, v)
		if err != nil {
			return last, ok, err
		}
		if slot, any := d.Last(); any {
			later(slot)
		}
	}
	// A span's key begins with its end, so that the last key ends last.
	if k, _ := t.bucket(bucketSpans).Cursor().Last(); len(k) == 16 {
		later(keySlot(k[:8]))
	}
	return last, ok, nil
}

// Taken tells whether the ledger has a photo of the very slot. false too where
// the queue is closed or the index can't be read, which is logged.
func (q *Queue) Taken(slot time.Time) (ok bool) {
	if checkSlot(slot) != nil {
		return false
	}
	q.read("slot ledger", func(t txn) error {
		_, a, known, err := t.account(slot)
		ok = known && len(a.Photos) > 0
		return err
	})
	return ok
}

// Accounted tells whether the ledger has the slot, taken or missed. All that lies
// in a span counts, even where the clock was wrong that made it: ask Taken for
// photos alone, and record what is known better by another Miss. false too where
// the queue is closed or the index can't be read, which is logged.
func (q *Queue) Accounted(slot time.Time) (ok bool) {
	if checkSlot(slot) != nil {
		return false
	}
	q.read("slot ledger", func(t txn) (err error) {
		if _, _, ok, err = t.account(slot); !ok && err == nil {
			ok, err = t.spanned(slot)
		}
		return err
	})
	return ok
}

// Ledger lists what is known of the slots from <= slot < to, ascending: of each
// slot one Entry; a span reaches over those that have none. Ask for a day at a
// time: the answer is in memory as a whole.
func (q *Queue) Ledger(from, to time.Time) (all []Entry, err error) {
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	for _, end := range []time.Time{from, to} {
		if err := checkSlot(end); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
	}
	err = q.view(func(t txn) error {
		all = nil
		err := t.days(from, to, func(_ time.Time, session string, d *ledgerDay) error {
			for a := range d.All() {
				if !a.Slot.Before(from) && a.Slot.Before(to) {
					all = append(all, Entry{From: a.Slot, To: a.Slot, Session: session, Slots: 1, Photos: a.Photos, Cause: a.Cause, Detail: a.Detail})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return t.spans(from, to, func(e Entry) { all = append(all, e) })
	})
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].From.Before(all[j].From) })
	return all, nil
}
