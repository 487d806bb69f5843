package boltfile_test

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"testing"

	"fieldcam/queue/boltfile"
)

// TestSalvageLosesOnlyWhatTheBadPageHeld damages pages in use, one at a time,
// and looks for every key that lies elsewhere.
func TestSalvageLosesOnlyWhatTheBadPageHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 11, true)
	sound := read(t, path)
	want := contents(t, path)
	used := int(newest(sound).highWater)
	for number := 2; number < used; number += 1 + used/60 {
		b := slices.Clone(sound)
		page := b[number*pageSize:][:pageSize]
		for i := range page {
			page[i] ^= 0xA5
		}
		write(t, path, b)
		checkErr := boltfile.Check(path, nil)
		var saved []pair
		bad, err := boltfile.Salvage(path, collect(&saved))
		if err != nil {
			t.Fatalf("page %d: %v", number, err)
		}
		if (checkErr == nil) != (bad == 0) {
			t.Fatalf("page %d: Check says %v, Salvage %d bad pages", number, checkErr, bad)
		}
		have := make(map[[2]string]bool, len(saved))
		for _, p := range saved {
			have[[2]string{p.key, p.value}] = true
		}
		lost := 0
		for _, p := range want {
			if !have[[2]string{p.key, p.value}] {
				lost++
			}
		}
		// A leaf of 4 KiB has at most this many of the keys made here; of an
		// overflow page, it is one value.
		const most = pageSize / (16 + 6)
		if lost > most {
			t.Errorf("page %d: %d keys lost, want at most one page's", number, lost)
		}
	}
}

func TestSalvageWithoutAnyMetaPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 12, true)
	b := read(t, path)
	want := contents(t, path)
	clear(b[:2*pageSize])
	write(t, path, b)
	var saved []pair
	if bad, err := boltfile.Salvage(path, collect(&saved)); bad != 2 || err != nil {
		t.Errorf("Salvage: %d bad pages, error %v, want 2, nil", bad, err)
	}
	have := make(map[[2]string]bool, len(saved))
	for _, p := range saved {
		have[[2]string{p.key, p.value}] = true
	}
	for _, p := range want {
		if !have[[2]string{p.key, p.value}] {
			t.Fatalf("lost %s/%s", p.bucket, p.key)
		}
	}
}

func TestSalvageGivesTheNewestFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	makeDB(t, path, 13, true)
	b := read(t, path)
	want := contents(t, path)
	// One key's size in a leaf of the newest tree: the others on the page are
	// still there, and come before anything older.
	leaf := leafOf(b, newest(b).root, "blocks")
	binary.LittleEndian.PutUint32(b[leaf*pageSize+16+8:], 1<<20)
	write(t, path, b)
	type name struct{ bucket, key string }
	first := make(map[name]string)
	bad, err := boltfile.Salvage(path, func(bucket, key, value []byte) error {
		if n := (name{string(bucket), string(key)}); bucket != nil {
			if _, ok := first[n]; !ok {
				first[n] = string(value)
			}
		}
		return nil
	})
	if bad != 1 || err != nil {
		t.Fatalf("Salvage: %d bad pages, error %v, want 1, nil", bad, err)
	}
	wrong := 0
	for _, p := range want {
		if p.bucket == "blocks" && first[name{p.bucket, p.key}] != p.value {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("%d keys are lost or stale, want only the damaged one", wrong)
	}
}

// leafOf is the first leaf page of a bucket of a sound database.
func leafOf(b []byte, root uint64, bucket string) int {
	at := int(root) * pageSize
	for i := range int(binary.LittleEndian.Uint16(b[at+10:])) {
		e := at + 16 + 16*i
		key := e + int(binary.LittleEndian.Uint32(b[e+4:]))
		size := int(binary.LittleEndian.Uint32(b[e+8:]))
		if string(b[key:key+size]) != bucket {
			continue
		}
		at = int(binary.LittleEndian.Uint64(b[key+size:])) * pageSize
		for binary.LittleEndian.Uint16(b[at+8:]) == 1 { // branch: its first child
			at = int(binary.LittleEndian.Uint64(b[at+16+8:])) * pageSize
		}
	}
	return at / pageSize
}
