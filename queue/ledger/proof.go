package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

const (
	// MaxProof is how many bytes Proof takes at most: in base64, with the rest of
	// its message, a day takes 200.
	MaxProof = 60
	// proofVersion is the first byte of what Proof makes.
	proofVersion = 1
	// otherCause is what ReadProof has for a cause without a code.
	otherCause photo.Cause = "other"
)

// In a proof's runs these stand in the place of two flags of Encode's. isMixed is
// followed by how many of the slots were taken and how many failed; perSlot by
// how many photos each slot has, where that is not one, or, where there are none
// and the cause has no code, by its number in laterCauses.
const (
	isMixed = hasDetail
	perSlot = goesOn
)

// laterCauses are the causes that Encode has no code for, at their numbers in a
// proof, which never change.
func laterCauses() []photo.Cause {
	return []photo.Cause{photo.NotFetched, photo.Paused, photo.PowerLow}
}

// Stretch is neighbouring slots of a day, as its proof has them.
type Stretch struct {
	From, To time.Time // the first slot and the last, UTC
	// Every is the distance of the slots; 0 where that is not told: for a single
	// slot, and where Mixed.
	Every time.Duration
	Slots int // how many, at least 1
	// Taken, Failed and Skipped are how many of the slots have a photo, a failure
	// that was seen, or a gap. Unless Mixed, all slots are of one kind.
	Taken, Failed, Skipped int
	// Photos is how many each slot has. 0 where Mixed.
	Photos int
	// Cause is why there is no photo; "other" for one that this version does not
	// know. Empty where Taken or Mixed.
	Cause photo.Cause
	// Mixed says that slots of several kinds were put together, so that the proof
	// is not too long: which of them fared how is on the device.
	Mixed bool
}

// Proof is the day in at most MaxProof bytes, which ReadProof reads: every slot
// and what became of it, without the photos' numbers and the errors' texts. That
// is room for some fifteen disturbances of a day. Where there are more,
// neighbouring stretches, the short ones first, are put together as Mixed: their
// counts are exact, and which slot fared how is left out.
func (d Day) Proof() []byte {
	list := d.stretches()
	b := appendProof(list)
	for limit := 2; len(b) > MaxProof; limit *= 2 {
		mixed := list[:1]
		for _, s := range list[1:] {
			last := &mixed[len(mixed)-1]
			if last.Slots+s.Slots > limit {
				mixed = append(mixed, s)
				continue
			}
			last.mix(s)
		}
		list = mixed
		b = appendProof(list)
	}
	return b
}

// stretches is what a proof has room for.
func (d *Day) stretches() []Stretch {
	list := make([]Stretch, 0, len(d.runs))
	for i := range d.runs {
		r := &d.runs[i]
		s := Stretch{From: d.time(r.start), To: d.time(r.last()), Every: time.Duration(r.every), Slots: r.count}
		switch {
		case r.photos:
			s.Taken, s.Photos = r.count, r.perSlot()
		case r.cause.Gap():
			s.Skipped, s.Cause = r.count, r.cause
		default:
			s.Failed, s.Cause = r.count, r.cause
			if !slices.Contains(codes(), r.cause) && !slices.Contains(laterCauses(), r.cause) {
				s.Cause = otherCause
			}
		}
		if n := len(list); n > 0 && list[n-1].join(s) {
			continue
		}
		list = append(list, s)
	}
	return list
}

// join puts n, which follows, at the end of the stretch; false where they are
// not alike.
func (s *Stretch) join(n Stretch) bool {
	every := n.From.Sub(s.To)
	if s.Cause != n.Cause || s.Photos != n.Photos || s.Slots > 1 && s.Every != every || n.Slots > 1 && n.Every != every {
		return false
	}
	s.To, s.Every = n.To, every
	s.count(n)
	return true
}

// mix puts n, which follows, at the end of the stretch, whatever it is.
func (s *Stretch) mix(n Stretch) {
	s.To, s.Every, s.Photos, s.Cause, s.Mixed = n.To, 0, 0, "", true
	s.count(n)
}

func (s *Stretch) count(n Stretch) {
	s.Slots += n.Slots
	s.Taken += n.Taken
	s.Failed += n.Failed
	s.Skipped += n.Skipped
}

func appendProof(list []Stretch) []byte {
	b := []byte{proofVersion}
	var t trail
	for i := range list {
		s := &list[i]
		r := run{start: sinceMidnight(s.From), every: int64(s.Every), count: s.Slots}
		at := len(b)
		b = append(b, 0)
		flags := byte(max(0, slices.Index(codes(), s.Cause)))
		later := slices.Index(laterCauses(), s.Cause)
		if s.Cause == otherCause || later >= 0 {
			flags = codeOther
		}
		switch {
		case s.Mixed:
			flags |= isMixed
			b = appendTime(b, r.start-t.last)
			b = binary.AppendUvarint(b, uint64(s.Slots))
			b = appendTime(b, int64(s.To.Sub(s.From)))
			b = binary.AppendUvarint(b, uint64(s.Taken))
			b = binary.AppendUvarint(b, uint64(s.Failed))
			t.any, t.last = true, sinceMidnight(s.To)
		default:
			var place byte
			b, place = appendPlace(b, &t, &r)
			flags |= place
			if s.Taken > 0 {
				flags |= hasPhotos
			}
			if s.Photos > 1 {
				flags |= perSlot
				b = binary.AppendUvarint(b, uint64(s.Photos))
			}
			if later >= 0 {
				flags |= perSlot
				b = binary.AppendUvarint(b, uint64(later))
			}
			t.follow(r)
		}
		b[at] = flags
	}
	return b
}

func sinceMidnight(slot time.Time) int64 {
	return (slot.Unix()-floor(slot.Unix()))*int64(time.Second) + int64(slot.Nanosecond())
}

// ReadProof reads what Proof made of the UTC day that holds day. Its error is
// ErrDamaged.
func ReadProof(day time.Time, b []byte) ([]Stretch, error) {
	r := reader{b: b}
	if v := r.byte(); v != proofVersion {
		r.fail("version %d, want %d", v, proofVersion)
	}
	d := Day{midnight: floor(day.Unix())}
	var list []Stretch
	var t trail
	slots := 0
	for r.err == nil && len(r.b) > 0 {
		s := r.stretch(&d, &t)
		slots += s.Slots
		if slots > maxSlots {
			r.fail("too many slots")
		}
		list = append(list, s)
	}
	if r.err != nil {
		return nil, fmt.Errorf("read ledger proof: %w", r.err)
	}
	return list, nil
}

func (r *reader) stretch(d *Day, t *trail) (s Stretch) {
	flags := r.byte()
	if flags&isMixed != 0 {
		return r.mixed(flags, d, t)
	}
	var one run
	r.place(flags, t, &one)
	t.follow(one)
	s = Stretch{From: d.time(one.start), To: d.time(one.last()), Every: time.Duration(one.every), Slots: one.count}
	s.Cause = otherCause
	if code := flags & codeMask; code != codeOther {
		s.Cause = codes()[code]
	} else if flags&perSlot != 0 && flags&hasPhotos == 0 {
		s.Cause = r.later()
	}
	switch {
	case flags&hasPhotos != 0:
		s.Taken, s.Photos = s.Slots, 1
		if flags&perSlot != 0 {
			s.Photos = r.number("photos", maxPhotos)
		}
	case s.Cause.Gap():
		s.Skipped = s.Slots
	default:
		s.Failed = s.Slots
	}
	if r.err == nil && (s.Cause == "") != (s.Taken > 0) || s.Taken > 0 && s.Photos == 0 {
		r.fail("%d slots taken, cause %q", s.Taken, s.Cause)
	}
	return s
}

// later is a cause by its number. One of a newer version is "other".
func (r *reader) later() photo.Cause {
	if n := r.uvarint(); n < uint64(len(laterCauses())) {
		return laterCauses()[n]
	}
	return otherCause
}

func (r *reader) mixed(flags byte, d *Day, t *trail) (s Stretch) {
	from := t.last + r.time("start")
	s.Slots = r.number("slots", maxSlots)
	to := from + r.time("length")
	s.Taken = r.number("taken", uint64(s.Slots))
	s.Failed = r.number("failed", uint64(s.Slots-s.Taken))
	s.Skipped, s.Mixed = s.Slots-s.Taken-s.Failed, true
	if flags != isMixed || t.any && from <= t.last || to >= dayLength || s.Slots < 2 || to-from < int64(s.Slots-1) {
		r.fail("%d mixed slots", s.Slots)
	}
	s.From, s.To = d.time(from), d.time(to)
	t.any, t.last = true, to
	return s
}
