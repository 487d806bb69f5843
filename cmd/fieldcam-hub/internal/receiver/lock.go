package receiver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
)

// errCutShort is what a device reads whose body stopped, if it reads anything:
// the photo is as good as before, and may be sent on at once.
var errCutShort = handler.NewError("ERR_CUT_SHORT", "the rest of the body did not arrive", http.StatusRequestTimeout)

// ask is what the store needs to know of the request.
type ask struct {
	device string
	answer http.Header
	body   *body
}

type askKey struct{}

// locker is tusd's in memory, with two differences: the request that holds a
// wanted lock is interrupted through body (tusd's own way is a data race between
// its handler and its context, v2.10.0 context.go), and a wait in vain ends in
// 423, where tusd's 500 would tell the device that the whole cloud is unwell.
type locker struct{ *memorylocker.MemoryLocker }

func (l locker) NewLock(id string) (handler.Lock, error) {
	k, err := l.MemoryLocker.NewLock(id)
	return patient{k}, err
}

type patient struct{ held handler.Lock }

func (p patient) Unlock() error { return p.held.Unlock() }

func (p patient) Lock(ctx context.Context, _ func()) error {
	release := func() {}
	if a, ok := ctx.Value(askKey{}).(ask); ok {
		release = a.body.interrupt
	}
	err := p.held.Lock(ctx, release)
	if errors.Is(err, handler.ErrLockTimeout) {
		return handler.ErrFileLocked
	}
	return err
}

// body is a request's body that another request can end.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	ended   atomic.Bool
}

// interrupt ends the body: what was read before stays. The flag comes first:
// tusd sets a new deadline after each successful read, and the next read must
// then see the flag.
func (b *body) interrupt() {
	b.ended.Store(true)
	// Without deadlines (no real connection has none) the flag alone must do.
	_ = b.control.SetReadDeadline(time.Unix(1, 0))
}

// Read gives tusd errors with a status that lets the device go on: its own for a
// body that is cut short is 400, which would set the photo aside for good.
func (b *body) Read(p []byte) (int, error) {
	if b.ended.Load() {
		return 0, handler.ErrFileLocked
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil, err == io.EOF: //nolint:errorlint // io.Reader promises EOF itself
		return n, err
	case b.ended.Load():
		return n, handler.ErrFileLocked
	}
	return n, errCutShort
}
