package boltfile_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"fieldcam/queue/boltfile"
)

// TestWhatPassesDoesNotKillBbolt is the promise of this package.
func TestWhatPassesDoesNotKillBbolt(t *testing.T) {
	const databases, harms = 4, 80
	passed := t.TempDir()
	kept := 0
	for seed := range uint64(databases) {
		path := filepath.Join(t.TempDir(), "queue.db")
		makeDB(t, path, 100+seed, seed%2 == 0)
		sound := read(t, path)
		r := rand.New(rand.NewPCG(seed, 2))
		for range harms {
			write(t, path, harm(sound, r))
			err := boltfile.Check(path, nil)
			switch {
			case err == nil, errors.Is(err, boltfile.ErrStale):
				kept++
				b := read(t, path)
				write(t, filepath.Join(passed, fmt.Sprintf("%04d.db", kept)), b)
			case !errors.Is(err, boltfile.ErrDamaged) && !errors.Is(err, boltfile.ErrEmpty) && !errors.Is(err, boltfile.ErrForeign):
				t.Fatalf("Check: %v, want an error of this package", err)
			}
			if _, err := boltfile.Salvage(path, func(_, _, _ []byte) error { return nil }); err != nil && !errors.Is(err, boltfile.ErrEmpty) {
				t.Fatalf("Salvage: %v", err)
			}
		}
	}
	t.Logf("%d of %d harmed files passed", kept, databases*harms)
	if kept < 20 {
		t.Fatalf("%d harmed files passed, want enough to tell", kept)
	}
	useInChild(t, passed)
}

// harm is sound with random damage: much of it in the headers and elements that
// bbolt trusts, and in meta pages, whose checksums it makes right again.
func harm(sound []byte, r *rand.Rand) []byte {
	b := slices.Clone(sound)
	pages := len(b) / pageSize
	used := int(newest(b).highWater)
	page := func() int { return r.IntN(used) * pageSize }
	switch r.IntN(8) {
	case 0: // a flipped bit anywhere in use
		b[r.IntN(used*pageSize)] ^= 1 << r.IntN(8)
	case 1: // a flipped bit in a header
		b[page()+r.IntN(16)] ^= 1 << r.IntN(8)
	case 2: // a flipped bit in the elements
		b[page()+16+r.IntN(200)] ^= 1 << r.IntN(8)
	case 3: // a page in another's place, with its number or without
		from, to := page(), page()
		keep := r.IntN(2) * 8
		copy(b[to+keep:to+pageSize], b[from+keep:from+pageSize])
	case 4: // cut off
		b = b[:r.IntN(len(b))]
	case 5: // a page of zeros, or of noise
		at := page()
		clear(b[at : at+pageSize])
		for i := 0; i < pageSize*r.IntN(2); i++ {
			b[at+i] = byte(r.Uint32())
		}
	case 6: // a meta page that says something else
		at := r.IntN(2) * pageSize
		field := []int{8, 16, 32, 40, 48}[r.IntN(5)]
		value := []uint64{0, 1, 2, 3, uint64(used), uint64(pages), ^uint64(0), 1 << 63, r.Uint64N(uint64(pages))}[r.IntN(9)]
		if field == 8 {
			binary.LittleEndian.PutUint32(b[at+16+8:], uint32(value))
		} else {
			binary.LittleEndian.PutUint64(b[at+16+field:], value)
		}
		seal(b[at:])
	case 7: // a freelist's or branch's number
		at := page() + 16 + 8*r.IntN(8)
		binary.LittleEndian.PutUint64(b[at:], r.Uint64N(uint64(used)))
	}
	return b
}

// seal makes a meta page's checksum right.
func seal(page []byte) {
	h := fnv.New64a()
	h.Write(page[16 : 16+56])
	binary.LittleEndian.PutUint64(page[16+56:], h.Sum64())
}

// metaNumbers are a meta page's.
type metaNumbers struct{ root, freelist, highWater, txid uint64 }

// newest is the newest meta page of a sound database.
func newest(b []byte) metaNumbers {
	var m metaNumbers
	for at := 16; at <= pageSize+16; at += pageSize {
		if n := (metaNumbers{
			binary.LittleEndian.Uint64(b[at+16:]), binary.LittleEndian.Uint64(b[at+32:]),
			binary.LittleEndian.Uint64(b[at+40:]), binary.LittleEndian.Uint64(b[at+48:]),
		}); n.txid >= m.txid {
			m = n
		}
	}
	return m
}
