package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/thumbnail"
	"fieldcam/queue/upload"
)

// Thumbnailer is an Uploader that can send thumbnails, too; others send none.
type Thumbnailer interface {
	// UploadThumbnail sends a small JPEG of the photo m ahead of it. Its errors are
	// those of Upload, and say nothing of the photo.
	UploadThumbnail(ctx context.Context, m photo.Meta, jpeg []byte) error
}

const (
	// previewed is of how many of the newest photos that wait the thumbnails go
	// first: about 150 KB, less than half a minute at 64 kbit/s.
	previewed = 16
	// leastPreviewed is from how many bytes on a photo has its thumbnail sent: twice
	// what that takes.
	leastPreviewed = 20_000
	// maxPreviews bounds what is remembered. Only the newest photos that wait
	// matter: several sessions' choices of them.
	maxPreviews = 256
	// maxMishaps thumbnails that fail in a row show that the cloud takes none. It is
	// asked again after mishapsLast.
	maxMishaps  = 3
	mishapsLast = time.Hour
)

// previews are the photos whose thumbnail was sent, or has failed.
type previews struct {
	seqs    []uint64 // in the order of sending
	mishaps int      // in a row
	again   time.Time
	held    bool // a thumbnail found no way to the cloud, or left no time: a photo goes first
}

func (p *previews) add(seq uint64) {
	if len(p.seqs) == maxPreviews {
		p.seqs = p.seqs[:copy(p.seqs, p.seqs[1:])]
	}
	p.seqs = append(p.seqs, seq)
}

// mishap notes that the cloud did not take a thumbnail.
func (p *previews) mishap() {
	if p.mishaps++; p.mishaps >= maxMishaps {
		p.mishaps, p.again = 0, time.Now().Add(mishapsLast)
	}
}

// preview sends the thumbnails that go before j's next photo. An error is why
// nothing can be sent now: the queue's, or an upload.UnreachableError.
func (r *Runner) preview(ctx context.Context, j *job) error {
	to, ok := r.o.Uploader.(Thumbnailer)
	if !ok || r.previews.held || !r.speed.below(r.c.ThumbnailBelowKbps) || time.Now().Before(r.previews.again) {
		return nil
	}
	seen := make([]uint64, 0, previewed)
	which := queue.Select{From: j.which.From, To: j.which.To, Skip: func(seq uint64) bool {
		return r.acks.has(seq) || slices.Contains(seen, seq)
	}}
	for len(seen) < previewed && ctx.Err() == nil && !j.over(r.o.Clock.Now()) {
		m, ok, err := r.o.Queue.Next(which)
		if err != nil || !ok {
			return err
		}
		seen = append(seen, m.Seq())
		if m.Size < leastPreviewed || photo.Kind(m.Format) != photo.KindJPEG || slices.Contains(r.previews.seqs, m.Seq()) {
			continue
		}
		r.previews.add(m.Seq()) // once, however that ends
		small, err := r.thumbnail(m)
		if err != nil {
			r.o.Log.Debug().Err(err).Str("photo", string(m.ID)).Msg("no thumbnail")
			continue
		}
		err = r.wait(func() error { return to.UploadThumbnail(ctx, m, small) })
		if err == nil {
			r.previews.mishaps = 0
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		r.o.Log.Debug().Err(err).Str("photo", string(m.ID)).Msg("thumbnail not uploaded")
		var silent *upload.UnreachableError
		if errors.As(err, &silent) && !silent.Answered {
			r.previews.held = true
			return err
		}
		r.previews.mishap()
		if silent != nil {
			return err
		}
		return nil // the photo has its turn
	}
	return nil
}

// thumbnail makes the thumbnail of m.
func (r *Runner) thumbnail(m photo.Meta) ([]byte, error) {
	f, err := r.o.Queue.Open(m)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return thumbnail.Make(f, m.Size)
}
