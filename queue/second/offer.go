package second

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// offer offers the queue the copies on the disk that it knows nothing of, as after
// the loss of its index: once for each start and plug-in, and before any copy of
// this disk is deleted. It reads names alone, but for the copies that the queue
// wants.
func (d *disk) offer(ctx context.Context) error {
	top := path.Join(topDir, d.w.o.Device)
	days, err := d.names(top)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for copies that are not known: %w", err)
	}
	o := offering{disk: d}
	for _, day := range days {
		if _, err := time.Parse(dayLayout, day); err != nil {
			continue
		}
		if err := o.day(ctx, path.Join(top, day)); err != nil {
			return fmt.Errorf("look for copies that are not known: %w", err)
		}
	}
	if o.taken > 0 {
		d.w.o.Log.Warn().Int("photos", o.taken).Msg("photos that only the second copy has are back in the queue")
	}
	if !o.strange {
		return nil
	}
	// The numbers mean other photos now: what was copied until now stays for ever.
	d.w.o.Log.Error().Msg("numbers of copied photos were given out again: no copy made so far is deleted any more")
	d.w.source, err = d.w.newSource()
	return err
}

// offering is what one offer does.
type offering struct {
	*disk
	taken   int
	strange bool // a copy's number is another photo's
}

func (o *offering) day(ctx context.Context, dir string) error {
	names, err := o.names(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		base, isSidecar := strings.CutSuffix(name, sidecarExt)
		id, err := photo.ParseID(base)
		if !isSidecar || err != nil {
			continue
		}
		if err := o.w.quiet(ctx); err != nil {
			return err
		}
		wants, err := o.w.o.Queue.Wants(id)
		switch {
		case errors.Is(err, queue.ErrOther):
			o.strange = o.strange || o.ours(dir, id)
		case err != nil:
			return err
		case wants:
			if err := o.one(dir, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// read is the sidecar of the photo; false where it is none of this controller's
// queue.
func (o *offering) read(dir string, id photo.ID) (photo.Meta, bool) {
	var s sidecar
	data, err := o.readSmall(path.Join(dir, string(id)+sidecarExt))
	ok := err == nil && json.Unmarshal(data, &s) == nil && s.ID == id && s.Device == o.w.o.Device && s.Source == o.w.source
	return s.Meta, ok
}

func (o *offering) ours(dir string, id photo.ID) bool {
	_, ok := o.read(dir, id)
	return ok
}

// one offers one copy.
func (o *offering) one(dir string, id photo.ID) error {
	m, ok := o.read(dir, id)
	if !ok {
		return nil
	}
	if missing, err := o.lacks(m); err != nil || missing {
		return err
	}
	err := o.w.o.Queue.Returned(m)
	switch {
	case errors.Is(err, queue.ErrOther):
		o.strange = true
		return nil
	case errors.Is(err, queue.ErrDamaged):
		o.w.o.Log.Error().Err(err).Str("photo", string(id)).Msg("copy has no sound metadata, left alone")
		return nil
	case err == nil:
		o.taken++
	}
	return err
}

// lacks tells whether the disk has no copy of m of its size.
func (d *disk) lacks(m photo.Meta) (bool, error) {
	dir, base, err := place(m)
	if err != nil {
		return true, nil // such a photo was never copied
	}
	info, err := d.Stat(path.Join(dir, base+"."+m.Format))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	return !info.Mode().IsRegular() || info.Size() != m.Size, nil
}

// Disk is the name of the disk that is mounted and in order, as far as Run saw
// last; empty for none. It never waits for the disk.
func (w *Worker) Disk() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.here
}

// Missing looks which of the photos the disk of that name hasn't got with their
// size. An error says that this can't be told, as where another disk is mounted.
func (w *Worker) Missing(disk string, all []photo.Meta) (seqs []uint64, err error) {
	d, err := w.open()
	if err == nil && d.mark.Disk != disk {
		d.Close()
		err = fmt.Errorf("%w: another disk took its place", ErrAbsent)
	}
	if err != nil {
		return nil, fmt.Errorf("look at second copies: %w", err)
	}
	defer d.Close()
	for _, m := range all {
		missing, err := d.lacks(m)
		if err != nil {
			return nil, fmt.Errorf("look at second copy of %s: %w", m.ID, err)
		}
		if missing {
			seqs = append(seqs, m.Seq())
		}
	}
	return seqs, nil
}
