package boltfile_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/queue/boltfile"
)

// BenchmarkCheck reads an index of a million photos: 125,000 keys of 536 bytes.
func BenchmarkCheck(b *testing.B) {
	const keys, bytes = 125_000, 536
	path := filepath.Join(b.TempDir(), "queue.db")
	db, err := bbolt.Open(path, 0o600, options(true))
	if err != nil {
		b.Fatal(err)
	}
	for at := 0; at < keys; at += keys / 50 {
		err := db.Update(func(tx *bbolt.Tx) error {
			k, err := tx.CreateBucketIfNotExists([]byte("blocks"))
			for i := at; i < at+keys/50 && err == nil; i++ {
				err = k.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), make([]byte, bytes))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	db.Close()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(info.Size())
		for b.Loop() {
			if err := boltfile.Check(path, func(_, _, _ []byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(info.Size())
		buf := make([]byte, 128<<10)
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			for n := 1; n > 0; {
				n, _ = f.Read(buf)
			}
			f.Close()
		}
	})
}
