package ledger

import (
	"encoding/binary"
	"slices"
	"time"

	"fieldcam/capture/photo"
)

// version is the first byte of what Encode makes.
const version = 1

// A run is one byte of these, and then what they don't say, in this order: for
// codeOther the cause; the index of the detail; the start, as what it is after
// the last slot before, and, where there are several slots, their distance and
// number; how many photos each slot has, how far apart those of the first slot
// are, the stride and the first number, as what it is more than expected.
const (
	codeMask  = 7      // index in codes
	codeOther = 7      // a cause that is not among them
	hasPhotos = 1 << 3 // each slot has some
	onGrid    = 1 << 4 // it goes on with the distance of the run before
	isSingle  = 1 << 5 // one slot
	hasDetail = 1 << 6
	goesOn    = 1 << 7 // the photos' numbers go on as those before
)

// codes are the causes at their codes, which never change. The first is none.
func codes() []photo.Cause {
	return []photo.Cause{
		"", photo.NotRunning, photo.ClockStep, photo.Busy, photo.CameraFault, photo.CardFull, photo.StoreFault,
	}
}

// trail is what a reader knows of the runs so far, and expects of the next.
type trail struct {
	any   bool
	last  int64 // the last slot
	every int64
	like  run // the last run that has photos
}

// next is the offset at which the next run is expected.
func (s *trail) next() int64 { return s.last + s.every }

// seq is the number that the next run's first photo is expected to have. Sums
// wrap around, as they do when they are undone.
func (s *trail) seq() uint64 {
	if !s.like.photos {
		return 0
	}
	return s.like.first + uint64(s.like.count-1)*s.like.stride + s.stride()
}

func (s *trail) stride() uint64 { return max(s.like.stride, uint64(s.like.perSlot()), 1) }

func (s *trail) follow(r run) {
	s.any, s.last = true, r.last()
	if r.count > 1 {
		s.every = r.every
	}
	if r.photos {
		if r.count == 1 {
			r.stride = s.like.stride
		}
		s.like = r
	}
}

// Encode is the day in bytes, which Decode reads.
func (d Day) Encode() []byte {
	details := d.used()
	b := make([]byte, 0, 64+4*len(d.runs))
	b = append(b, version)
	b = binary.AppendUvarint(b, uint64(len(details)))
	for _, text := range details {
		b = appendText(b, text)
	}
	b = binary.AppendUvarint(b, uint64(len(d.runs)))
	var s trail
	known := codes()
	for i := range d.runs {
		r := &d.runs[i]
		b = appendRun(b, &s, r, slices.Index(known, r.cause), slices.Index(details, r.detail))
		s.follow(*r)
	}
	return b
}

func appendRun(b []byte, s *trail, r *run, code, detail int) []byte {
	at := len(b)
	b = append(b, 0)
	flags := byte(codeOther)
	if code >= 0 {
		flags = byte(code)
	} else {
		b = appendText(b, string(r.cause))
	}
	if detail >= 0 {
		flags |= hasDetail
		b = binary.AppendUvarint(b, uint64(detail))
	}
	b, place := appendPlace(b, s, r)
	flags |= place
	if r.photos {
		flags |= hasPhotos
		if s.goesOn(r) {
			flags |= goesOn
		} else {
			b = appendNumbers(b, s, r)
		}
	}
	b[at] = flags
	return b
}

// appendPlace appends where the run's slots are.
func appendPlace(b []byte, s *trail, r *run) (_ []byte, flags byte) {
	if r.count == 1 {
		flags |= isSingle
	}
	if s.every > 0 && r.start == s.next() && (r.count == 1 || r.every == s.every) {
		flags |= onGrid
	} else {
		b = appendTime(b, r.start-s.last)
		if r.count > 1 {
			b = appendTime(b, r.every)
		}
	}
	if r.count > 1 {
		b = binary.AppendUvarint(b, uint64(r.count))
	}
	return b, flags
}

// goesOn tells whether the numbers of r's photos are those that are expected.
func (s *trail) goesOn(r *run) bool {
	if r.first != s.seq() || r.count > 1 && r.stride != s.stride() || len(r.more) != len(s.like.more) {
		return false
	}
	for i := range r.more {
		if r.more[i]-r.first != s.like.more[i]-s.like.first {
			return false
		}
	}
	return true
}

func appendNumbers(b []byte, s *trail, r *run) []byte {
	b = binary.AppendUvarint(b, uint64(len(r.more)))
	last := r.first
	for _, seq := range r.more {
		b = binary.AppendUvarint(b, seq-last)
		last = seq
	}
	if r.count > 1 {
		b = binary.AppendUvarint(b, r.stride)
	}
	return binary.AppendVarint(b, int64(r.first-s.seq()))
}

// appendTime appends nanoseconds, in seconds where they are whole.
func appendTime(b []byte, ns int64) []byte {
	if ns%int64(time.Second) == 0 {
		return binary.AppendUvarint(b, uint64(ns/int64(time.Second))<<1)
	}
	return binary.AppendUvarint(b, uint64(ns)<<1|1)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
