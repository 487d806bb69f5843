package session

import (
	"context"
	"math"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/upload"
)

const (
	// ackCount and ackDelay are how many acknowledgements share a transaction,
	// and for how long the first may wait: a transaction is two syncs of the
	// card, a lost acknowledgement one request.
	ackCount = 20
	ackDelay = 5 * time.Second
)

// send sends one photo.
func (r *Runner) send(ctx context.Context, m photo.Meta) error {
	f, err := r.o.Queue.Open(m)
	if err != nil {
		return &upload.SourceError{Err: err}
	}
	defer f.Close()
	r.update(func(s *State) { s.Photo = m.ID })
	counted := &counter{ReadSeeker: f}
	begin := time.Now()
	err = r.wait(func() error { return r.o.Uploader.Upload(ctx, m, counted) })
	r.speed.add(counted.n, time.Since(begin))
	if kbps, ok := r.speed.kbps(); ok {
		r.update(func(s *State) { s.Kbps = int(min(max(math.Round(kbps), 1), math.MaxInt32)) })
	}
	return err
}

// wait runs an upload, and meanwhile writes acknowledgements that have waited long
// enough.
func (r *Runner) wait(upload func() error) error {
	done := make(chan error, 1)
	go func() { done <- upload() }()
	for {
		select {
		case err := <-done:
			return err
		case <-r.acks.due():
			r.flush()
		}
	}
}

// sent notes that the cloud has m.
func (r *Runner) sent(m photo.Meta) {
	r.acks.add(m.Seq())
	r.sinceOld++
	r.previews.held = false
	r.delays.forget(m.Seq())
	r.outage.over()
	r.failing.clear()
	r.stopper = stopper{}
	r.update(func(s *State) {
		s.Sent, s.SentBytes = s.Sent+1, s.SentBytes+m.Size
		s.LastError, s.Silent, s.Photo = "", time.Time{}, ""
	})
	r.o.Answered()
	if len(r.acks.seqs) >= ackCount {
		r.flush()
	}
}

// refuse notes that the cloud won't have m.
func (r *Runner) refuse(m photo.Meta, reason string) {
	r.o.Log.Error().Str("photo", string(m.ID)).Str("reason", reason).Msg("photo refused by the cloud, set aside")
	r.outage.over()
	r.failing.clear()
	r.stopper = stopper{}
	r.update(func(s *State) { s.LastError, s.Silent, s.Photo = reason, time.Time{}, "" })
	r.o.Answered()
	if err := r.o.Queue.Refuse(m.Seq(), reason); err != nil {
		// Still waiting, then: it will be sent, and refused, again.
		r.delays.failed(m.Seq())
		r.o.Log.Error().Err(err).Str("photo", string(m.ID)).Msg("refusal not recorded")
		return
	}
	r.delays.forget(m.Seq())
}

// flush writes the acknowledgements that wait. What can't be written waits on,
// and is not sent again meanwhile.
func (r *Runner) flush() {
	if len(r.acks.seqs) == 0 {
		return
	}
	if err := r.o.Queue.Acknowledge(r.acks.list()...); err != nil {
		r.acks.postpone()
		r.o.Log.Error().Err(err).Int("photos", len(r.acks.seqs)).Msg("acknowledgements not recorded")
		return
	}
	r.acks.clear()
}

// acks are the photos that the cloud has and the queue does not know it yet.
type acks struct {
	seqs  map[uint64]struct{}
	timer *time.Timer // runs since the first; nil before
}

func (a *acks) has(seq uint64) bool { _, ok := a.seqs[seq]; return ok }

func (a *acks) add(seq uint64) {
	if a.seqs == nil {
		a.seqs = map[uint64]struct{}{}
	}
	if len(a.seqs) == 0 {
		a.postpone()
	}
	a.seqs[seq] = struct{}{}
}

// postpone makes them due ackDelay from now.
func (a *acks) postpone() {
	if a.timer == nil {
		a.timer = time.NewTimer(ackDelay)
		return
	}
	a.timer.Reset(ackDelay)
}

// due delivers once when they have waited long enough.
func (a *acks) due() <-chan time.Time {
	if len(a.seqs) == 0 || a.timer == nil {
		return nil
	}
	return a.timer.C
}

func (a *acks) list() []uint64 {
	l := make([]uint64, 0, len(a.seqs))
	for s := range a.seqs {
		l = append(l, s)
	}
	return l
}

func (a *acks) clear() { clear(a.seqs) }
