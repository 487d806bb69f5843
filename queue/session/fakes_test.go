package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// fakeQueue holds photos by number.
type fakeQueue struct {
	mu      sync.Mutex
	waiting map[uint64]photo.Meta
	acked   map[uint64]int
	refused map[uint64]string
	commits int
	ackErr  error
	damaged map[uint64]bool
}

func newQueue(n int) *fakeQueue {
	q := &fakeQueue{waiting: map[uint64]photo.Meta{}, acked: map[uint64]int{}, refused: map[uint64]string{}}
	q.add(1, n)
	return q
}

func (q *fakeQueue) add(from, to int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := from; i <= to; i++ {
		q.waiting[uint64(i)] = photo.Meta{ID: photo.NewID(time.Now(), uint64(i)), Taken: time.Now(), Size: 1000}
	}
}

func (q *fakeQueue) Next(s queue.Select) (photo.Meta, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := slices.Sorted(maps.Keys(q.waiting))
	if s.Order == queue.NewestFirst {
		slices.Reverse(all)
	}
	for _, seq := range all {
		m := q.waiting[seq]
		early := !s.From.IsZero() && m.Taken.Before(s.From)
		late := !s.To.IsZero() && !m.Taken.Before(s.To)
		if !early && !late && (s.Skip == nil || !s.Skip(seq)) {
			return m, true, nil
		}
	}
	return photo.Meta{}, false, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

func (q *fakeQueue) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	return file{bytes.NewReader(make([]byte, m.Size))}, nil
}

func (q *fakeQueue) Acknowledge(seqs ...uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ackErr != nil {
		return q.ackErr
	}
	q.commits++
	for _, s := range seqs {
		q.acked[s]++
		delete(q.waiting, s)
	}
	return nil
}

func (q *fakeQueue) Verify(m photo.Meta) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.damaged[m.Seq()] {
		return nil
	}
	delete(q.waiting, m.Seq())
	return errors.New("not what was written")
}

func (q *fakeQueue) Refuse(seq uint64, reason string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused[seq] = reason
	delete(q.waiting, seq)
	return nil
}

func (q *fakeQueue) counts() (waiting, acked, refused int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), len(q.acked), len(q.refused)
}

// fakeCloud takes a second for a photo, and does what say says.
type fakeCloud struct {
	mu   sync.Mutex
	say  func(seq uint64) error // nil: takes all
	hang bool
	// takes is how long a photo takes; 0 is a second.
	takes time.Duration
	sent  []uint64 // every attempt
	at    []time.Time
	busy  int // uploads under way
	most  int // of them at a time
}

func (c *fakeCloud) Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	c.mu.Lock()
	c.sent, c.at = append(c.sent, m.Seq()), append(c.at, time.Now())
	say, hang, takes := c.say, c.hang, c.takes
	if takes == 0 {
		takes = time.Second
	}
	c.busy++
	c.most = max(c.most, c.busy)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.busy--
		c.mu.Unlock()
	}()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(takes):
	}
	if say == nil {
		return nil
	}
	return say(m.Seq())
}

func (c *fakeCloud) set(say func(uint64) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say = say
}

func (c *fakeCloud) attempts() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

type clock struct{ offset time.Duration }

func (c *clock) Now() time.Time { return time.Now().Add(c.offset).UTC().Round(0) }
func (c *clock) Synced() bool   { return true }

// sized adds photos of so many bytes, taken now.
func (q *fakeQueue) sized(first uint64, sizes ...int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, size := range sizes {
		seq := first + uint64(i)
		q.waiting[seq] = photo.Meta{ID: photo.NewID(time.Now(), seq), Taken: time.Now(), Size: size}
	}
}

// acknowledged is how many photos the cloud has.
func (q *fakeQueue) acknowledged() int {
	_, n, _ := q.counts()
	return n
}
