package store

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// recordsInTurn is how many records FillRecords writes in a transaction: the
// tree is the same as by one each.
const recordsInTurn = 1000

// FillRecords puts n records without photos into a new store of bbolt in dir, and
// removes the oldest of them again, out in number.
func FillRecords(ctx context.Context, name, dir string, n, out int) (err error) {
	s, err := Open(ctx, name, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	b, ok := s.(*item)
	if !ok {
		return fmt.Errorf("store %q keeps no records in bbolt", name)
	}
	for i := 0; i < n; i += recordsInTurn {
		err := b.db.Update(func(tx *bbolt.Tx) error {
			for k := i; k < min(i+recordsInTurn, n); k++ {
				r, err := record(k, 1)
				if err == nil {
					err = tx.Bucket([]byte(bucket)).Put(key(k), r)
				}
				if err != nil {
					return err
				}
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	for left := out; left > 0; left -= recordsInTurn {
		err := b.db.Update(func(tx *bbolt.Tx) error {
			_, err := deleteFirst(tx, min(recordsInTurn, left))
			return errors.Join(err, ctx.Err())
		})
		if err != nil {
			return err
		}
	}
	return nil
}
