package emulated

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Keep says what the drive's cache kept of the writes since the last flush.
type Keep int

// The kinds.
const (
	KeepNothing Keep = iota
	KeepAll
	KeepWrites // each write or not, by chance
	KeepBlocks // each block of each write or not, by chance
	keeps
)

func (k Keep) String() string {
	switch k {
	case KeepNothing:
		return "nothing"
	case KeepAll:
		return "everything"
	case KeepWrites:
		return "some writes"
	case KeepBlocks:
		return "some blocks"
	}
	return fmt.Sprintf("Keep(%d)", int(k))
}

// Cut is one moment at which the power goes, and what the drive made of it.
type Cut struct {
	// After is the number of log entries that were sent to the drive.
	After int
	Keep  Keep
}

func (c Cut) String() string {
	return fmt.Sprintf("after entry %d, the cache kept %s", c.After, c.Keep)
}

// Cuts chooses about n cuts of the log from entry first on, in order: a quarter
// just before and a quarter just after a flush, and the rest at random, each kind
// of Keep in turn. The log's very end is among them.
func (l Log) Cuts(first, n int, rng *rand.Rand) []Cut {
	if first >= len(l) || n < 1 {
		return nil
	}
	var flushes []int
	for i := first; i < len(l); i++ {
		if l[i].Flush {
			flushes = append(flushes, i)
		}
	}
	points := []int{len(l)}
	for i := 1; i < n; i++ {
		at := first + rng.IntN(len(l)-first) // each entry of the log the same
		if len(flushes) > 0 && i%2 == 0 {
			// Flush after flush over the whole log; the entry i is number i+1.
			at = flushes[rng.IntN(len(flushes))] + i/2%2
		}
		points = append(points, at)
	}
	slices.Sort(points)
	cuts := make([]Cut, len(points))
	for i, at := range points {
		cuts[i] = Cut{After: at, Keep: Keep((i + n) % int(keeps))}
	}
	return cuts
}

// errOrder is for a state before the one that was built last.
var errOrder = errors.New("states are built in the order of the log")

// Builder makes the images that cuts leave.
type Builder struct {
	log    Log
	medium []byte // with all writes before entry flushed
	// flushed is the number of entries that are in medium; passed those that were
	// looked at for a flush.
	flushed, passed int
}

// NewBuilder begins with the disk as it was before the log; base is the
// Builder's from now on.
func NewBuilder(base []byte, log Log) *Builder { return &Builder{log: log, medium: base} }

// Build is the disk after the cut c, in image where that is large enough. Cuts
// come in the order of the log.
func (b *Builder) Build(c Cut, image []byte, rng *rand.Rand) ([]byte, error) {
	if c.After < b.passed || c.After > len(b.log) {
		return nil, fmt.Errorf("cut after entry %d of %d: %w", c.After, len(b.log), errOrder)
	}
	for ; b.passed < c.After; b.passed++ {
		if b.log[b.passed].Flush {
			for ; b.flushed < b.passed; b.flushed++ {
				if err := put(b.medium, b.log[b.flushed], nil); err != nil {
					return nil, err
				}
			}
		}
	}
	image = append(image[:0], b.medium...)
	for _, w := range b.log[b.flushed:c.After] {
		if err := put(image, w, kept(w, c.Keep, rng)); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// blockSize is what a drive writes whole or not at all, in bytes: the page of a
// card's flash is no smaller, nor is the file system's block.
const blockSize = 4096

// kept tells of each block of w whether it is written; nil: all are.
func kept(w Write, k Keep, rng *rand.Rand) func() bool {
	never := func() bool { return false }
	switch {
	case w.Through || k == KeepAll:
		return nil
	case k == KeepBlocks:
		return func() bool { return rng.IntN(2) == 0 }
	case k == KeepWrites && rng.IntN(2) == 0:
		return nil
	}
	return never
}

// put writes w to an image, block by block where keep chooses.
func put(image []byte, w Write, keep func() bool) error {
	if w.Offset < 0 || w.Offset > int64(len(image)) || int64(len(w.Data)) > int64(len(image))-w.Offset {
		return fmt.Errorf("%w: %d bytes at %d of a disk of %d", ErrNotALog, len(w.Data), w.Offset, len(image))
	}
	to := image[w.Offset:]
	if keep == nil {
		copy(to, w.Data)
		return nil
	}
	for at := 0; at < len(w.Data); {
		// The blocks are the disk's: a write need not begin with one.
		end := min(at+blockSize-int((w.Offset+int64(at))%blockSize), len(w.Data))
		if keep() {
			copy(to[at:], w.Data[at:end])
		}
		at = end
	}
	return nil
}
