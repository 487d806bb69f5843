package queue

import (
	"errors"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// kinds are what can have become of a photo, beside the states: the sets of those
// that are gone, those that the cloud has, and those that a new index forgot.
func kinds() []set {
	all := []set{setDropped, setThinned, setAway, setArrived, "unsaid"}
	for _, s := range states() {
		all = append(all, set(s))
	}
	return all
}

// putPhoto makes the photo one of the kind.
func (k set) putPhoto(t txn, seq uint64) error {
	r := record{taken: int64(seq), size: 1}
	for _, s := range states() {
		if k == set(s) {
			return errors.Join(t.putRecord(seq, r), t.set(seq, s, r, note{}))
		}
	}
	if k == "unsaid" {
		return nil
	}
	_, err := t.mark(k, seq, r.taken, true)
	return err
}

// A day's sums are those of its photos, one by one.
func TestADayIsTheSumOfItsPhotos(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "tally.db"), 0o644, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(rt *rapid.T) {
		first := rapid.Uint64Range(1, 2*setNumbers).Draw(rt, "first")
		of := rapid.SliceOfN(rapid.SampledFrom(kinds()), 1, 3*setNumbers).Draw(rt, "photos")
		known := rapid.Uint64Range(0, first+uint64(len(of))+2).Draw(rt, "known")
		err := db.Update(func(tx *bbolt.Tx) error {
			t := txn{tx}
			err := errors.Join(initIndex(t), t.putNumber(keyKnown, known))
			want := Day{Photos: len(of)}
			for i, kind := range of {
				seq := first + uint64(i)
				err = errors.Join(err, kind.putPhoto(t, seq))
				switch {
				case kind == set(Kept) || kind == setAway:
					want.Kept++
				case kind == set(Lost):
					want.Lost++
				case kind == set(Waiting) || kind == set(Held) || kind == set(Refused):
					want.Waiting++
				case kind == set(Confirmed):
					want.Uploaded++
				case kind == setDropped:
					want.Dropped++
				case kind == setThinned:
					want.Thinned++
				case kind == "unsaid" && seq < known:
					want.Unknown++
				default: // arrived, or of a number that the index has always known
					want.Uploaded, want.Deleted = want.Uploaded+1, want.Deleted+1
				}
			}
			var got Day
			if err = errors.Join(err, t.tally(first, uint64(len(of)), &got)); err != nil {
				rt.Fatal(err)
			}
			if !sameDaySums(got, want) {
				rt.Errorf("from %d on, known from %d: got %+v, want %+v", first, known, got, want)
			}
			return errNever
		})
		if !errors.Is(err, errNever) {
			rt.Fatal(err)
		}
	})
}

func sameDaySums(a, b Day) bool {
	type sums [9]int
	of := func(d Day) sums {
		return sums{d.Photos, d.Waiting, d.Uploaded, d.Kept, d.Lost, d.Dropped, d.Thinned, d.Unknown, d.Deleted}
	}
	return of(a) == of(b)
}

// A photo without a state is damage, and is not said to be in the cloud.
func TestADayWithAPhotoThatHasNoStateIsDamaged(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "tally.db"), 0o644, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error {
		t := txn{tx}
		var d Day
		return errors.Join(initIndex(t), set(Waiting).putPhoto(t, 7), t.putRecord(8, record{size: 1}), t.tally(7, 2, &d))
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("tally = %v, want ErrDamaged", err)
	}
}
