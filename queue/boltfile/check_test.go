package boltfile_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/queue/boltfile"
)

func TestEverySoundFilePassesAndReadsAsBboltReadsIt(t *testing.T) {
	for seed := range uint64(15) {
		for _, noFreelistSync := range []bool{true, false} {
			path := filepath.Join(t.TempDir(), "queue.db")
			makeDB(t, path, seed, noFreelistSync)
			want := contents(t, path)
			var got []pair
			if err := boltfile.Check(path, collect(&got)); err != nil {
				t.Fatalf("seed %d, freelist not synced %t: %v", seed, noFreelistSync, err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, freelist not synced %t: visited %d keys, bbolt has %d, or others", seed, noFreelistSync, len(got), len(want))
			}
			var saved []pair
			if bad, err := boltfile.Salvage(path, collect(&saved)); bad != 0 || err != nil || !slices.Equal(saved, want) {
				t.Fatalf("seed %d: Salvage of a sound file: %d bad pages, error %v, %d keys, want 0, nil, %d", seed, bad, err, len(saved), len(want))
			}
		}
	}
}

func TestEmptyDatabasePasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	db, err := bbolt.Open(path, 0o600, options(true))
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if err := boltfile.Check(path, nil); err != nil {
		t.Error(err)
	}
}

// A freelist of more than a header can count has its count in front.
func TestLongFreelistIsReadToItsEnd(t *testing.T) {
	const pages, free = 70_000, 66_000 // more than 0xFFFF free ones
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 5, false)
	b := read(t, path)
	m := newest(b)
	run := 8*(free+3)/pageSize + 1
	list := make([]byte, run*pageSize)
	at := int(m.highWater)
	binary.LittleEndian.PutUint64(list, uint64(at))
	binary.LittleEndian.PutUint16(list[8:], 0x10)
	binary.LittleEndian.PutUint16(list[10:], 0xFFFF)
	binary.LittleEndian.PutUint32(list[12:], uint32(run-1))
	binary.LittleEndian.PutUint64(list[16:], free)
	for i := range free {
		binary.LittleEndian.PutUint64(list[24+8*i:], uint64(at+run+i))
	}
	meta := slices.Clone(b[int(m.txid%2)*pageSize:][:pageSize])
	binary.LittleEndian.PutUint64(meta[16+32:], uint64(at))
	binary.LittleEndian.PutUint64(meta[16+40:], pages)
	seal(meta)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	put := func(b []byte, page int) {
		t.Helper()
		if _, err := f.WriteAt(b, int64(page)*pageSize); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(pages * pageSize); err != nil { // a hole: no room is used
		t.Fatal(err)
	}
	put(list, at)
	put(meta, int(m.txid%2))
	if err := boltfile.Check(path, nil); err != nil {
		t.Fatalf("Check: %v", err)
	}
	db, err := bbolt.Open(path, 0o600, options(false))
	if err != nil {
		t.Fatal(err)
	}
	if got := db.Stats().FreePageN; got != free {
		t.Errorf("bbolt reads %d free pages, want %d", got, free)
	}
	db.Close()
	// Its last number is in use, or twice there.
	for _, last := range []uint64{m.root, uint64(at + run + free - 2), pages, 1} {
		binary.LittleEndian.PutUint64(list[24+8*(free-1):], last)
		put(list, at)
		if err := boltfile.Check(path, nil); !errors.Is(err, boltfile.ErrDamaged) || !strings.Contains(err.Error(), "freelist") {
			t.Errorf("Check of a freelist that ends with page %d: %v, want ErrDamaged", last, err)
		}
	}
}

func TestOtherThingsAreNamed(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign")
	write(t, foreign, []byte(strings.Repeat("SQLite format 3\x00", 2000)))
	empty := filepath.Join(dir, "empty")
	write(t, empty, nil)
	short := filepath.Join(dir, "short")
	write(t, short, []byte("x"))
	for path, want := range map[string]error{
		dir:                        boltfile.ErrForeign,
		foreign:                    boltfile.ErrForeign,
		short:                      boltfile.ErrForeign,
		os.DevNull:                 boltfile.ErrForeign,
		empty:                      boltfile.ErrEmpty,
		filepath.Join(dir, "none"): os.ErrNotExist,
	} {
		if err := boltfile.Check(path, nil); !errors.Is(err, want) || errors.Is(err, boltfile.ErrDamaged) {
			t.Errorf("Check of %s: %v, want %v", path, err, want)
		}
		if bad, err := boltfile.Salvage(path, func(_, _, _ []byte) error { t.Error("delivered"); return nil }); err == nil && bad == 0 {
			t.Errorf("Salvage of %s says all is well", path)
		}
	}
}

func TestOneMetaPageLostIsStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 7, true)
	sound := read(t, path)
	want := contents(t, path)
	m := newest(sound)
	older := 1 - int(m.txid%2)

	b := slices.Clone(sound)
	b[older*pageSize+16+48]++ // the older one's transaction number
	write(t, path, b)
	var got []pair
	if err := boltfile.Check(path, collect(&got)); !errors.Is(err, boltfile.ErrStale) || errors.Is(err, boltfile.ErrDamaged) {
		t.Errorf("Check without the older meta page: %v, want ErrStale", err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Check without the older meta page visited %d keys, want %d", len(got), len(want))
	}

	b = slices.Clone(sound)
	b[int(m.txid%2)*pageSize+16+16]++ // the newest one's root
	write(t, path, b)
	if err := boltfile.Check(path, nil); !errors.Is(err, boltfile.ErrStale) {
		t.Errorf("Check without the newest meta page: %v, want ErrStale", err)
	}
	// Salvage still finds what only the lost transaction's pages have.
	var saved []pair
	if bad, err := boltfile.Salvage(path, collect(&saved)); bad != 1 || err != nil {
		t.Errorf("Salvage: %d bad pages, error %v, want 1, nil", bad, err)
	}
	have := make(map[pair]bool)
	for _, p := range saved {
		p.bucket = "" // of a nested bucket, the name of the outer one can be lost
		have[p] = true
	}
	for _, p := range want {
		if !have[pair{"", p.key, p.value}] {
			t.Fatalf("Salvage without the newest meta page lost %s/%s", p.bucket, p.key)
		}
	}
}

func TestErrorsOfVisitAreDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 3, true)
	errValue := errors.New("wrong checksum of the value")
	n := 0
	err := boltfile.Check(path, func(_, _, _ []byte) error { n++; return errValue })
	if !errors.Is(err, boltfile.ErrDamaged) || !errors.Is(err, errValue) {
		t.Errorf("Check: %v, want ErrDamaged and the error of visit", err)
	}
	if want := len(contents(t, path)); n != want {
		t.Errorf("visited %d keys, want all %d", n, want)
	}
	n = 0
	if _, err := boltfile.Salvage(path, func(_, _, _ []byte) error { n++; return errValue }); !errors.Is(err, errValue) || n != 1 {
		// A sound tree: the walk ends at visit's error.
		t.Errorf("Salvage: error %v after %d calls, want the error of visit after 1", err, n)
	}
}
