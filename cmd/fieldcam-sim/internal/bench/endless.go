package bench

import (
	"errors"
	"io"
	"sync"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// endless is the real queue with a backlog that never ends: behind the photos
// that really wait there is always one more large one. It is one file, under a
// new ID each time.
type endless struct {
	*queue.Queue
	large photo.Meta // the file

	mu     sync.Mutex // guards the following
	number uint64     // of the latest ID
	acked  int        // large ones that the cloud has
}

// firstNumber is beyond the sequence numbers of the real photos.
const firstNumber = 1_000_000_000

// begin makes the large photo. Nobody's slot: the service would go on from it.
func (e *endless) begin() (err error) {
	e.number = firstNumber
	now := time.Now()
	e.large, err = e.Queue.Add(photo.Shot{Slot: now, Trigger: photo.Manual, Taken: now}, func(w io.Writer) (photo.Exposure, error) {
		return photo.Exposure{Format: "jpg"}, picture(w, 0, photoBytes)
	})
	return err
}

// sent is how many large photos the cloud has.
func (e *endless) sent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.acked
}

// Next implements session.Queue.
func (e *endless) Next(s queue.Select) (photo.Meta, bool, error) {
	skip := s.Skip
	s.Skip = func(seq uint64) bool { return seq == e.large.Seq() || skip != nil && skip(seq) }
	m, ok, err := e.Queue.Next(s)
	if ok || err != nil {
		return m, ok, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.number++
	m = e.large
	m.ID = photo.NewID(time.Now(), e.number)
	return m, true, nil
}

// Open implements session.Queue.
func (e *endless) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	if m.Seq() > firstNumber {
		m = e.large
	}
	return e.Queue.Open(m)
}

// Acknowledge implements session.Queue.
func (e *endless) Acknowledge(seqs ...uint64) error {
	var real []uint64
	e.mu.Lock()
	for _, s := range seqs {
		if s > firstNumber {
			e.acked++
		} else {
			real = append(real, s)
		}
	}
	e.mu.Unlock()
	if len(real) == 0 {
		return nil
	}
	return e.Queue.Acknowledge(real...)
}

// Refuse implements session.Queue: nothing here is to be refused.
func (e *endless) Refuse(_ uint64, reason string) error {
	return errors.New("the hub refused a photo: " + reason)
}

// UploadURL implements tus.URLs.
func (e *endless) UploadURL(seq uint64) string {
	if seq > firstNumber {
		return ""
	}
	return e.Queue.UploadURL(seq)
}

// SetUploadURL implements tus.URLs: it costs what it costs on a controller.
func (e *endless) SetUploadURL(seq uint64, url string) error {
	if seq > firstNumber {
		seq = e.large.Seq()
	}
	return e.Queue.SetUploadURL(seq, url)
}
