package queue

import (
	"errors"
	"fmt"
	"io/fs"

	"fieldcam/queue/boltfile"
)

// inspect reads the index at path before bbolt may, which panics on damage, in
// goroutines that nobody can recover too. stale: its newest transaction may be
// lost. damage: it can't be used; err: it must not be touched.
func inspect(path string) (stale bool, damage, err error) {
	version := uint64(0)
	var bad error
	err = boltfile.Check(path, func(bucket, key, value []byte) error {
		if string(bucket) == bucketMeta && string(key) == keySchema {
			version = keySeq(value)
		} else if _, err := openValue(string(bucket), key, value); err != nil && bad == nil {
			bad = err
		}
		return nil
	})
	switch {
	case errors.Is(err, boltfile.ErrStale):
		stale, err = true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("%w: it is a link to nowhere", ErrDamaged), nil
	case errors.Is(err, boltfile.ErrDamaged), errors.Is(err, boltfile.ErrForeign), errors.Is(err, boltfile.ErrEmpty):
		return false, fmt.Errorf("%w: %w", ErrDamaged, err), nil
	}
	switch {
	case err != nil:
		return false, nil, err
	case version == 0:
		return false, fmt.Errorf("%w: it is no index of fieldcam", ErrDamaged), nil
	case version > schemaVersion:
		return false, nil, fmt.Errorf("%w: schema version %d, this one knows %d", ErrNewer, version, schemaVersion)
	case version == schemaVersion && bad != nil:
		return false, bad, nil
	}
	return stale, nil, nil
}
