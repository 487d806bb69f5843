// Package deferredtest is the conformance suite of capture.Deferred: what every
// camera must do that keeps its pictures until they are fetched.
//
// Out of scope: time. How long a shot takes is each camera's own matter.
package deferredtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
)

// Rig is a camera with an empty card.
type Rig struct {
	Camera capture.Deferred
	// Wait waits until what was fired is on the card.
	Wait func()
	// Reopen is the same camera as a new process finds it.
	Reopen func() capture.Deferred
}

// Run checks the camera. For each check it calls run, which makes a fresh rig and
// passes it on.
func Run(t *testing.T, run func(t *testing.T, check func(testing.TB, Rig))) {
	for name, check := range map[string]func(testing.TB, Rig){
		"EachShotIsListedInItsOrder":       order,
		"WhatWasFetchedIsNotListedAgain":   once,
		"WhatWasNotAddedIsListedAgain":     again,
		"ALaterShotIsNewer":                newest,
		"AStopIsObeyed":                    stop,
		"APictureThatIsNotListedIsRefused": unknown,
	} {
		t.Run(name, func(t *testing.T) { run(t, check) })
	}
}

// shots is how many a check fires.
const shots = 4

func fire(t testing.TB, r Rig) {
	t.Helper()
	for range shots {
		if err := r.Camera.Fire(t.Context()); err != nil {
			t.Fatalf("Fire: %v", err)
		}
		r.Wait()
	}
}

func list(t testing.TB, c capture.Deferred, want int) []capture.Picture {
	t.Helper()
	l, err := c.List(t.Context())
	if err != nil || len(l.Pictures) != want {
		t.Fatalf("List: %d pictures, %v; want %d", len(l.Pictures), err, want)
	}
	return l.Pictures
}

// album is a store that has photos.
type album struct {
	photos []photo.Meta
	err    error // of the next add
}

func (a *album) add(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
	if a.err != nil {
		return photo.Meta{}, a.err
	}
	var n counter
	e, err := fill(&n)
	if err == nil && n == 0 {
		err = errors.New("an empty file")
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("add photo: %w", err)
	}
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	m := photo.Meta{ID: photo.NewID(at, uint64(len(a.photos)+1)), Slot: at, Taken: at, Trigger: photo.Scheduled, Size: int64(n), Exposure: e}
	a.photos = append(a.photos, m)
	return m, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func order(t testing.TB, r Rig) {
	list(t, r.Camera, 0)
	fire(t, r)
	pictures := list(t, r.Camera, shots)
	byTime := func(a, b capture.Picture) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(pictures, byTime) || pictures[0].At.IsZero() || !pictures[0].At.Before(pictures[shots-1].At) {
		t.Errorf("pictures %+v, want them in the order of their times", pictures)
	}
}

func once(t testing.TB, r Rig) {
	fire(t, r)
	var a album
	for i, p := range list(t, r.Camera, shots) {
		if err := r.Camera.Fetch(t.Context(), p, a.add); err != nil {
			t.Fatalf("Fetch: %v", err)
		}
		list(t, r.Reopen(), shots-1-i)
	}
	list(t, r.Camera, 0)
	if len(a.photos) < shots || a.photos[0].Format != "jpg" {
		t.Errorf("%d photos, the first %+v; want one each, a jpg", len(a.photos), a.photos[0])
	}
}

func again(t testing.TB, r Rig) {
	fire(t, r)
	pictures := list(t, r.Camera, shots)
	a := album{err: errors.New("card full")}
	if err := r.Camera.Fetch(t.Context(), pictures[1], a.add); !errors.Is(err, a.err) {
		t.Errorf("Fetch that is not added: %v, want the error of add", err)
	}
	for _, c := range []capture.Deferred{r.Camera, r.Reopen()} {
		list(t, c, shots)
	}
}

// newest checks that a process can tell what came since an earlier one looked, whether it
// was fetched or not.
func newest(t testing.TB, r Rig) {
	last := 0
	for n := range 2 {
		fire(t, r)
		l, err := r.Camera.List(t.Context())
		if err != nil || l.Newest <= last {
			t.Fatalf("look %d: newest %d, %v; want more than %d", n, l.Newest, err, last)
		}
		last = l.Newest
		var a album
		for _, p := range l.Pictures {
			if err := r.Camera.Fetch(t.Context(), p, a.add); err != nil {
				t.Fatalf("Fetch: %v", err)
			}
		}
	}
	l, err := r.Reopen().List(t.Context())
	if err != nil || l.Newest != last {
		t.Errorf("another process: newest %d, %v; want %d as before", l.Newest, err, last)
	}
}

func stop(t testing.TB, r Rig) {
	fire(t, r)
	pictures := list(t, r.Camera, shots)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var a album
	if err := r.Camera.Fetch(ctx, pictures[0], a.add); !errors.Is(err, context.Canceled) || len(a.photos) > 0 {
		t.Errorf("Fetch after its context's end: %v, %d photos; want context.Canceled and none", err, len(a.photos))
	}
	if err := r.Camera.Fire(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Fire after its context's end: %v, want context.Canceled", err)
	}
	list(t, r.Camera, shots)
}

func unknown(t testing.TB, r Rig) {
	fire(t, r)
	list(t, r.Camera, shots)
	var a album
	if err := r.Camera.Fetch(t.Context(), capture.Picture{Name: "../../etc/passwd"}, a.add); err == nil || len(a.photos) > 0 {
		t.Errorf("Fetch of what is not there: %v, %d photos", err, len(a.photos))
	}
}
