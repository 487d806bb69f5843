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

	mu sync.Mutex // guards inside; see unlessBroken
	// inside is how many hold locks of bbolt's, or may wait for them: calls that begin
	// or end a transaction, and all transactions that write.
	inside int
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

// begin is bbolt's Begin. Where a transaction that writes has ended, ended is to be
// called.
func (d *database) begin(writable bool) (*bbolt.Tx, error) {
	return d.unlessBroken(writable, func() (*bbolt.Tx, error) { return d.Begin(writable) })
}

// ended says that a transaction that writes holds no lock of bbolt's any more, or that
// the database is broken.
func (d *database) ended() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
}

// rollback is bbolt's Rollback.
func (d *database) rollback(tx *bbolt.Tx) error {
	_, err := d.unlessBroken(false, func() (*bbolt.Tx, error) { return nil, tx.Rollback() })
	return err
}

// unlessBroken does a call that takes bbolt's locks. Most find nobody else inside, so
// that they wait for nothing, and are done at once: d.mu is held around them, so that
// nobody comes in.
//
// Beside others no lock of ours may be held that another such call wants: a commit
// that maps more of the file waits for the open readers to end, and readers that
// begin wait for that commit. So that none hangs on a lock whose holder panicked, the
// call has a goroutine of its own then, which is left to itself where the database is
// broken. stays: where the call does well, its transaction is inside until ended.
func (d *database) unlessBroken(stays bool, call func() (*bbolt.Tx, error)) (*bbolt.Tx, error) {
	d.mu.Lock()
	if err := d.isBroken(); err != nil {
		d.mu.Unlock()
		return nil, err
	}
	if d.inside == 0 {
		defer d.mu.Unlock()
		tx, err := d.guarded(call)
		if err == nil && stays {
			d.inside++
		}
		return tx, err
	}
	d.inside++
	d.mu.Unlock()
	type result struct {
		tx  *bbolt.Tx
		err error
	}
	done := make(chan result, 1)
	go func() {
		tx, err := d.guarded(call)
		if err != nil || !stays {
			d.ended()
		}
		done <- result{tx, err}
	}()
	select {
	case r := <-done:
		return r.tx, r.err
	case <-d.broken:
		return nil, d.cause
	}
}

// guarded is call, after whose panic the database is broken: before anybody else can
// come in and wait for a lock that it may have left behind.
func (d *database) guarded(call func() (*bbolt.Tx, error)) (tx *bbolt.Tx, err error) {
	err = guard(func() (err error) {
		tx, err = call()
		return err
	})
	if errors.Is(err, ErrDamaged) {
		d.giveUp(err)
	}
	return tx, err
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
