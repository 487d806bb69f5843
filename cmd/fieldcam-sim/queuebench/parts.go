package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/part"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
)

// The parts: what has to be a process of its own.
const (
	partLive    = "live"
	partFill    = "fill"
	partRecords = "records"
	partOpen    = "open"
	partAdd     = "add"
	partRebuild = "rebuild"
)

// servePart does one part in this process; see package part.
func servePart(ctx context.Context, name, args string, w io.Writer) error {
	switch name {
	case partLive:
		return part.Serve(ctx, args, w, live)
	case partFill:
		return part.Serve(ctx, args, w, fill)
	case partRecords:
		return part.Serve(ctx, args, w, fillRecords)
	case partOpen:
		return part.Serve(ctx, args, w, open)
	case partAdd:
		return part.Serve(ctx, args, w, add)
	case partRebuild:
		return part.Serve(ctx, args, w, rebuild)
	}
	return fmt.Errorf("no part %q", name)
}

// recordsOrder asks for records in the peer that keeps one for each photo, with
// no photos beside: opening it reads none.
type recordsOrder struct {
	Store   string
	Dir     string
	Records int
	Out     int // how many of them leave again
}

func fillRecords(ctx context.Context, o recordsOrder) (timed, error) {
	began := time.Now()
	if err := answerSyncs(); err != nil {
		return timed{}, err
	}
	return timed{time.Since(began).Seconds()}, store.FillRecords(ctx, o.Store, o.Dir, o.Records, o.Out)
}

// addOrder asks for photos in a queue that has some: each in a phase of its own,
// for the trace.
type addOrder struct {
	Store  string
	Dir    string
	First  int
	Photos int
	Bytes  int64
}

// addPhase is the phase of the i-th photo.
func addPhase(i int) string { return "add" + string(rune('a'+i)) }

func add(ctx context.Context, o addOrder) (_ struct{}, err error) {
	m, err := newMarker()
	if err != nil {
		return struct{}{}, err
	}
	defer m.close()
	s, err := store.Open(ctx, o.Store, o.Dir)
	if err != nil {
		return struct{}{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range o.Photos {
		if err := errors.Join(m.begin(addPhase(i)), s.Put(ctx, o.First+i, o.Bytes)); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, m.begin(phaseEnd)
}

// rebuildOrder asks for the index of a queue to be made anew, or for the floor:
// the photos' metadata to be read, and nothing done with it.
type rebuildOrder struct {
	Dir   string
	Floor bool
}

func rebuild(ctx context.Context, o rebuildOrder) (timed, error) {
	do := store.Rebuild
	if o.Floor {
		do = readAttributes
	}
	began := time.Now()
	err := do(ctx, o.Dir)
	return timed{time.Since(began).Seconds()}, err
}

// attributeBytes is more than any metadata of a photo.
const attributeBytes = 4096

// readAttributes reads an extended attribute of each photo in dir.
func readAttributes(ctx context.Context, dir string) error {
	value := make([]byte, attributeBytes)
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != store.PhotoExt {
			return errors.Join(err, ctx.Err())
		}
		_, err = unix.Getxattr(path, store.Attribute, value)
		return err
	})
}
