package second_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fieldcam/capture/photo"
	photos "fieldcam/queue"
)

// queue is the queue on the card.
type queue struct {
	r  *rig
	mu sync.Mutex // guards the following
	// told counts the calls of Copied.
	told int
	all  []*entry // by number
	disk string
}

type entry struct {
	photo.Meta
	data              []byte
	copied, confirmed bool
	unknown, returned bool // the queue has lost it; it came back
	openErr           error
}

// add takes photos of some hundred bytes to more than one piece, one a minute.
func (q *queue) add(n int) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	for range n {
		seq := uint64(len(q.all) + 1)
		at := time.Date(2026, 11, 21, 23, 50, 0, 0, time.UTC).Add(time.Duration(seq) * time.Minute)
		data := bytes.Repeat(fmt.Appendf(nil, "photo %d ", seq), 1000)
		if seq%3 == 0 {
			data = bytes.Repeat(data, 60)
		}
		m := photo.Meta{
			ID: photo.MakeID(at, seq, [3]byte{1, 2, byte(seq)}), Device: "cam-1", Slot: at, Taken: at, Trigger: photo.Scheduled,
			Size: int64(len(data)), SHA256: sum(data), Exposure: photo.Exposure{Format: "jpg"},
		}
		q.all = append(q.all, &entry{Meta: m, data: data})
	}
	return q.all[len(q.all)-n:]
}

// change changes what the queue knows, as others do.
func (q *queue) change(f func()) { q.mu.Lock(); defer q.mu.Unlock(); f() }

func (q *queue) waiting() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.all {
		if !e.copied {
			n++
		}
	}
	return n
}

func (q *queue) Uncopied(after uint64, limit int) (all []photo.Meta, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.all {
		if !e.copied && e.Seq() > after && len(all) < limit {
			all = append(all, e.Meta)
		}
	}
	return all, nil
}

func (q *queue) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.all[m.Seq()-1]
	if e.openErr != nil {
		return nil, e.openErr
	}
	return closer{bytes.NewReader(e.data)}, nil
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }

// Copied checks the promise that is behind it: the disk has the photo.
func (q *queue) Copied(seqs ...uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.told++
	for _, seq := range seqs {
		e := q.all[seq-1]
		dir := q.r.mount()
		q.r.mu.Lock()
		if q.r.in == "" { // it was pulled out just now
			dir = filepath.Join(q.r.base, "disk-a")
		}
		q.r.mu.Unlock()
		rel, err := filepath.Rel(q.r.mount(), q.r.path(e.Meta))
		q.r.do(err)
		data, err := os.ReadFile(filepath.Join(dir, rel))
		if err != nil || sum(data) != e.SHA256 {
			q.r.Errorf("Copied(%d), and the disk has no whole copy: %v", seq, err)
		}
		e.copied = true
	}
	return nil
}

// SetDisk does as the queue does: what another disk has is no copy on this one.
func (q *queue) SetDisk(disk string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if disk != q.disk {
		for _, e := range q.all {
			e.copied = false
		}
	}
	q.disk = disk
	return nil
}

func (q *queue) Disk() (string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.disk, nil
}

func (q *queue) Wants(id photo.ID) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	seq := id.Seq()
	if seq == 0 || seq > uint64(len(q.all)) {
		return false, nil
	}
	e := q.all[seq-1]
	if e.ID != id {
		return false, photos.ErrOther
	}
	return e.unknown && !e.returned, nil
}

func (q *queue) Returned(m photo.Meta) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.all[m.Seq()-1]
	if !e.unknown || e.returned || e.SHA256 != m.SHA256 || !e.Taken.Equal(m.Taken) {
		q.r.Errorf("Returned(%+v), want it once, as it was", m)
	}
	e.returned = true
	return nil
}

func (q *queue) Has(m photo.Meta) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	seq := m.Seq()
	return seq > 0 && seq <= uint64(len(q.all)) && q.all[seq-1].confirmed
}
