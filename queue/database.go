package queue

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// database is an open index. Where bbolt panics it may keep its locks for ever:
// on its meta pages while a transaction begins, or anywhere in one that writes.
// Then it is broken: nobody may wait for it, nor close it; see leave.
type database struct {
	*bbolt.DB
	file *os.File // bbolt's own

	once   sync.Once
	broken chan struct{} // closed by the first damage
	cause  error         // of that; read once broken is closed
}

// openIndex opens or creates the database at path.
//
// NoFreelistSync: the list of free pages is read from the tree at a start
// instead of being written with every commit, which after a drained backlog
// costs a card more than the photos' own entries. With records as small as ours
// that takes milliseconds.
func openIndex(path string, timeout time.Duration, noSync bool, maxSize int) (*database, error) {
	d := &database{broken: make(chan struct{})}
	var err error
	d.DB, err = bbolt.Open(path, 0o644, &bbolt.Options{
		Timeout: timeout, PageSize: indexPage, MaxSize: maxSize, InitialMmapSize: maxSize / indexMapShare,
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, NoSync: noSync,
		OpenFile: func(name string, flag int, perm os.FileMode) (f *os.File, err error) {
			f, err = os.OpenFile(name, flag, perm)
			d.file = f
			return f, err
		},
	})
	if errors.Is(err, berrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process reads %s", ErrLocked, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	d.AllocSize = indexGrowBytes
	return d, nil
}

// giveUp says that the database is broken, and why. The first cause stays.
func (d *database) giveUp(cause error) {
	d.once.Do(func() {
		d.cause = cause
		close(d.broken)
	})
}

// isBroken tells why the database must be given up as it is; nil: it needn't.
func (d *database) isBroken() error {
	select {
	case <-d.broken:
		return d.cause
	default:
		return nil
	}
}

// begin is bbolt's Begin.
func (d *database) begin(writable bool) (tx *bbolt.Tx, err error) {
	begun := make(chan *bbolt.Tx, 1)
	err = d.unlessBroken(func() error {
		tx, err := d.Begin(writable)
		begun <- tx
		return err
	})
	if errors.Is(err, ErrDamaged) {
		d.giveUp(err)
	}
	if err != nil {
		return nil, err
	}
	return <-begun, nil
}

// rollback is bbolt's Rollback.
func (d *database) rollback(tx *bbolt.Tx) error { return d.unlessBroken(tx.Rollback) }

// unlessBroken does a call that waits for bbolt's locks. No lock of ours may be
// held around it that another such call wants: a commit that maps more of the
// file waits for the open readers to end, and readers that begin wait for that
// commit. So that none hangs on a lock whose holder panicked, the call has a
// goroutine of its own, which is left to itself where the database is broken.
func (d *database) unlessBroken(call func() error) error {
	if err := d.isBroken(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- guard(call) }()
	select {
	case err := <-done:
		return err
	case <-d.broken:
		return d.cause
	}
}

// leave closes the database. Of a broken one it closes only the file: the memory
// map stays, as bbolt's Close would wait for ever. Nobody may use it any more.
func (d *database) leave() error {
	if d.isBroken() == nil {
		return d.Close()
	}
	// A child process that is just being started has the file too.
	return errors.Join(unix.Flock(int(d.file.Fd()), unix.LOCK_UN), d.file.Close())
}
