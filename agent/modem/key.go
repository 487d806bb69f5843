package modem

import (
	"context"
	"errors"
	"time"

	"fieldcam/hal"
)

// statusEvery is how often STATUS is read while it is waited for.
const statusEvery = 100 * time.Millisecond

// Press presses a modem's power key for d, or until ctx ends, and releases it on every path.
// Where ctx has ended before, nothing is pressed.
func Press(ctx context.Context, key hal.Output, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := key.Set(true); err != nil {
		return errors.Join(err, release(key)) // it may be on all the same
	}
	sleep(ctx, d)
	return errors.Join(release(key), ctx.Err())
}

// release lets the key go: a key that is held switches the modem off. It is tried twice.
func release(key hal.Output) error {
	err := key.Set(false)
	if err != nil {
		err = key.Set(false)
	}
	return err
}

// Await waits for STATUS to be on or off; false where it was not within bound.
func Await(ctx context.Context, status hal.Input, on bool, bound time.Duration) (bool, error) {
	for end := time.Now().Add(bound); ; {
		is, err := status.On()
		if err != nil || is == on {
			return err == nil, err
		}
		if !time.Now().Before(end) {
			return false, nil
		}
		if !sleep(ctx, statusEvery) {
			return false, ctx.Err()
		}
	}
}

// sleep waits for d; false where ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
