package health_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"fieldcam/agent/health"
)

// wrongClock is a wall clock that is off until it is synced.
type wrongClock struct {
	mu     sync.Mutex
	off    time.Duration
	synced bool
}

func (c *wrongClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Round(0).Add(c.off)
}

func (c *wrongClock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.synced
}

func (c *wrongClock) set(off time.Duration, synced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off, c.synced = off, synced
}

// logged is a log that may be read while it is written. Several write it: those before a
// power cut, and those after.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// device is the events' file of one controller, over its starts.
type device struct {
	testing.TB
	path  string
	clock *wrongClock
	log   logged
	mu    sync.Mutex // guards fault and writes
	fault error
	// writes counts the attempts to write the file, and starts the starts.
	writes, starts int
}

func newDevice(t testing.TB) *device {
	return &device{TB: t, path: filepath.Join(t.TempDir(), health.FileName), clock: &wrongClock{synced: true}}
}

func (d *device) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = err
}

func (d *device) written() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// boot starts the registry; stop ends it as SIGTERM does. A test that boots again
// without has cut the power: the one before writes no more.
func (d *device) boot() (r *health.Registry, stop func()) {
	d.Helper()
	d.mu.Lock()
	d.starts++
	start := d.starts
	d.mu.Unlock()
	r = health.Open(health.Options{Path: d.path, Clock: d.clock, Log: zerolog.New(&d.log), Fault: func(string) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if start != d.starts {
			return errNoPower
		}
		d.writes++
		return d.fault
	}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			d.Errorf("run: got %v, want nil", err)
		}
	})
	d.Cleanup(stop)
	return r, stop
}

var errNoPower = errors.New("the power is cut")

func active(r *health.Registry) (names []string) {
	for _, c := range r.Active() {
		names = append(names, string(c.Name))
	}
	return names
}

func want[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}
