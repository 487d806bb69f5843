package schedule

import "time"

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

// ceil is the first whole second that is not before i.
func (i instant) ceil() int64 {
	if i.nsec > 0 {
		return i.sec + 1
	}
	return i.sec
}

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

func later(a, b instant) instant {
	if a.compare(b) > 0 {
		return a
	}
	return b
}

func earlier(a, b instant) instant {
	if a.compare(b) < 0 {
		return a
	}
	return b
}
