package ledger

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"time"
	"unicode/utf8"

	"fieldcam/capture/photo"
)

// reader takes values off bytes. After the first that is wrong, all are zero,
// and err says what was wrong.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...)
		r.b = nil
	}
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("it ends too soon")
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("no whole number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("no whole number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// number is one of at most limit.
func (r *reader) number(what string, limit uint64) int {
	v := r.uvarint()
	if v > limit {
		r.fail("%s: %d, want at most %d", what, v, limit)
		return 0
	}
	return int(v)
}

// time is what appendTime wrote, up to a day.
func (r *reader) time(what string) int64 {
	v := r.uvarint()
	ns := v >> 1
	if v&1 == 0 {
		if ns > uint64(dayLength/int64(time.Second)) {
			r.fail("%s: %d s, want at most a day", what, ns)
			return 0
		}
		return int64(ns) * int64(time.Second)
	}
	if ns > uint64(dayLength) {
		r.fail("%s: %d ns, want at most a day", what, ns)
		return 0
	}
	return int64(ns)
}

func (r *reader) text(what string, limit int) string {
	n := r.number(what, uint64(limit))
	if n > len(r.b) || n == 0 || !utf8.Valid(r.b[:n]) {
		r.fail("%s: no text of %d bytes", what, n)
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// Decode reads what Encode made of the UTC day that holds day. Its error is
// ErrDamaged. Whatever the bytes are, it ends soon and takes some megabytes at
// most.
func Decode(day time.Time, b []byte) (Day, error) {
	r := reader{b: b}
	if v := r.byte(); v != version {
		r.fail("version %d, want %d", v, version)
	}
	d := Day{midnight: floor(day.Unix())}
	for range r.number("details", maxDetails) {
		text := r.text("detail", maxDetail)
		if slices.Contains(d.details, text) {
			r.fail("a detail comes twice")
		}
		d.details = append(d.details, text)
	}
	n := r.number("runs", uint64(len(r.b))) // each is a byte at least
	d.runs = make([]run, 0, n)
	var s trail
	for range n {
		one := r.run(&s, d.details)
		if r.err != nil {
			break
		}
		d.runs = append(d.runs, one)
		d.slots += one.count
		if d.slots > maxSlots || int64(one.count)*int64(one.perSlot()) > int64(maxPhotos-d.photos) {
			r.fail("too many slots or photos")
			break
		}
		d.photos += one.photoCount()
		s.follow(one)
	}
	if r.err == nil && len(r.b) > 0 {
		r.fail("%d bytes too many", len(r.b))
	}
	if r.err != nil {
		return Day{}, fmt.Errorf("decode ledger: %w", r.err)
	}
	return d, nil
}

func (r *reader) run(s *trail, details []string) (one run) {
	flags := r.byte()
	if code := flags & codeMask; code == codeOther {
		one.cause = photo.Cause(r.text("cause", maxCause))
	} else {
		one.cause = codes()[code]
	}
	if flags&hasDetail != 0 {
		n := r.uvarint()
		if n >= uint64(len(details)) {
			r.fail("no detail %d", n)
			return one
		}
		one.detail = details[n]
	}
	r.place(flags, s, &one)
	if flags&hasPhotos != 0 && r.err == nil {
		r.numbers(flags, s, &one)
	}
	switch {
	case one.photos && one.cause.Gap(), !one.photos && one.cause == "", one.cause == "" && one.detail != "":
		r.fail("a slot with photos %t, cause %q, detail %q", one.photos, one.cause, one.detail)
	}
	return one
}

// place reads what appendPlace wrote.
func (r *reader) place(flags byte, s *trail, one *run) {
	one.count = 1
	one.start, one.every = s.next(), s.every
	if flags&onGrid == 0 {
		one.start = s.last + r.time("start")
		if flags&isSingle == 0 {
			one.every = r.time("distance")
		}
	}
	if flags&isSingle != 0 {
		one.every = 0
	} else {
		one.count = r.number("slots", maxSlots)
	}
	switch {
	case r.err != nil:
	case s.any && one.start <= s.last, one.start >= dayLength:
		r.fail("a slot out of order, or of another day")
	case one.count < 1, one.count == 1 && flags&isSingle == 0, one.count > 1 && one.every <= 0:
		r.fail("%d slots, %d ns apart", one.count, one.every)
	case one.count > 1 && int64(one.count-1) > (dayLength-1-one.start)/one.every:
		r.fail("slots of another day")
	}
}

// numbers reads what appendNumbers wrote, or what goesOn stands for.
func (r *reader) numbers(flags byte, s *trail, one *run) {
	one.photos = true
	if flags&goesOn != 0 {
		one.first = s.seq()
		one.more = shifted(s.like.more, one.first-s.like.first)
		if one.count > 1 {
			one.stride = s.stride()
		}
	} else {
		n := r.number("photos", uint64(len(r.b)))
		sum := uint64(0)
		for range n {
			sum += r.uvarint()
			one.more = append(one.more, sum)
		}
		if one.count > 1 {
			one.stride = r.uvarint()
		}
		one.first = s.seq() + uint64(r.varint())
		one.more = shifted(one.more, one.first)
	}
	if r.err == nil && !one.ascend() {
		r.fail("photos out of order")
	}
}

// ascend tells whether the numbers do, within the run and within each slot.
func (r *run) ascend() bool {
	last := r.first
	for _, seq := range r.more {
		if seq <= last {
			return false
		}
		last = seq
	}
	hi, lo := bits.Mul64(uint64(r.count-1), r.stride)
	return hi == 0 && last+lo >= last && (r.count == 1 || r.stride > 0)
}
