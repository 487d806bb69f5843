package session

import (
	"io"
	"time"
)

const (
	// speedOver is over how many uploads the goodput is measured: few enough to
	// notice soon that a link has become bad, or good.
	speedOver = 3
	// speedLasts is how long an upload tells anything of the link.
	speedLasts = time.Hour
)

// speed is how fast the last uploads were.
type speed struct{ last []sample }

// sample is one upload that moved something.
type sample struct {
	at    time.Time
	bytes int64
	took  time.Duration
}

// add notes an upload, also one that was cut.
func (s *speed) add(bytes int64, took time.Duration) {
	if bytes == 0 || took <= 0 {
		return
	}
	if len(s.last) == speedOver {
		s.last = s.last[:copy(s.last, s.last[1:])]
	}
	s.last = append(s.last, sample{time.Now(), bytes, took})
}

// kbps is the goodput in kilobits a second; false where it is not known.
func (s *speed) kbps() (float64, bool) {
	var bytes int64
	var took time.Duration
	for _, l := range s.last {
		if time.Since(l.at) < speedLasts {
			bytes, took = bytes+l.bytes, took+l.took
		}
	}
	if took == 0 {
		return 0, false
	}
	const bits, kilo = 8, 1000
	return float64(bytes) * bits / kilo / took.Seconds(), true
}

// below tells whether the goodput is known and below so many kilobits a second.
func (s *speed) below(kbps int) bool {
	is, ok := s.kbps()
	return ok && is < float64(kbps)
}

// counter counts what is read of a photo: what the cloud had already is not sent
// again. An Uploader does not touch it after Upload has returned.
type counter struct {
	io.ReadSeeker
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadSeeker.Read(p)
	c.n += int64(n)
	return n, err //nolint:wrapcheck // io.Reader promises EOF itself
}
