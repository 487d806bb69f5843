package capture_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

// clock is package time's, and steps on request.
type clock struct {
	mu       sync.Mutex
	offset   time.Duration
	unsynced bool
	looks    int // of Now
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	return time.Now().Round(0).UTC().Add(c.offset)
}

func (c *clock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unsynced
}

// looked is how often Now was called since the last looked.
func (c *clock) looked() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, c.looks = c.looks, 0
	return n
}

// vouch says whether the time is synced.
func (c *clock) vouch(synced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsynced = !synced
}

func (c *clock) step(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += by
}

// set makes the clock show the time given.
func (c *clock) set(now time.Time) { c.step(now.Sub(c.Now())) }

// camera takes a second per photo unless told otherwise. It fails the test
// where two photos are taken at once.
type camera struct {
	tb    testing.TB
	mu    sync.Mutex
	shots int
	inUse bool
	// shoot, if not nil, is what the nth photo (from 1) does.
	shoot func(ctx context.Context, n int, w io.Writer) error
}

func (c *camera) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	c.mu.Lock()
	if c.inUse {
		c.tb.Error("Shoot called while an earlier Shoot had not returned")
	}
	c.inUse = true
	c.shots++
	n, shoot := c.shots, c.shoot
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inUse = false
	}()
	if shoot == nil {
		shoot = func(ctx context.Context, _ int, w io.Writer) error { return expose(ctx, w, time.Second) }
	}
	return photo.Exposure{Format: "jpg", Attempts: 1}, shoot(ctx, n, w)
}

func (c *camera) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shots
}

func (c *camera) behave(shoot func(ctx context.Context, n int, w io.Writer) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shoot = shoot
}

// expose delivers a picture after d.
func expose(ctx context.Context, w io.Writer, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		_, err := w.Write([]byte("picture"))
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type fullError struct{}

func (fullError) Error() string  { return "the card is full" }
func (fullError) CardFull() bool { return true }
