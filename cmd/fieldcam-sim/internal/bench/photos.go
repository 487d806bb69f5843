package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

const (
	// device is the controller's name wherever one is needed: as long as names
	// in a fleet are.
	device = "tempo-0042"
	// megabyte is 10^6 bytes, as in the bounds.
	megabyte = 1_000_000
	// photoBytes is the usual photo of the figures.
	photoBytes = 5 * megabyte
	// leastFreeMegabytes is the least that the queue takes for an answer.
	leastFreeMegabytes = 16
	// piece is what a picture is written in: as much as a camera's driver hands
	// over at once.
	piece = 32 << 10
)

// picture writes n bytes that nothing can compress, others for each seed.
func picture(w io.Writer, seed byte, n int64) error {
	source := rand.NewChaCha8([32]byte{seed})
	buf := make([]byte, piece)
	for n > 0 {
		p := buf[:min(n, piece)]
		source.Read(p) // never fails (math/rand/v2)
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("write picture: %w", err)
		}
		n -= int64(len(p))
	}
	return nil
}

// openQueue opens the real queue in dir. It keeps almost no room free, so that
// nothing is deleted in a small file system.
func openQueue(ctx context.Context, dir string) (*queue.Queue, error) {
	config := queue.Default()
	config.KeepFreeMegabytes, config.StopFreeMegabytes = leastFreeMegabytes, leastFreeMegabytes
	return queue.Open(ctx, queue.Options{
		Dir: dir, Device: device, Config: config,
		Log: zerolog.New(os.Stderr).Level(zerolog.WarnLevel),
	})
}

// add puts a photo of n bytes into the queue, for the i-th slot.
func add(q *queue.Queue, i int, n int64) (photo.Meta, error) {
	slot := time.Now().UTC().Truncate(time.Minute).Add(time.Duration(i) * time.Minute)
	shot := photo.Shot{Slot: slot, Session: "bench", Trigger: photo.Scheduled, Taken: slot, ClockSynced: true}
	return q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
		return photo.Exposure{Camera: "bench", Format: "jpg", Attempts: 1}, picture(w, byte(i), n)
	})
}

// enqueueOrder asks for photos in a new queue.
type enqueueOrder struct {
	Dir    string
	Photos int
	Bytes  int64 // of each
}

// enqueued is what enqueue has done.
type enqueued struct{ Photos int }

func enqueue(ctx context.Context, o enqueueOrder) (_ enqueued, err error) {
	q, err := openQueue(ctx, o.Dir)
	if err != nil {
		return enqueued{}, err
	}
	defer func() {
		if e := q.Close(); err == nil {
			err = e
		}
	}()
	for i := range o.Photos {
		if _, err := add(q, i, o.Bytes); err != nil {
			return enqueued{}, err
		}
		if err := ctx.Err(); err != nil {
			return enqueued{}, err
		}
	}
	return enqueued{o.Photos}, nil
}
