package hal

import (
	"context"
	"errors"
	"io"
	"time"
)

// Bias is the resistor that a chip puts on an input.
type Bias int

// The biases. Not every chip has them: OpenInput fails where it can't be done.
const (
	BiasAsIs Bias = iota // as it was: the device tree's, or the last user's
	BiasOff
	BiasUp
	BiasDown
)

// InputConfig is how an input listens.
type InputConfig struct {
	// Bias is the line's resistor. Zero: as it is.
	Bias Bias
	// Debounce is how long a level must last before it counts: 0 to MaxDebounce.
	// Zero: every edge counts.
	Debounce time.Duration
}

// MaxDebounce is far more than any contact bounces.
const MaxDebounce = 10 * time.Second

// EdgeBuffer is how many edges an Input keeps, at least, while nobody waits.
const EdgeBuffer = 64

// Edge is a change of an input's logical level.
type Edge struct {
	On bool // the level after it
	// At is when it was seen, by package time: with Debounce, when the level had
	// lasted that long.
	At time.Time
}

// ErrEdgesLost is what Wait returns, once, where edges came faster than they were
// waited for. Those that were kept follow; On tells the level.
var ErrEdgesLost = errors.New("edges were lost: more came than are kept")

// Input is one input line, held until it is closed.
type Input interface {
	// On tells the logical level now, debounced. It may be called from any
	// goroutine.
	On() (bool, error)
	// Wait gives the edges since the line was opened, one by one in their order,
	// and waits for the next where there is none. It ends with ctx's error, at
	// once where ctx has ended; with ErrEdgesLost; or with an error that is for
	// good, as on a chip that has no interrupts: then On is all there is. One
	// goroutine may wait at a time.
	Wait(ctx context.Context) (Edge, error)
	// Close lets the line go and ends a Wait, with os.ErrClosed. A second Close
	// does nothing.
	io.Closer
}
