package emulated_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

const block = 4096

// disk is an empty one of n blocks.
func disk(n int) []byte { return make([]byte, n*block) }

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// someLog is block after block with a flush after each second one: a, b, flush,
// c, d, flush, e.
func someLog(t *testing.T) emulated.Log {
	t.Helper()
	write := func(n int, b byte) entry {
		return entry{sector: uint64(n * block / sector), data: filled(b, block/sector)}
	}
	flush := entry{flags: 1}
	return read(t, encode(write(0, 'a'), write(1, 'b'), flush, write(2, 'c'), write(3, 'd'), flush, write(4, 'e')))
}

// text is the first byte of each block, '.' for an empty one.
func text(image []byte) string {
	var s []byte
	for b := range slices.Chunk(image, block) {
		s = append(s, max(b[0], '.'))
	}
	return string(s)
}

func build(t *testing.T, log emulated.Log, c emulated.Cut, r *rand.Rand) string {
	t.Helper()
	image, err := emulated.NewBuilder(disk(5), log).Build(c, nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return text(image)
}

func TestWhatWasFlushedIsInEveryStateAndWhatCameLaterInSome(t *testing.T) {
	log := someLog(t)
	for _, c := range []struct {
		after         int
		nothing, each string
	}{
		{0, ".....", "....."}, {2, ".....", "ab..."}, {3, "ab...", "ab..."},
		{5, "ab...", "abcd."}, {6, "abcd.", "abcd."}, {7, "abcd.", "abcde"},
	} {
		if got := build(t, log, emulated.Cut{After: c.after, Keep: emulated.KeepNothing}, rng(1)); got != c.nothing {
			t.Errorf("after %d, nothing kept: %s, want %s", c.after, got, c.nothing)
		}
		if got := build(t, log, emulated.Cut{After: c.after, Keep: emulated.KeepAll}, rng(1)); got != c.each {
			t.Errorf("after %d, everything kept: %s, want %s", c.after, got, c.each)
		}
	}
}

func TestAPartOfTheCacheIsAnyPartOfIt(t *testing.T) {
	log := someLog(t)
	for _, keep := range []emulated.Keep{emulated.KeepWrites, emulated.KeepBlocks} {
		seen := map[string]bool{}
		for seed := range uint64(100) {
			seen[build(t, log, emulated.Cut{After: 5, Keep: keep}, rng(seed))] = true
		}
		for _, want := range []string{"ab...", "abc..", "ab.d.", "abcd."} {
			if !seen[want] {
				t.Errorf("%v: never %s in 100 states", keep, want)
			}
			delete(seen, want)
		}
		if len(seen) > 0 {
			t.Errorf("%v: %v can't be", keep, seen)
		}
	}
}

func TestABlockIsThereWholeOrNotAtAll(t *testing.T) {
	// One write over the ends of four blocks, not begun at a block's.
	log := read(t, encode(entry{sector: 3, data: filled('x', 3*block/sector)}))
	parts := map[string]bool{}
	for seed := range uint64(100) {
		image, err := emulated.NewBuilder(disk(4), log).Build(emulated.Cut{After: 1, Keep: emulated.KeepBlocks}, nil, rng(seed))
		if err != nil {
			t.Fatal(err)
		}
		shape := ""
		for b := range slices.Chunk(image, block) {
			switch n := bytes.Count(b, []byte{'x'}); n {
			case 0:
				shape += "."
			case block, block - 3*sector, 3 * sector:
				shape += "x"
			default:
				t.Fatalf("seed %d: %d bytes of a block are there", seed, n)
			}
		}
		parts[shape] = true
	}
	if len(parts) != 16 {
		t.Errorf("100 states are of %d kinds, want all 16 of four blocks", len(parts))
	}
}

func TestAWritePastTheCacheStays(t *testing.T) {
	log := read(t, encode(entry{sector: 0, flags: 2, data: filled('a', block/sector)}, entry{sector: 8, data: filled('b', block/sector)}))
	if got := build(t, log, emulated.Cut{After: 2, Keep: emulated.KeepNothing}, rng(1)); got != "a...." {
		t.Errorf("got %s, want a....", got)
	}
}

func TestStatesOfOneBuilderAreThoseOfManyBuilders(t *testing.T) {
	log := someLog(t)
	b := emulated.NewBuilder(disk(5), log)
	var image []byte
	for after := range len(log) + 1 {
		for _, keep := range []emulated.Keep{emulated.KeepNothing, emulated.KeepAll} {
			c := emulated.Cut{After: after, Keep: keep}
			var err error
			if image, err = b.Build(c, image, rng(1)); err != nil {
				t.Fatal(err)
			}
			if got, want := text(image), build(t, log, c, rng(1)); got != want {
				t.Errorf("%v: %s, want %s", c, got, want)
			}
		}
	}
	if _, err := b.Build(emulated.Cut{After: 1}, image, rng(1)); err == nil {
		t.Error("a state before the last one was built")
	}
}

func TestAWriteBeyondTheDiskIsRefused(t *testing.T) {
	log := read(t, encode(entry{sector: 39, data: filled('a', 2)}))
	if _, err := emulated.NewBuilder(disk(5), log).Build(emulated.Cut{After: 1, Keep: emulated.KeepAll}, nil, rng(1)); err == nil {
		t.Error("a write over the disk's end was taken")
	}
}

func TestCutsAreInOrderOfEachKindAndAtTheEnd(t *testing.T) {
	log := someLog(t)
	cuts := log.Cuts(2, 200, rng(1))
	if len(cuts) != 200 {
		t.Fatalf("got %d cuts, want 200", len(cuts))
	}
	kinds, points := map[emulated.Keep]int{}, map[int]int{}
	last := 2
	for _, c := range cuts {
		if c.After < last || c.After > len(log) {
			t.Fatalf("cut after %d follows one after %d", c.After, last)
		}
		last = c.After
		kinds[c.Keep]++
		points[c.After]++
	}
	if last != len(log) {
		t.Errorf("the last cut is after %d, want %d: the end", last, len(log))
	}
	for _, at := range []int{2, 3, 5, 6} { // before and after both flushes
		if points[at] < 20 {
			t.Errorf("%d of 200 cuts are after entry %d, beside a flush", points[at], at)
		}
	}
	if len(kinds) != 4 {
		t.Errorf("kinds: %v, want four", kinds)
	}
	if cuts := log.Cuts(len(log), 10, rng(1)); cuts != nil {
		t.Errorf("cuts of nothing: %v", cuts)
	}
}
