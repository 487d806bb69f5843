package linkemu

import (
	"math/rand/v2"
	"time"
)

// Shape is what a link does to the packets of one direction.
type Shape struct {
	// BitsPerSecond is the rate of IP bits; 0 is no limit.
	BitsPerSecond int64
	// Delay is the time on the way, after the last bit has left.
	Delay time.Duration
	// QueueBytes is how many bytes may wait to leave, the packet that is leaving
	// included; what comes beyond is dropped. 0 is no limit.
	QueueBytes int
	// Loss is the part of the packets, from 0 to 1, that is lost at random.
	Loss float64
	// Seed makes the losses repeatable.
	Seed uint64
}

// fate is what becomes of a packet.
type fate int

const (
	delivered  fate = iota
	lost            // at random
	overflowed      // the queue was full
)

// shaper decides when the packets of one direction arrive. It knows no clock:
// its caller tells the time, which must not go back.
type shaper struct {
	shape  Shape
	random *rand.Rand
	free   time.Time // when the last bit of what was taken leaves
	queue  []leaving // what has not left yet, the oldest first
	queued int       // bytes in queue
}

// leaving is a packet in the queue.
type leaving struct {
	at    time.Time // its last bit leaves
	bytes int
}

func newShaper(s Shape) *shaper {
	return &shaper{shape: s, random: rand.New(rand.NewPCG(s.Seed, 0))} //nolint:gosec // repeatable on purpose
}

// take takes a packet of n bytes at now, and says when it arrives.
func (s *shaper) take(now time.Time, n int) (arrives time.Time, f fate) {
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		s.queued -= s.queue[0].bytes
		s.queue = s.queue[1:]
	}
	if s.random.Float64() < s.shape.Loss {
		return time.Time{}, lost
	}
	if s.shape.QueueBytes > 0 && s.queued+n > s.shape.QueueBytes {
		return time.Time{}, overflowed
	}
	left := now
	if s.shape.BitsPerSecond > 0 {
		if s.free.After(now) {
			left = s.free
		}
		left = left.Add(time.Duration(int64(n) * 8 * int64(time.Second) / s.shape.BitsPerSecond))
		s.free = left
		s.queue = append(s.queue, leaving{left, n})
		s.queued += n
	}
	return left.Add(s.shape.Delay), delivered
}
