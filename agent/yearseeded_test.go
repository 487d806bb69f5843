//go:build year && seeded

package agent_test

import (
	"math/rand/v2"
	"sync"
	_ "unsafe" // for go:linkname
)

// seedChances gives the daemon's own chances (the jitter of retries, of heartbeats)
// the seed of the history: they come from math/rand/v2's global source, which
// nobody may seed. Reaching for it needs -ldflags=-checklinkname=0, and so a build
// tag of its own.
func seedChances(seed uint64) {
	*globalRand = *rand.New(&sharedSource{of: rand.NewPCG(seed, 0x6368616e6365)}) // "chance"
}

//go:linkname globalRand math/rand/v2.globalRand
var globalRand *rand.Rand

// sharedSource is a source for all goroutines.
type sharedSource struct {
	mu sync.Mutex // guards of
	of *rand.PCG
}

func (s *sharedSource) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of.Uint64()
}
