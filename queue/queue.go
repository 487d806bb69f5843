package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// The names in Options.Dir.
const (
	lockName    = "queue.lock"
	indexName   = "queue.db"
	newName     = "queue.db.new" // an index in the making
	spoolName   = "spool"
	damagedName = "damaged"
)

// defaultLockTimeout is for a predecessor that is still stopping.
const defaultLockTimeout = 5 * time.Second

// closeWait is how long Close waits for the calls under way: a commit takes some
// 10 ms, a bad card's fsync seconds, and the daemon has 5 s to stop.
const closeWait = time.Second

var (
	// ErrCardFull says that there is no room for the picture. What is queued
	// stays, and Add works again when there is room.
	// errors.Is finds it, and so does a method CardFull() bool in the chain, for
	// callers that do not import this package.
	ErrCardFull error = cardFullError{}
	// ErrLocked says that another process has the queue open.
	ErrLocked = errors.New("queue is locked")
	// ErrNewer says that a newer fieldcam wrote the index, which is untouched.
	ErrNewer = errors.New("index is of a newer fieldcam")
	// ErrDamaged says that the index, or a photo, isn't what was written.
	ErrDamaged = spool.ErrDamaged
	// ErrNoIndex says that the index could not be opened again after it was
	// compacted or damaged. It is tried anew each minute.
	ErrNoIndex = errors.New("index is not open")
	// ErrUnknown says that the queue has no such photo.
	ErrUnknown = errors.New("no such photo in the queue")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("queue is closed")
)

type cardFullError struct{}

func (cardFullError) Error() string  { return "card is full" }
func (cardFullError) CardFull() bool { return true }

// Options say how to open a Queue.
type Options struct {
	// Dir holds everything; it is created where it is missing. It must lie on
	// one file system.
	Dir string
	// Device is the device's name, for the metadata of new photos.
	Device string
	Config Config
	// LockTimeout bounds the wait for a process that has the queue open; 0 is 5s.
	LockTimeout time.Duration
	// Copies tells whether a photo of that format goes to the second copy, too;
	// nil: there is none. OpenCopy opens a photo from there; its error wraps
	// fs.ErrNotExist or ErrDamaged where the disk is there and the photo isn't.
	Copies   func(format string) bool
	OpenCopy func(m photo.Meta) (io.ReadSeekCloser, error)
	// CopyDisk is the name, as in SetDisk, of the disk of the second copy that is
	// mounted and in order now; empty for none. It must not wait. MissingCopies
	// looks which of the photos that disk hasn't got with their size; an error where
	// that can't be told, as where another disk took its place. Where one is nil,
	// no photo leaves the card that the cloud has not got.
	CopyDisk      func() string
	MissingCopies func(disk string, all []photo.Meta) (seqs []uint64, err error)
	// Fault is called before each durable step with its name (see Steps); where
	// it returns an error the step isn't done and the error comes back wrapped.
	// nil: never an error.
	Fault func(step string) error
	// FreeBytes is the free space of dir's file system; nil asks the system.
	FreeBytes func(dir string) (uint64, error)
	Log       zerolog.Logger

	maxIndex int // bytes; 0: indexMaxBytes. For tests: none can fill that
}

// Queue is an open queue. Its methods may be called at once from several
// goroutines; none waits for the filling of a picture, but Close, and that for a
// second.
type Queue struct {
	o        Options
	lock     *lock
	spool    *spool.Spool
	migrated bool // by this Open

	dbMu      sync.RWMutex // held by who uses db, and whole by who replaces it
	db        *database    // nil: there is none; see revive
	alive     bool         // open is through: what is damaged from now on is revived
	age       int          // of db: how many were given up before
	givenUp   int          // of those, without being closed
	revivedAt time.Time
	doubted   bool       // the last revival found nothing wrong in the file
	rebuilt   bool       // a revival made the index anew for doubt alone
	commitMu  sync.Mutex // held, after dbMu, by the one who changes db

	// trimming is full while one batch is deleted. Unlike a mutex it serves in
	// turn, so that Add waits for one batch of Trim and no more.
	trimming chan struct{}
	thinned  uint64 // up to here thin has done its work; of who fills trimming

	// changes counts the transactions that may have changed the index; it begins
	// at 1, so that counted, which is empty, is of none.
	changes atomic.Uint64

	mu        sync.Mutex // guards the following
	counted   counted
	recovery  Recovery
	unadopted map[uint64]struct{} // in the spool, without an item
	calls     int                 // under way
	idle      chan struct{}       // made by the first Close, closed by the last call's end
	released  bool
	ledgerAt  time.Time           // up to where the ledger was trimmed
	next      uint64              // the next sequence number
	writing   map[uint64]struct{} // numbers of Adds under way
	unlinked  []uint64            // files removed, still in bucket unlinking
}

// Open opens the queue, repairs what a power cut or damage left, and says what
// it did in Recovery. The caller closes it. ctx bounds the opening.
func Open(ctx context.Context, o Options) (*Queue, error) { return open(ctx, o, false) }

// Rebuild makes a new index from the spool, as Open does for a damaged one. The
// old index is set aside. Nobody may have the queue open.
func Rebuild(ctx context.Context, o Options) (Recovery, error) {
	q, err := open(ctx, o, true)
	if err != nil {
		return Recovery{}, err
	}
	return q.recovery, q.Close()
}

func open(ctx context.Context, o Options, rebuild bool) (_ *Queue, err error) {
	if err := photo.CheckDevice(o.Device); err != nil {
		return nil, fmt.Errorf("open queue: device %.70q: %w", o.Device, err)
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = defaultLockTimeout
	}
	if o.Fault == nil {
		o.Fault = func(string) error { return nil }
	}
	if o.FreeBytes == nil {
		o.FreeBytes = freeBytes
	}
	if o.maxIndex == 0 {
		o.maxIndex = indexMaxBytes
	}
	q := &Queue{o: o, writing: map[uint64]struct{}{}, unadopted: map[uint64]struct{}{}, trimming: make(chan struct{}, 1)}
	q.changes.Store(1)
	defer func() {
		if err != nil {
			err = fmt.Errorf("open queue: %w", errors.Join(err, q.release()))
		}
	}()
	if err := spool.MakeDir(o.Dir); err != nil {
		return nil, err
	}
	if q.lock, err = takeLock(ctx, q.path(lockName), o.LockTimeout); err != nil {
		return nil, err
	}
	q.spool, err = spool.Open(spool.Options{Dir: q.path(spoolName), Aside: q.path(damagedName), Fault: o.Fault})
	if err != nil {
		return nil, err
	}
	if err := q.recover(ctx, rebuild); err != nil {
		return nil, cardFull(err)
	}
	if err := q.unmatchCopies(); err != nil && !errors.Is(err, ErrCardFull) {
		return nil, err
	}
	if q.recovery.remarkable() {
		o.Log.Warn().Object("recovery", q.recovery).Msg("queue recovered")
	}
	q.alive = true
	return q, nil
}

func (q *Queue) path(name string) string { return filepath.Join(q.o.Dir, name) }

// Close ends the queue: later calls get ErrClosed. It waits for the calls under
// way, at most a second: a card may hang in an fsync, a camera in an Add. If some
// are left then, nothing is closed, as they still write, and the error says so;
// the process should end, and the lock ends with it. Or call Close again, which
// waits anew. Once the queue is closed, a call does nothing.
func (q *Queue) Close() error {
	q.mu.Lock()
	if q.idle == nil {
		q.idle = make(chan struct{})
		if q.calls == 0 {
			close(q.idle)
		}
	}
	q.mu.Unlock()
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	select {
	case <-q.idle:
	case <-limit.C:
		q.mu.Lock()
		defer q.mu.Unlock()
		return fmt.Errorf("close queue: %d calls are still under way after %s: left open", q.calls, closeWait)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.released {
		return nil
	}
	q.released = true
	if err := q.release(); err != nil {
		return fmt.Errorf("close queue: %w", err)
	}
	return nil
}

// release gives back what open took, in reverse order.
func (q *Queue) release() error {
	var errs []error
	if q.db != nil {
		errs = append(errs, q.db.leave())
	}
	if q.lock != nil {
		errs = append(errs, q.lock.release())
	}
	return errors.Join(errs...)
}

// begin marks a call as under way; the caller calls end.
func (q *Queue) begin() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle != nil {
		return ErrClosed
	}
	q.calls++
	return nil
}

func (q *Queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.calls--; q.calls == 0 && q.idle != nil {
		close(q.idle)
	}
}
