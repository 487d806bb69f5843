package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// captureReach is how late a photo may begin, in milliseconds, at the 99th
	// percentile.
	captureReach = 20
	// busySlots and quietSlots are how many slots are looked at beside an upload
	// and without one; there is one each second.
	busySlots  = 125
	quietSlots = 45
	// sweepEvery is how often the hub's photos are removed, so that they do not
	// fill the memory that they are in.
	sweepEvery = 250 * time.Millisecond
)

func captureFigure() measurement {
	return measurement{figure.Figure{
		Name: "capture-late-p99", Unit: "ms", Reach: figure.AtMost(captureReach),
		What: "capture begins late beside a full-speed upload, p99",
	}, captureLate}
}

// captureOrder asks for photos on time.
type captureOrder struct {
	Dir   string
	Slots int
	// Account is where to upload to meanwhile; nil: nowhere.
	Account *account
}

// captured is how that went.
type captured struct {
	LateMilliseconds []float64 // of each slot's photo: until the camera is told
	WokeMilliseconds []float64 // of it until the service turned to the store
	// TimerMilliseconds is how late a bare timer was in the same process.
	TimerMilliseconds []float64
	Missed            int // slots without a photo
	Uploads           int // large photos that the hub confirmed
	Seconds           float64
}

// captureLate takes photos beside an upload, and without one as the floor.
func captureLate(ctx context.Context, l *lab) (_ figure.Outcome, err error) {
	dir, err := l.room("capture")
	if err != nil {
		return figure.Outcome{}, err
	}
	// The hub is another machine in the field: its disk must not be ours.
	elsewhere, err := os.MkdirTemp(memoryDir(dir), "fieldcam-bench-")
	if err != nil {
		return figure.Outcome{}, err
	}
	defer os.RemoveAll(elsewhere)
	h, err := startHub(ctx, l, elsewhere, nil)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	a, err := h.add(ctx, device)
	if err != nil {
		return figure.Outcome{}, err
	}
	sweeping, stop := context.WithCancel(ctx)
	swept := make(chan error, 1)
	go func() { swept <- h.sweep(sweeping) }()
	busy, err := call[captured](ctx, l, partCapture, captureOrder{filepath.Join(dir, "busy"), busySlots, &a}, nil)
	stop()
	if err := errors.Join(err, <-swept); err != nil {
		return figure.Outcome{}, err
	}
	l.say("capture-late-p99: the same without upload")
	quiet, err := call[captured](ctx, l, partCapture, captureOrder{filepath.Join(dir, "quiet"), quietSlots, nil}, nil)
	if err != nil {
		return figure.Outcome{}, err
	}
	p99 := func(values []float64) string { return figure.Number(figure.Quantile(values, 0.99)) }
	text := func(c captured) string {
		s := fmt.Sprintf("median %s, max %s ms", figure.Number(figure.Median(c.LateMilliseconds)), figure.Number(figure.Quantile(c.LateMilliseconds, 1)))
		if c.Missed > 0 {
			s += fmt.Sprintf(", %d MISSED", c.Missed)
		}
		return s
	}
	where := func(c captured) string {
		return fmt.Sprintf("p99 until the service woke %s, of a bare timer %s", p99(c.WokeMilliseconds), p99(c.TimerMilliseconds))
	}
	return figure.Outcome{
		Value:  figure.Quantile(busy.late(), 0.99),
		Beside: fmt.Sprintf("floor %s: without upload; upload at %s MB/s", p99(quiet.late()), figure.Number(float64(busy.Uploads)*photoBytes/megabyte/busy.Seconds)),
		More: []figure.Row{
			{What: fmt.Sprintf("beside the upload, %d slots", busySlots), Measured: text(busy), Beside: where(busy)},
			{What: fmt.Sprintf("without, %d slots", quietSlots), Measured: text(quiet), Beside: where(quiet)},
		},
	}, nil
}

// late is how late each slot's photo began; a slot without one counts as the
// whole second until the next.
func (c captured) late() []float64 {
	all := c.LateMilliseconds
	for range c.Missed {
		all = append(all, 1000)
	}
	return all
}

// memoryDir is a directory in memory, or dir where there is none.
func memoryDir(dir string) string {
	const shared = "/dev/shm"
	var s unix.Statfs_t
	if unix.Statfs(shared, &s) == nil && int64(s.Type) == unix.TMPFS_MAGIC && unix.Access(shared, unix.W_OK) == nil {
		return shared
	}
	return dir
}

// sweep removes photos that have arrived until ctx ends.
func (h *hub) sweep(ctx context.Context) error {
	for {
		files, err := h.photos()
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				return fmt.Errorf("remove photo: %w", err)
			}
		}
		if pause(ctx, sweepEvery) != nil {
			return nil
		}
	}
}
