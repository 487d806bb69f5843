package boltfile_test

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/queue/boltfile"
)

// FuzzCheck feeds sound files with any bytes of them changed: neither reader may
// panic or read without end, and where Check passes the file, Salvage finds
// nothing bad and the same keys. The meta pages are sealed, so that what they say
// is believed. Each four bytes of the input are a page, a place in it, and the
// byte that is there: the engine does badly with inputs of a file's size.
func FuzzCheck(f *testing.F) {
	var sound [2][]byte
	for i := range sound {
		path := filepath.Join(f.TempDir(), "queue.db")
		db, err := bbolt.Open(path, 0o600, options(i == 0))
		if err != nil {
			f.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 3))
		for range 2 {
			err := db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("blocks"))
				if err != nil {
					return err
				}
				if t, err := tx.CreateBucketIfNotExists([]byte("tiny")); err != nil || t.Put([]byte("schema"), []byte{1}) != nil {
					return err
				}
				return fill(b, r, 20)
			})
			if err != nil {
				f.Fatal(err)
			}
		}
		db.Close()
		sound[i] = read(f, path)
		sound[i] = sound[i][:int(newest(sound[i]).highWater)*pageSize]
	}
	f.Add(false, []byte{})
	f.Add(true, []byte{0, 0, 16 + 16, 3, 1, 0, 16 + 40, 9}) // a root, a high-water mark
	f.Add(false, []byte{3, 0, 8, 1, 4, 0, 10, 255, 5, 0, 12, 2})
	f.Fuzz(func(t *testing.T, synced bool, edits []byte) {
		b := slices.Clone(sound[0])
		if synced {
			b = slices.Clone(sound[1])
		}
		for ; len(edits) >= 4; edits = edits[4:] {
			at := int(edits[0])*pageSize + int(binary.BigEndian.Uint16(edits[1:]))%pageSize
			b[at%len(b)] = edits[3]
		}
		for at := 0; at < 2*pageSize; at += pageSize {
			seal(b[at:])
		}
		path := filepath.Join(t.TempDir(), "queue.db")
		write(t, path, b)
		keys := 0
		count := func(_, _, _ []byte) error { keys++; return nil }
		err := boltfile.Check(path, count)
		checked := keys
		keys = 0
		bad, salvageErr := boltfile.Salvage(path, count)
		if err == nil && (bad != 0 || salvageErr != nil || keys != checked) {
			t.Fatalf("Check passes %d keys; Salvage: %d keys, %d bad pages, %v", checked, keys, bad, salvageErr)
		}
	})
}
