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
	ctx, give, err := c.turn.Take(ctx)
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
	if since := time.Since(c.card.looked); since < lookPause || !c.card.owing && since < lookEvery {
		return nil
	}
	c.card.looked = time.Now()
	err := c.catchUp(ctx, add)
	return errors.Join(err, c.o.Power.Rest())
}

// addLocal makes a file a photo of a shot.
func (c *Camera) addLocal(ctx context.Context, f local, first photo.Meta, add capture.AddOther) (photo.Meta, error) {
	m, err := add(first, func(w io.Writer) (photo.Exposure, error) {
		e := c.exposure(f, where{model: first.Camera})
		return e, deliver(ctx, w, f)
	})
	if err != nil {
		return m, fmt.Errorf("%s: %w", f.File, err)
	}
	return m, nil
}

// record remembers for good that the file has become the photo m, of the shot that
// begins with first. What is not on the camera's card can't be fetched again, and is
// not remembered.
func (c *Camera) record(f local, m, first photo.Meta) error {
	if f.path == "" {
		return nil
	}
	err := c.list.Add(fetched.Record{
		Path: f.Path(), Size: f.size, Time: f.time, Sum: m.SHA256, At: f.at(c.o.Zone),
		First: first.ID, Slot: first.Slot, Session: first.Session, Trigger: first.Trigger, Taken: first.Taken, ClockSynced: first.ClockSynced,
	})
	if err != nil {
		return err
	}
	c.done(f.remote)
	return nil
}

// done lets a file that the queue has go, where that is wanted.
func (c *Camera) done(f remote) {
	if c.cfg.DeleteFetched && !slices.Contains(c.card.delete, f.path) {
		c.card.delete = append(c.card.delete, f.path)
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

// had tells whether the file was fetched before: one of its name, size and time.
func (c *Camera) had(f remote) bool {
	r, ok := c.list.Find(f.Path(), f.size)
	return ok && near(r.Time, f.time, timeSpread)
}

// near tells whether two times can be the same; an unknown one can be any.
func near(a, b time.Time, spread time.Duration) bool {
	return a.IsZero() || b.IsZero() || a.Sub(b).Abs() <= spread
}

// catchUp brings the files of earlier shots that are on the camera and not in the
// queue, and finds those that can be deleted.
func (c *Camera) catchUp(ctx context.Context, add capture.AddOther) error {
	if _, err := c.switchOn(ctx); err != nil {
		return err
	}
	at, err := c.locate(ctx)
	if err != nil {
		return err
	}
	type missing struct {
		remote
		first photo.Meta
	}
	var all []missing
	present := map[fetched.Key]bool{}
	s := newSaid()
	s.onFile = func(f remote) {
		present[fetched.Key{Path: f.Path(), Size: f.size}] = true
		r, ok := c.list.NewestOf(fetched.ShotOf(f.Path()))
		switch {
		case c.had(f):
			c.done(f)
		case ok && near(r.Time, f.time, shotSpread) && photo.IsKind(c.cfg.Files, f.Format) && len(all) < maxMissing:
			all = append(all, missing{f, r.Photo()})
		}
	}
	if err := c.ask(ctx, listTime, s, append(at.options(c.cfg.network()), "--quiet", "--parsable", "--list-files")...); err != nil {
		return fmt.Errorf("list the camera's files: %w", err)
	}
	if err := c.list.Trim(func(k fetched.Key) bool { return present[k] }); err != nil {
		return err
	}
	for _, m := range all {
		if err := c.fetchOther(ctx, at, m.remote, m.first, add); err != nil {
			return err
		}
	}
	c.card.owing = len(all) == maxMissing
	return nil
}

// fetchOther brings one file of an earlier shot.
func (c *Camera) fetchOther(ctx context.Context, at where, r remote, first photo.Meta, add capture.AddOther) error {
	f, dir, err := c.get(ctx, at, r)
	if err != nil {
		return err
	}
	defer c.remove(dir)
	m, err := c.addLocal(ctx, f, first, add)
	if err != nil {
		return err
	}
	c.o.Log.Info().Str("photo", string(m.ID)).Str("file", r.path).Msg("file of an earlier shot fetched from the camera")
	return c.record(f, m, first)
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
