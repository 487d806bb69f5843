package due

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

const (
	// loadBytes is the size of the file that the load writes again and again, and
	// loadPiece what it writes at once; after each loadSync bytes it waits for
	// the disk.
	loadBytes = 64 << 20
	loadPiece = 1 << 20
	loadSync  = 16 << 20
)

// loadOrder asks for load until Until.
type loadOrder struct {
	Dir   string
	Until time.Time
}

// loaded is what the load did.
type loaded struct {
	Processors int
	Seconds    float64
	Bytes      int64 // written and synced
}

// keepBusy computes on every processor, and writes to the disk.
func keepBusy(ctx context.Context, o loadOrder) (loaded, error) {
	ctx, cancel := context.WithDeadline(ctx, o.Until)
	defer cancel()
	// The writer, which mostly waits, has no share of the computing threads.
	processors := runtime.NumCPU()
	runtime.GOMAXPROCS(processors + 1)
	began := time.Now()
	var busy sync.WaitGroup
	defer busy.Wait()
	defer cancel() // before the wait
	for range processors {
		busy.Go(func() {
			for ctx.Err() == nil {
				for x := range 1_000_000 {
					_ = x * x
				}
			}
		})
	}
	n, err := writeAgainAndAgain(ctx, filepath.Join(o.Dir, "load"))
	return loaded{processors, time.Since(began).Seconds(), n}, err
}

func writeAgainAndAgain(ctx context.Context, path string) (written int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer f.Close()
	piece := make([]byte, loadPiece)
	for ; ctx.Err() == nil; written += loadPiece {
		if _, err := f.WriteAt(piece, written%loadBytes); err != nil {
			return written, fmt.Errorf("load the disk: %w", err)
		}
		if (written+loadPiece)%loadSync == 0 {
			if err := f.Sync(); err != nil {
				return written, fmt.Errorf("load the disk: %w", err)
			}
		}
	}
	return written, nil
}
