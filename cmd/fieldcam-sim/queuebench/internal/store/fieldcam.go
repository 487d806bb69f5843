package store

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const (
	device  = "tempo-0042" // as long as names in a fleet are
	session = "daylight"
	// Of a card with "plenty" free nothing is deleted; of one with "little", each
	// confirmed photo but the newest. Megabytes of 10^6 bytes.
	keepFree = 1000
	plenty   = 10_000
	little   = 500
	megabyte = 1_000_000
)

// firstSlot is of photo 0; each minute has one.
var firstSlot = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// exposure is what the camera says of each photo.
var exposure = photo.Exposure{Camera: "VC0703 1.00", Format: "jpg", Attempts: 1}

// Fieldcam is the product's queue.
type Fieldcam struct {
	*queue.Queue
	free *uint64 // bytes, as the queue is told
}

func openFieldcam(ctx context.Context, dir string) (Store, error) { return OpenFieldcam(ctx, dir) }

// options are those of the daemon. The free space is what we say: so deletion
// needs no full card.
func options(dir string, free *uint64) queue.Options {
	config := queue.Default()
	config.KeepFreeMegabytes = keepFree
	return queue.Options{
		Dir: filepath.Join(dir, "state"), Device: device, Config: config,
		FreeBytes: func(string) (uint64, error) { return *free, nil },
		Log:       zerolog.New(os.Stderr).Level(zerolog.WarnLevel),
	}
}

// OpenFieldcam opens the product's queue in dir. The caller closes it.
func OpenFieldcam(ctx context.Context, dir string) (*Fieldcam, error) {
	free := uint64(plenty * megabyte)
	q, err := queue.Open(ctx, options(dir, &free))
	if err != nil {
		return nil, err
	}
	return &Fieldcam{q, &free}, nil
}

// Rebuild rebuilds the index in dir.
func Rebuild(ctx context.Context, dir string) error {
	free := uint64(plenty * megabyte)
	_, err := queue.Rebuild(ctx, options(dir, &free))
	return err
}

// Attribute holds a photo's metadata, beside the picture.
const Attribute = "user.fieldcam.meta"

// Index is the path of the product's index in dir.
func Index(dir string) string { return filepath.Join(dir, "state", "queue.db") }

// Put implements Store.
func (f *Fieldcam) Put(_ context.Context, i int, bytes int64) error {
	slot := Slot(i)
	shot := photo.Shot{Slot: slot, Session: session, Trigger: photo.Scheduled, Taken: slot, ClockSynced: true}
	_, err := f.Add(shot, func(w io.Writer) (photo.Exposure, error) { return exposure, picture(w, i, bytes) })
	return err
}

// Slot is when photo i was due, and taken.
func Slot(i int) time.Time { return firstSlot.Add(time.Duration(i) * time.Minute) }

// Drain implements Store: as an upload session does it, newest first, with one
// acknowledgement for all.
func (f *Fieldcam) Drain(_ context.Context, n int) error {
	sent := make(map[uint64]bool, n)
	seqs := make([]uint64, 0, n)
	for range n {
		m, ok, err := f.Next(queue.Select{Order: queue.NewestFirst, Skip: func(seq uint64) bool { return sent[seq] }})
		if err != nil {
			return err
		}
		if !ok {
			return errShort
		}
		sent[m.Seq()] = true
		seqs = append(seqs, m.Seq())
	}
	return f.Acknowledge(seqs...)
}

// Delete implements Store. The queue keeps the newest photo, always.
func (f *Fieldcam) Delete(ctx context.Context) error {
	*f.free = little * megabyte
	defer func() { *f.free = plenty * megabyte }()
	_, err := f.Trim(ctx)
	return err
}
