package gphoto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/photo"
)

const (
	// lookPause is the least time between two looks at the camera's card for files
	// that were left: a listing of a full one takes minutes.
	lookPause = 10 * time.Minute
	// lookEvery is how often the card is looked at though nothing is known to be left,
	// so that the list of fetched files does not grow for ever.
	lookEvery = 24 * time.Hour
	// maxMissing is how many files of earlier shots one look brings.
	maxMissing = 100
	// shotSpread is how far apart the times of one shot's files can be: a RAW file is
	// written after the JPEG.
	shotSpread = 10 * time.Second
	// timeSpread is how far apart the times of one file can be: FAT has two seconds.
	timeSpread = 2 * time.Second
)

// Others implements capture.Several: the other files of the shot that is the photo
// first, and those of earlier shots that were left on the camera.
func (c *Camera) Others(ctx context.Context, first photo.Meta, add capture.AddOther) error {
	ctx, give, err := c.keeper.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	if err = c.list.Load(); err == nil {
		err = c.others(ctx, first, add)
	}
	c.drop(0)
	if err != nil {
		c.card.owing = true
		return fmt.Errorf("other files of a shot: %w", err)
	}
	return nil
}

func (c *Camera) others(ctx context.Context, first photo.Meta, add capture.AddOther) error {
	if s, ok := c.take(first); ok {
		for i, f := range s.files {
			m := first
			var err error
			if i > 0 {
				if m, err = c.addLocal(ctx, f, first, add); err != nil {
					return err
				}
			}
			if err := c.record(f, m, first); err != nil {
				return err
			}
			_ = os.Remove(f.file) // else drop does
		}
	}
	if err := c.leave(first); err != nil {
		return err
	}
	if err := c.reconcile(first); err != nil {
		return err
	}
	since := time.Since(c.card.looked)
	goOn := c.walk.walking() || len(c.card.found) > 0 // the slot before had no more time
	if !goOn && (since < lookPause || !c.owes() && since < lookEvery) {
		return nil
	}
	c.card.looked = time.Now()
	err := c.catchUp(ctx, add)
	if err != nil && outOfTime(ctx, err) && !errors.Is(err, errStalled) {
		err = nil // it goes on in the next slot
	} else if err != nil {
		c.walk, c.card.found = walk{parts: c.walk.parts}, nil
	}
	return errors.Join(err, c.o.Power.Rest())
}

// addLocal makes a file a photo of a shot.
func (c *Camera) addLocal(ctx context.Context, f local, first photo.Meta, add capture.AddOther) (photo.Meta, error) {
	m, err := add(first, func(w io.Writer) (photo.Exposure, error) {
		_, err := c.deliver(ctx, w, f, first)
		return c.exposure(f, where{model: first.Camera}), err
	})
	if err != nil {
		return m, fmt.Errorf("%s: %w", f.File, err)
	}
	return m, nil
}

// done lets a file that the queue has, or is not to get, go, where that is wanted.
func (c *Camera) done(f remote) {
	if c.cfg.DeleteFetched && !slices.ContainsFunc(c.card.delete, func(d remote) bool { return d.path == f.path }) {
		c.card.delete = append(c.card.delete, f)
	}
}

// at is when the file was exposed, by the camera's clock in the site's zone; zero where
// nothing tells.
func (f local) at(zone *time.Location) time.Time {
	if !f.tags.At.IsZero() {
		return f.tags.At
	}
	return f.remote.at(zone)
}

func (f remote) at(zone *time.Location) time.Time {
	if f.time.IsZero() {
		return time.Time{}
	}
	t := f.time
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone).UTC()
}

// near tells whether two times can be the same; an unknown one can be any.
func near(a, b time.Time, spread time.Duration) bool {
	return a.IsZero() || b.IsZero() || a.Sub(b).Abs() <= spread
}

// found is a file on the camera's card that is no photo yet, and what it is of.
type found struct {
	remote
	of fetched.Record
}

// foundShot are the files of one shot, the JPEG first.
type foundShot struct {
	files []found
	first photo.Meta // of the shot, once it has one
}

// catchUp brings the files of earlier shots that are on the camera and not in the
// queue, and finds those that can be deleted. Where ctx ends it goes on with the next call.
func (c *Camera) catchUp(ctx context.Context, add capture.AddOther) error {
	if _, err := c.switchOn(ctx); err != nil {
		return err
	}
	at, err := c.locate(ctx)
	if err != nil {
		return err
	}
	if len(c.card.found) == 0 {
		if err := c.findLeft(ctx, at); err != nil {
			return err
		}
	}
	// The newest first: the store knows the newest of its photos again.
	for n := len(c.card.found); n > 0; n-- {
		s := &c.card.found[n-1]
		for len(s.files) > 0 {
			begun := time.Now()
			if s.first, err = c.bring(ctx, at, s.files[0], s.first, add); err != nil {
				if outOfTime(ctx, err) {
					err = c.stall.ended("the transfer of "+s.files[0].path, time.Since(begun), err)
				}
				return err
			}
			c.stall = stall{}
			s.files = s.files[1:]
		}
		c.card.found = c.card.found[:n-1]
	}
	if c.card.more {
		return nil
	}
	return c.end(c.card.notes)
}

// findLeft looks at the card for files that were left there. Where it takes several
// slots, it may miss those that these have left: they are for the next look.
func (c *Camera) findLeft(ctx context.Context, at where) error {
	if !c.walk.walking() {
		c.walk.begin(time.Time{})
		c.card.notes, c.card.owing = c.list.Notes(), false
	}
	all, err := c.listCard(ctx, at)
	if err != nil {
		return err
	}
	notes := c.list.Notes() // also the newer ones: a file is its own shot's
	shots, of := map[string][]remote{}, map[string]fetched.Record{}
	present := map[fetched.Key]bool{}
	for _, f := range all {
		present[fetched.Key{Path: f.Path(), Size: f.size}] = true
		if c.had(f) {
			c.done(f)
		} else if r, ok := c.ours(f, notes); ok && len(of) < maxMissing {
			shots[f.Shot()] = append(shots[f.Shot()], f)
			of[f.path] = r
		}
	}
	for _, files := range inOrder(shots) {
		var s foundShot
		for _, f := range files {
			s.files = append(s.files, found{f, of[f.path]})
		}
		c.card.found = append(c.card.found, s)
	}
	c.card.more = len(of) == maxMissing
	c.card.owing = c.card.owing || c.card.more
	return c.list.Trim(func(k fetched.Key) bool { return present[k] })
}

// bring makes a file that was left on the camera a photo, or leaves it there for good,
// and returns the first photo of its shot; first is that, where this shot has one.
func (c *Camera) bring(ctx context.Context, at where, f found, first photo.Meta, add capture.AddOther) (photo.Meta, error) {
	if f.of.Left {
		return first, c.leaveFile(local{remote: f.remote}, f.of)
	}
	if first.ID == "" {
		first = f.of.Photo()
	}
	l, dir, err := c.get(ctx, at, f.remote)
	if err != nil {
		return first, err
	}
	defer c.remove(dir)
	m, err := c.addLocal(ctx, l, first, add)
	if err != nil {
		return first, err
	}
	if first.ID == "" {
		if first = m; m.Shot != "" { // the store had it, and knows better
			first.ID = m.Shot
		}
	}
	c.o.Log.Info().Str("photo", string(m.ID)).Str("file", f.path).Msg("file of an earlier shot fetched from the camera")
	return first, c.record(l, m, first)
}

// get fetches a file from the camera into a directory of its own, which is the
// caller's to remove.
func (c *Camera) get(ctx context.Context, at where, r remote) (f local, dir string, err error) {
	if dir, err = c.scratch.Make(); err != nil {
		return f, "", err
	}
	f = local{remote: r, file: dir + "/" + r.File}
	exit, err := c.run(ctx, c.cfg.ShotTime, dir, newSaid(), append(at.options(c.cfg.network()), "--force-overwrite", "--get-file", r.path)...)
	if err == nil {
		f.tags, err = c.check(f)
		if err != nil {
			err = errors.Join(err, asError(faultIn(exit.Stderr)))
		}
	}
	if err != nil {
		return f, "", errors.Join(fmt.Errorf("fetch %s: %w", r.path, err), os.RemoveAll(dir))
	}
	return f, dir, nil
}
