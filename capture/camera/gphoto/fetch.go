package gphoto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
)

// maxListed bounds the pictures of one listing; the others come with the next.
const maxListed = 2000

// List tells which pictures on the camera's card were not fetched yet, as
// capture.Deferred has it. It is for a camera that something else fires.
func (c *Camera) List(ctx context.Context) (capture.Listing, error) {
	ctx, give, err := c.keeper.Take(ctx)
	if err != nil {
		return capture.Listing{}, err
	}
	defer give()
	l, err := c.look(ctx)
	if err = errors.Join(err, c.o.Power.Rest()); err != nil {
		return capture.Listing{}, fmt.Errorf("look at the camera's card: %w", err)
	}
	return l, nil
}

func (c *Camera) look(ctx context.Context) (l capture.Listing, err error) {
	if err := c.list.Load(); err != nil {
		return l, err
	}
	c.drop(0)
	at, err := c.reach(ctx)
	if err != nil {
		return l, err
	}
	c.card.delete = nil
	err = c.greet(ctx, at)
	var all []remote
	if err == nil {
		all, err = c.listFor(ctx, at)
	}
	if err != nil {
		if !outOfTime(ctx, err) && !errors.Is(err, errStalled) {
			c.keeper.Ladder.Failed()
			c.at = where{}
		}
		return l, err
	}
	c.keeper.Ladder.Good()
	shots, present := map[string][]remote{}, map[fetched.Key]bool{}
	l.New = c.present == nil
	for _, f := range all {
		key := fetched.Key{Path: f.Path(), Size: f.size}
		present[key] = true
		l.New = l.New || !c.present[key]
		switch {
		case c.had(f):
			c.done(f)
		case photo.IsKind(c.cfg.Files, f.Format) && f.size > 0 && f.size <= dcf.MaxBytes:
			shots[f.Shot()] = append(shots[f.Shot()], f)
		}
	}
	if err := c.list.Trim(func(k fetched.Key) bool { return present[k] }); err != nil {
		return l, err
	}
	for c.clean(ctx, at) {
	}
	c.listed = map[string][]remote{}
	for _, files := range inOrder(shots) {
		if len(l.Pictures) == maxListed {
			l.More = true
			break
		}
		p := c.picture(files)
		l.Pictures = append(l.Pictures, p)
		c.listed[p.Name] = files
	}
	c.present = present
	l.Ahead = c.ahead()
	return l, nil
}

// listFor lists the card for a List with that context. What an earlier fetch has listed
// lacks the shots since.
func (c *Camera) listFor(ctx context.Context, at where) ([]remote, error) {
	if until, _ := ctx.Deadline(); !c.walk.walking() || !c.walk.until.Equal(until) {
		c.walk.begin(until)
	}
	return c.listCard(ctx, at)
}

// reach gives the camera power, recovers it as far as the ladder says, and finds it.
func (c *Camera) reach(ctx context.Context) (where, error) {
	if err := c.start(ctx); err != nil {
		return where{}, err
	}
	at, err := c.locate(ctx)
	if err != nil && !outOfTime(ctx, err) {
		c.keeper.Ladder.Failed()
	}
	return at, err
}

// inOrder are the shots in the order of exposure, each with its JPEG first. A file that
// a second card has as well counts once.
func inOrder(shots map[string][]remote) [][]remote {
	var all [][]remote
	for _, files := range shots {
		sort.SliceStable(files, func(i, j int) bool {
			a, b := files[i], files[j]
			return a.IsJPEG() && !b.IsJPEG() || a.IsJPEG() == b.IsJPEG() && a.path < b.path
		})
		all = append(all, slices.CompactFunc(files, func(a, b remote) bool { return a.File == b.File && a.size == b.size }))
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i][0], all[j][0]
		return cmp.Or(cmp.Compare(a.Number(), b.Number()), cmp.Compare(a.Shot(), b.Shot())) < 0
	})
	return all
}

// picture is what capture is told of a shot.
func (c *Camera) picture(files []remote) capture.Picture {
	p := capture.Picture{Name: files[0].Shot(), At: files[0].at(c.o.Zone)}
	if r, ok := c.list.NewestOf(fetched.ShotOf(files[0].Path())); ok && near(r.Time, files[0].time, shotSpread) {
		p.First = r.Photo()
	}
	return p
}

// ahead is by how much the camera's clock was ahead, as the newest fetched file of a
// slot shows; 0 where there is none.
func (c *Camera) ahead() time.Duration {
	for _, r := range c.list.Newest() {
		if r.Trigger == photo.Scheduled && !r.At.IsZero() {
			return r.At.Sub(r.Taken)
		}
	}
	return 0
}

// Fetch brings the files of a picture of the newest List, as capture.Deferred has it.
func (c *Camera) Fetch(ctx context.Context, p capture.Picture, add capture.AddFile) error {
	ctx, give, err := c.keeper.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	files, ok := c.listed[p.Name]
	if !ok {
		return capture.ErrNotListed
	}
	first := p.First
	err = func() error {
		at, err := c.reach(ctx)
		if err != nil {
			return err
		}
		for len(files) > 0 {
			m, err := c.fetchFile(ctx, at, files[0], first, add)
			if err != nil {
				return err
			}
			if first.ID == "" {
				first = m
			}
			files = files[1:]
			c.listed[p.Name] = files
		}
		delete(c.listed, p.Name)
		return nil
	}()
	return errors.Join(err, c.o.Power.Rest())
}

// fetchFile makes one file a photo, and remembers it.
func (c *Camera) fetchFile(ctx context.Context, at where, r remote, first photo.Meta, add capture.AddFile) (photo.Meta, error) {
	begun := time.Now()
	f, dir, err := c.get(ctx, at, r)
	switch {
	case err == nil:
		c.stall = stall{}
	case outOfTime(ctx, err):
		return photo.Meta{}, c.stall.ended("the transfer of "+r.path, time.Since(begun), err)
	default:
		c.keeper.Ladder.Failed()
		return photo.Meta{}, err
	}
	defer c.remove(dir)
	c.keeper.Ladder.Good()
	m, err := add(func(w io.Writer) (photo.Exposure, error) {
		return c.exposure(f, at), copyFile(ctx, w, f)
	})
	if err != nil {
		return m, fmt.Errorf("%s: %w", r.path, err)
	}
	if first.ID == "" {
		first = m
	}
	return m, c.record(f, m, first)
}

// check holds a file that was fetched against its listing: it is whole.
func (c *Camera) check(f local) (exif.Tags, error) {
	info, err := os.Lstat(f.file)
	switch {
	case err != nil:
		return exif.Tags{}, errors.New("gphoto2 left no file")
	case !info.Mode().IsRegular() || f.size > 0 && info.Size() != f.size:
		return exif.Tags{}, fmt.Errorf("%d bytes of %d came", info.Size(), f.size)
	}
	return readFile(f.file, info.Size(), f.Format, c.o.Zone)
}
