package queue

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// errNever ends a transaction without a commit.
var errNever = errors.New("not to be committed")

// numbers draws sequence numbers near the borders of words and blocks, and the
// ends of all numbers.
func numbers() *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 {
		base := rapid.SampledFrom([]uint64{0, 64, 512, 1024, 5120, 1 << 32, 1 << 63, 1<<63 + 512, math.MaxUint64 - 512, math.MaxUint64}).Draw(t, "base")
		return base + uint64(rapid.IntRange(-3, 3).Draw(t, "beside")) // wraps
	})
}

// model is a set as a map, with the time that each photo was taken.
type model map[uint64]int64

func (m model) sorted(keep func(seq uint64) bool) (all []uint64) {
	for _, seq := range slices.Sorted(maps.Keys(m)) {
		if keep(seq) {
			all = append(all, seq)
		}
	}
	return all
}

// Sets do what maps do.
func TestSetsAreSets(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "sets.db"), 0o644, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(rt *rapid.T) {
		err := db.Update(func(tx *bbolt.Tx) error {
			if err := initIndex(txn{tx}); err != nil {
				return err
			}
			checkSets(rt, txn{tx})
			return errNever
		})
		if !errors.Is(err, errNever) {
			rt.Fatal(err)
		}
	})
}

func checkSets(t *rapid.T, tx txn) {
	const s, other = set(Waiting), setAway
	sets := map[set]model{s: {}, other: {}}
	var spans []span
	change := func(s set) {
		seq, member := numbers().Draw(t, "seq"), rapid.Bool().Draw(t, "member")
		taken := int64(seq>>40) + int64(seq%1024) // any, but one a photo
		_, had := sets[s][seq]
		changed, err := tx.mark(s, seq, taken, member)
		if err != nil || changed != (had != member) {
			t.Fatalf("mark(%d, %t) = %t, %v, was %t", seq, member, changed, err, had)
		}
		if delete(sets[s], seq); member {
			sets[s][seq] = taken
			if err := tx.putRecord(seq, record{taken: taken, size: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ends := []time.Time{{}, time.Unix(0, 0), time.Unix(0, 511), time.Unix(0, 512), time.Unix(0, 1<<23), time.Unix(0, math.MaxInt64),
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)}
	for range rapid.IntRange(0, 40).Draw(t, "changes") {
		change(s)
		change(other)
	}
	for range 4 {
		spans = append(spans, span{rapid.SampledFrom(ends).Draw(t, "from"), rapid.SampledFrom(ends).Draw(t, "to")})
	}
	if n, err := tx.size(s); n != len(sets[s]) || err != nil {
		t.Fatalf("size = %d, %v, want %d", n, err, len(sets[s]))
	}
	limit := rapid.IntRange(1, 50).Draw(t, "limit")
	walk := func(do func(visit func(uint64) (bool, error)) error) (all []uint64) {
		if err := do(func(seq uint64) (bool, error) {
			all = append(all, seq)
			return len(all) < limit, nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	compare := func(what string, got, want []uint64) {
		if want = want[:min(limit, len(want))]; !slices.Equal(got, want) {
			t.Fatalf("%s: %d, want %d", what, got, want)
		}
	}
	for _, w := range append(spans, span{}) {
		from := numbers().Draw(t, "from")
		in := func(seq uint64) bool {
			at := time.Unix(0, sets[s][seq])
			return (w.from.IsZero() || !at.Before(w.from)) && (w.to.IsZero() || at.Before(w.to))
		}
		compare(fmt.Sprint("ascend from ", from, w),
			walk(func(visit func(uint64) (bool, error)) error { return tx.ascend(s, from, w, visit) }),
			sets[s].sorted(func(seq uint64) bool { return seq >= from && in(seq) }))
		down := sets[s].sorted(func(seq uint64) bool { return seq <= from && in(seq) })
		slices.Reverse(down)
		compare(fmt.Sprint("descend from ", from, w),
			walk(func(visit func(uint64) (bool, error)) error { return tx.descend(s, from, w, visit) }), down)
		compare(fmt.Sprint("except from ", from),
			walk(func(visit func(uint64) (bool, error)) error { return tx.except(s, []set{other}, from, visit) }),
			sets[s].sorted(func(seq uint64) bool { _, not := sets[other][seq]; return seq >= from && !not }))
	}
	if first, ok, err := tx.first(s); err != nil || ok != (len(sets[s]) > 0) || ok && first != slices.Min(slices.Collect(maps.Keys(sets[s]))) {
		t.Fatalf("first = %d, %t, %v", first, ok, err)
	}
}

// A flipped bit is another state of another photo, unless it is seen.
func TestDamagedSetIsNoSet(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "sets.db"), 0o644, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(bolt *bbolt.Tx) error {
		tx := txn{bolt}
		if err := initIndex(tx); err != nil {
			return err
		}
		if _, err := tx.mark(setAway, 700, 5, true); err != nil {
			return err
		}
		b := tx.bucket(string(setAway))
		whole := slices.Clone(b.Get(seqKey(1)))
		for bit := range 8 * len(whole) {
			v := slices.Clone(whole)
			v[bit/8] ^= 1 << (bit % 8)
			if err := b.Put(seqKey(1), v); err != nil {
				return err
			}
			if in, err := tx.in(setAway, 700); in || !errors.Is(err, ErrDamaged) {
				t.Errorf("bit %d flipped: in = %t, %v, want %v", bit, in, err, ErrDamaged)
			}
		}
		if err := b.Put(seqKey(2), whole); err != nil { // in another place
			return err
		}
		if _, err := tx.in(setAway, 1300); !errors.Is(err, ErrDamaged) {
			t.Errorf("value of another key: %v, want %v", err, ErrDamaged)
		}
		return errNever
	})
	if !errors.Is(err, errNever) {
		t.Fatal(err)
	}
}
