package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// bucket is the only one.
const bucket = "photos"

func openBolt(dir string, o bbolt.Options) (*bbolt.DB, error) {
	db, err := bbolt.Open(filepath.Join(dir, "queue.db"), 0o644, &o)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists([]byte(bucket))
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func key(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }

// blob keeps the photos as values.
type blob struct{ db *bbolt.DB }

func openBlob(_ context.Context, dir string) (Store, error) {
	db, err := openBolt(dir, bbolt.Options{FreelistType: bbolt.FreelistMapType})
	return &blob{db}, err
}

func (s *blob) Put(_ context.Context, i int, size int64) error {
	var b bytes.Buffer
	b.Grow(int(size))
	if err := picture(&b, i, size); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key(i), b.Bytes()) })
}

func (s *blob) Drain(_ context.Context, n int) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		_, err := deleteFirst(tx, n)
		return err
	})
}

func (s *blob) Delete(context.Context) error { return nil } // with the value
func (s *blob) Close() error                 { return s.db.Close() }

// deleteFirst removes the n oldest, and gives their numbers.
func deleteFirst(tx *bbolt.Tx, n int) (all []int, err error) {
	b := tx.Bucket([]byte(bucket))
	c := b.Cursor()
	for k, _ := c.First(); k != nil && len(all) < n; k, _ = c.Next() {
		all = append(all, int(binary.BigEndian.Uint64(k)))
	}
	for _, i := range all {
		if err := b.Delete(key(i)); err != nil {
			return nil, err
		}
	}
	if len(all) < n {
		return nil, errShort
	}
	return all, nil
}

var errShort = errors.New("fewer photos than were put")

// item keeps a record for each photo, and the photos as files. Each item goes in
// and out by a transaction of its own.
type item struct {
	db    *bbolt.DB
	files folder
}

func openItem(_ context.Context, dir string) (Store, error) { return openItemBy(dir, false) }

func openItemUnlisted(_ context.Context, dir string) (Store, error) { return openItemBy(dir, true) }

func openItemBy(dir string, noFreelist bool) (*item, error) {
	files, err := newFolder(dir)
	if err != nil {
		return nil, err
	}
	db, err := openBolt(dir, bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: noFreelist})
	return &item{db, files}, err
}

func (s *item) Put(_ context.Context, i int, size int64) error {
	if err := s.files.put(i, size); err != nil {
		return err
	}
	r, err := record(i, size)
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key(i), r) })
}

func (s *item) Drain(_ context.Context, n int) error {
	for range n {
		var gone []int
		err := s.db.Update(func(tx *bbolt.Tx) (err error) {
			gone, err = deleteFirst(tx, 1)
			return err
		})
		if err != nil {
			return err
		}
		if err := s.files.remove(gone[0]); err != nil {
			return err
		}
	}
	return nil
}

func (s *item) Delete(context.Context) error { return nil } // Drain did
func (s *item) Close() error                 { return s.db.Close() }
