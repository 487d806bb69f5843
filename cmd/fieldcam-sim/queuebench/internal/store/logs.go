package store

import (
	"bytes"
	"context"
	"time"

	"github.com/joncrlsn/dque"
	"github.com/nsqio/go-diskqueue"
)

// dqueSegment is how many photos are in a file of dque, which it holds in memory
// whole.
const dqueSegment = 50

// dequeued is what dque keeps, by gob: a photo.
type dequeued struct{ Photo []byte }

type dqueStore struct{ q *dque.DQue }

func openDque(_ context.Context, dir string) (Store, error) {
	q, err := dque.NewOrOpen("photos", dir, dqueSegment, func() any { return &dequeued{} })
	return &dqueStore{q}, err
}

func (s *dqueStore) Put(_ context.Context, i int, size int64) error {
	var b bytes.Buffer
	b.Grow(int(size))
	if err := picture(&b, i, size); err != nil {
		return err
	}
	return s.q.Enqueue(&dequeued{b.Bytes()})
}

func (s *dqueStore) Drain(_ context.Context, n int) error {
	for range n {
		if _, err := s.q.Dequeue(); err != nil {
			return err
		}
	}
	return nil
}

func (s *dqueStore) Delete(context.Context) error { return nil } // it drops each file that is done
func (s *dqueStore) Close() error                 { return s.q.Close() }

const (
	diskqueueFile    = 64 << 20        // bytes of each of its files
	diskqueueMessage = 16 << 20        // bytes, at most
	diskqueueTimeout = 2 * time.Second // until it syncs what is not synced; nsqd's default
	// readLimit bounds the wait for a photo that was put.
	readLimit = time.Minute
)

type diskqueueStore struct{ q diskqueue.Interface }

func openDiskqueue(_ context.Context, dir string) (Store, error) {
	const syncEvery = 1
	return &diskqueueStore{diskqueue.New("photos", dir, diskqueueFile, 0, diskqueueMessage, syncEvery, diskqueueTimeout,
		func(diskqueue.LogLevel, string, ...any) {})}, nil
}

func (s *diskqueueStore) Put(_ context.Context, i int, size int64) error {
	var b bytes.Buffer
	b.Grow(int(size))
	if err := picture(&b, i, size); err != nil {
		return err
	}
	return s.q.Put(b.Bytes())
}

func (s *diskqueueStore) Drain(_ context.Context, n int) error {
	limit := time.NewTimer(readLimit)
	defer limit.Stop()
	for range n {
		select {
		case <-s.q.ReadChan():
		case <-limit.C:
			return errShort
		}
	}
	return nil
}

func (s *diskqueueStore) Delete(context.Context) error { return nil } // it drops each file that is done
func (s *diskqueueStore) Close() error                 { return s.q.Close() }
