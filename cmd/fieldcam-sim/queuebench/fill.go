package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// answerSyncs makes the kernel answer this process's fsync and fdatasync with
// success, at once and without doing anything, for ever: by a seccomp filter. A
// million photos so go the product's whole way in minutes, by the very code that
// is measured elsewhere; what it wrote is made durable by an unmount.
func answerSyncs() error {
	// The filter reads struct seccomp_data, which begins with the call's number.
	// SECCOMP_RET_ERRNO with error 0 is success (seccomp(2)).
	const number = 0 // its offset
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_FSYNC, Jt: 1},     // to the success
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_FDATASYNC, Jf: 1}, // else past it
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	order := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// Both calls must be of one thread; TSYNC then takes the others along.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce privileges: %w", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&order)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return fmt.Errorf("install filter of syncs: %w", errno)
	}
	return nil
}

// fillOrder asks for photos to go into the product's queue and, perhaps, out, with
// syncs that do nothing. Once some are out, the index is compacted.
type fillOrder struct {
	Dir      string
	Photos   int
	Bytes    int64 // of each
	Out      int   // how many of all leave again: drained and deleted
	Batch    int   // photos that are drained at once
	Existing bool  // the photos are in
}

// timed is how long a part took.
type timed struct{ Seconds float64 }

// fillGarbage is the garbage collector's percentage while a store is filled: the
// machine has the memory, and nothing is measured.
const fillGarbage = 800

func fill(ctx context.Context, o fillOrder) (_ timed, err error) {
	began := time.Now()
	debug.SetGCPercent(fillGarbage)
	if err := answerSyncs(); err != nil {
		return timed{}, err
	}
	s, err := store.OpenFieldcam(ctx, o.Dir)
	if err != nil {
		return timed{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	tell := progress{every: 2 * time.Second, last: began}
	if !o.Existing {
		if err := putAll(ctx, s, o, &tell); err != nil {
			return timed{}, err
		}
	}
	for left := o.Out; left > 0; left -= o.Batch {
		tell.say("%d of %d photos are to leave", left, o.Out)
		if err := errors.Join(ctx.Err(), s.Drain(ctx, min(o.Batch, left))); err != nil {
			return timed{}, err
		}
	}
	if o.Out > 0 {
		tell.every = 0
		tell.say("deleting, compacting")
		if err := s.Delete(ctx); err != nil {
			return timed{}, err
		}
		if _, err := s.Compact(ctx); err != nil {
			return timed{}, err
		}
	}
	return timed{time.Since(began).Seconds()}, nil
}

// fillers is how many photos go in at once. The metadata and the pictures are
// written at once; the index takes one after the other.
const fillers = 4

// putAll puts the photos into the product's queue, which may be called from
// several goroutines.
func putAll(ctx context.Context, s *store.Fieldcam, o fillOrder, tell *progress) error {
	var failed error
	var mu sync.Mutex // guards failed, next and tell
	next := 0
	take := func(err error) (i int, more bool) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err, ctx.Err())
		i = next
		next++
		tell.say("%d of %d photos are in", i, o.Photos)
		return i, failed == nil && i < o.Photos
	}
	var all sync.WaitGroup
	for range fillers {
		all.Go(func() {
			var err error
			for i, more := take(nil); more; i, more = take(err) {
				err = s.Put(ctx, i, o.Bytes)
			}
		})
	}
	all.Wait()
	return failed
}

// progress tells now and then how far a long part is.
type progress struct {
	every time.Duration
	last  time.Time
}

func (p *progress) say(format string, args ...any) {
	if now := time.Now(); now.Sub(p.last) >= p.every {
		p.last = now
		fmt.Fprintf(os.Stderr, "bench-queue:        "+format+"\n", args...)
	}
}
