package schedule

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"fieldcam/config/invalid"
)

// Schedule is a set of sessions in one time zone. It never changes.
type Schedule struct {
	zone *time.Location
	// rules holds the sessions by Kind, each in the order of listing.
	rules [CheckIn + 1][]rule
}

// rule is a Session in the units that arithmetic wants.
type rule struct {
	days        Days
	from, until int64 // seconds after midnight on the clock face
	every       int64 // nanoseconds
	name        string
	photos      int
	bytes       int64
	time        time.Duration
	choice      Choice
}

// Slot is an instant at which something is due.
type Slot struct {
	At      time.Time // UTC
	Kind    Kind
	Session string    // the session's name
	Ends    time.Time // the last instant of the block, UTC
	Photos  int       // of an upload: how many, 0 for as many as possible
	Choice  Choice    // of an upload: which; all where sessions of different choices coincide
	// Event is the name of the event whose slot it is; empty in the weekly schedule.
	Event string
	// Bytes and Time limit an upload; 0 is no limit.
	Bytes int64
	Time  time.Duration
}

// New makes a schedule. Its error holds invalid.Values with keys as "[2].every"
// for every value that cannot be used; a name that an earlier session has is
// one. No sessions at all are a schedule on which nothing is ever due.
func New(zone *time.Location, sessions []Session) (*Schedule, error) {
	if zone == nil {
		return nil, errors.New("schedule without a time zone")
	}
	var l invalid.List
	s := &Schedule{zone: zone}
	for i, v := range sessions {
		key := fmt.Sprintf("[%d]", i)
		err := v.Validate()
		l.Under(key, err)
		if v.Name != "" && slices.ContainsFunc(sessions[:i], func(e Session) bool { return e.Name == v.Name }) {
			l.Add(key+".name", v.Name, "a name that no other session has")
		}
		if err != nil {
			continue
		}
		s.rules[v.Kind] = append(s.rules[v.Kind], rule{
			days:   v.Days,
			from:   int64(time.Duration(v.From) / time.Second),
			until:  int64(time.Duration(v.Until) / time.Second),
			every:  int64(v.Every),
			name:   v.Name,
			photos: v.Photos,
			bytes:  int64(v.Megabytes) * 1_000_000,
			time:   time.Duration(v.Minutes) * time.Minute,
			choice: v.choice(zone),
		})
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Zone is the time zone of the schedule's wall times.
func (s *Schedule) Zone() *time.Location { return s.zone }

// of is the rules of a kind; none for a value that is no kind.
func (s *Schedule) of(kind Kind) []rule {
	if int(kind) >= len(s.rules) {
		return nil
	}
	return s.rules[kind]
}

// instant is a time in the form in which its parts never overflow.
type instant struct {
	sec  int64 // Unix
	nsec int64 // 0 to 999999999
}

// The years 1 to 9999, in which instants are computed: outside of them nothing
// is due. A clock that is so wrong must not end in an overflow.
const (
	minUnix = -62135596800
	maxUnix = 253402300799
)

func instantOf(t time.Time) (instant, bool) {
	i := instant{t.Unix(), int64(t.Nanosecond())}
	return i, i.sec >= minUnix && i.sec <= maxUnix
}

func (i instant) time() time.Time { return time.Unix(i.sec, i.nsec).UTC() }

func (i instant) compare(o instant) int {
	switch {
	case i.sec < o.sec || i.sec == o.sec && i.nsec < o.nsec:
		return -1
	case i == o:
		return 0
	}
	return 1
}

// add is the instant d nanoseconds after the Unix second sec, d >= 0.
func add(sec, d int64) instant {
	return instant{sec + d/int64(time.Second), d % int64(time.Second)}
}

// after is the first slot strictly after t of the block from begin to end.
func (r *rule) after(begin, end int64, t instant) (instant, bool) {
	if t.sec < begin {
		return instant{sec: begin}, true
	}
	if t.sec >= end {
		return instant{}, false
	}
	passed := (t.sec-begin)*int64(time.Second) + t.nsec
	d := (passed/r.every + 1) * r.every
	return add(begin, d), d <= (end-begin)*int64(time.Second)
}

// before is the last slot strictly before t of the block from begin to end.
func (r *rule) before(begin, end int64, t instant) (instant, bool) {
	if t.compare(instant{sec: begin}) <= 0 {
		return instant{}, false
	}
	d := (end - begin) * int64(time.Second)
	if t.sec <= end {
		d = min(d, (t.sec-begin)*int64(time.Second)+t.nsec-1)
	}
	return add(begin, d/r.every*r.every), true
}

// pick is the slot chosen so far among the sessions of a kind.
type pick struct {
	at     instant
	ends   int64
	name   string
	photos int
	bytes  int64
	time   time.Duration
	choice Choice
	ok     bool
}

// take replaces the pick by a slot of r at t whose block ends at end.
func (p *pick) take(r *rule, t instant, end int64) {
	*p = pick{at: t, ends: end, name: r.name, photos: r.photos, bytes: r.bytes, time: r.time, choice: r.choice, ok: true}
}

// join makes one slot of the pick and one of r, listed later, at the same
// instant.
func (p *pick) join(r *rule, end int64) {
	p.ends = max(p.ends, end)
	p.photos, p.bytes, p.time = larger(p.photos, r.photos), larger(p.bytes, r.bytes), larger(p.time, r.time)
	if p.choice != r.choice {
		p.choice = Choice{}
	}
}

// larger is the larger of two limits, of which 0 is none.
func larger[T int | int64 | time.Duration](a, b T) T {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

func (p *pick) slot(kind Kind) (Slot, bool) {
	if !p.ok {
		return Slot{}, false
	}
	return Slot{
		At:      p.at.time(),
		Kind:    kind,
		Session: p.name,
		Ends:    time.Unix(p.ends, 0).UTC(),
		Photos:  p.photos,
		Bytes:   p.bytes,
		Time:    p.time,
		Choice:  p.choice,
	}, true
}
