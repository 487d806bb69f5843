package gphoto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/subprocess"
	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
)

const (
	// maxShots is how many shots are kept in case they become photos: a picture that is
	// taken again because it was bad may be the better one after all.
	maxShots = 3
	// busyTries is how often a camera that says it is busy is asked in one Shoot, and
	// busyPause the time between.
	busyTries = 3
	busyPause = time.Second
)

// shot is what a Shoot has left in its directory.
type shot struct {
	dir   string
	note  fetched.Record // says of what slot
	sum   string         // the SHA-256 of the first file
	files []local        // the first of which Shoot delivered
}

// local is a file of the shot that gphoto2 has fetched.
type local struct {
	remote        // its path is empty where gphoto2 did not tell of it
	file   string // where it is here
	tags   exif.Tags
}

// drop removes the files of shots that are no photos, or are whole in the queue, but for
// the newest keep. All of them are still on the camera.
func (c *Camera) drop(keep int) {
	for len(c.shots) > keep {
		c.remove(c.shots[0].dir)
		c.shots = c.shots[1:]
	}
}

// remove removes a run's directory.
func (c *Camera) remove(dir string) {
	err := os.RemoveAll(dir)
	c.tell("files", err != nil, func() {
		c.o.Log.Warn().Err(err).Msg("files of gphoto2 not removed")
	})
}

// shoot takes a picture and passes its first file on to w.
func (c *Camera) shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	c.drop(maxShots - 1)
	if err := c.start(ctx); err != nil {
		return photo.Exposure{}, err
	}
	at, err := c.locate(ctx)
	if err != nil {
		return photo.Exposure{}, err
	}
	if err := c.putOff(ctx); err != nil {
		return photo.Exposure{}, err
	}
	dir, err := c.scratch.Make()
	if err != nil {
		return photo.Exposure{}, &jpegstream.SinkError{Err: err} // the card's fault
	}
	note := c.note()
	noted := c.begin(note)
	files, err := c.expose(ctx, at, dir)
	noted()
	sum := ""
	if err == nil {
		sum, err = c.deliver(ctx, w, files[0], note.Photo())
	}
	if err != nil {
		c.failed = append(c.failed[max(0, len(c.failed)-maxFailed):], note)
		c.remove(dir)
		return photo.Exposure{}, err
	}
	c.shots = append(c.shots, shot{dir: dir, note: note, files: files, sum: sum})
	c.clean(ctx, at)
	return c.exposure(files[0], at), nil
}

// take is the shot whose first file is the photo; false where it is not here.
func (c *Camera) take(first photo.Meta) (shot, bool) {
	i := slices.IndexFunc(c.shots, func(s shot) bool { return s.sum == first.SHA256 })
	if i < 0 {
		return shot{}, false
	}
	return c.shots[i], true
}

// exposure is what is known of a file.
func (c *Camera) exposure(f local, at where) photo.Exposure {
	model := f.tags.Model
	if model == "" {
		model = at.model
	}
	return photo.Exposure{Camera: model, Format: f.Format, Attempts: 1}
}

// expose runs gphoto2 for one shot, again where the camera is busy, and once more
// without the settings where these kept it from shooting. It returns the shot's wanted
// files that are whole, the JPEG first: at least one.
func (c *Camera) expose(ctx context.Context, at where, dir string) ([]local, error) {
	set := true
	for n := 1; ; n++ {
		s := newSaid()
		deadline, ok := ctx.Deadline()
		c.hurried = ok && time.Until(deadline) < min(c.cfg.ShotTime, c.need())
		exit, runErr := c.run(ctx, c.cfg.ShotTime, dir, s, c.shotOptions(at, set)...)
		c.wild = c.wild || runErr != nil // also one that went at the first signal: it may have been in the middle
		f := faultIn(exit.Stderr)
		files, err := c.collect(dir, s)
		if len(files) > 0 {
			c.took = exit.Took
			c.heard(s, at)
			c.exposed(files, s, errors.Join(runErr, asError(f), exit.Err()))
			return files, nil
		}
		unset := set && len(s.added) == 0 && len(c.cfg.Set) > 0 && strings.Contains(exit.Stderr, "configuration")
		switch {
		case runErr != nil:
			return nil, runErr
		case unset:
			set = false
			c.tell("set", true, func() {
				c.o.Log.Warn().Err(asError(f)).Msg("the camera does not take its settings, and shoots without them")
			})
			continue
		case f != nil && f.Code == codeBusy && n < busyTries && pause(ctx, busyPause):
			continue
		}
		return nil, noPicture(exit, f, err)
	}
}

// shotOptions are gphoto2's arguments for a shot: settings, the shot, and what the
// camera says of itself. All files stay on the camera until the queue has them.
func (c *Camera) shotOptions(at where, set bool) []string {
	args := at.options(c.cfg.network())
	if set {
		for _, s := range c.cfg.Set {
			args = append(args, "--set-config", s)
		}
	}
	args = append(args, c.clockOptions()...)
	return append(args, "--keep", "--force-overwrite", "--capture-image-and-download", "--get-config", "datetime", "--get-config", "batterylevel")
}

// exposed takes note of what a shot brought, and of what went wrong all the same.
func (c *Camera) exposed(files []local, s *said, odd error) {
	c.tell("odd", odd != nil, func() {
		c.o.Log.Warn().Err(odd).Msg("the camera's pictures come, but gphoto2 complains")
	})
	c.card.came(files, s, c.cfg)
}

// asError is f as an error: nil for nil.
func asError(f *Fault) error {
	if f == nil {
		return nil
	}
	return f
}

// noPicture says why there is none after a run that ended.
func noPicture(exit subprocess.Exit, f *Fault, collected error) error {
	switch {
	case collected != nil:
		return errors.Join(collected, asError(f))
	case f != nil:
		return f
	case exit.Err() != nil:
		return exit.Err()
	}
	return errors.New("gphoto2 ended well and left no picture")
}

// pause waits for d; false where ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// collect finds the files that gphoto2 has left: those of the wanted kinds that are
// whole, the JPEG first. Where there is none, the error says what is wrong with
// another; nil where there is nothing at all.
func (c *Camera) collect(dir string, s *said) (files []local, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &jpegstream.SinkError{Err: fmt.Errorf("read gphoto2's directory: %w", err)}
	}
	for _, e := range entries {
		f, ok := c.file(dir, e, s)
		if !ok {
			continue
		}
		if !photo.IsKind(c.cfg.Files, f.Format) {
			err = fmt.Errorf("the camera made a %s file, and files = %q is wanted: set its image quality", f.Format, c.cfg.Files)
			continue
		}
		tags, rerr := readFile(f.file, f.size, f.Format, c.o.Zone)
		if rerr != nil {
			err = fmt.Errorf("%s of %d bytes: %w", f.File, f.size, rerr)
			continue
		}
		f.tags = tags
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, err
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].IsJPEG() && !files[j].IsJPEG() })
	return files, nil
}

// file is an entry of gphoto2's directory, where it is a picture's file. What gphoto2
// is still writing is called tmpfile.
func (c *Camera) file(dir string, e os.DirEntry, s *said) (local, bool) {
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(e.Name()), "."))
	if format == "jpeg" {
		format = "jpg"
	}
	if !e.Type().IsRegular() || format != "jpg" && !slices.Contains(dcf.RAWFormats(), format) {
		return local{}, false
	}
	info, err := e.Info()
	if err != nil {
		return local{}, false
	}
	f := local{file: filepath.Join(dir, e.Name())}
	for _, path := range s.added {
		if r, ok := remoteAt(path); ok && r.File == e.Name() {
			f.remote = r
		}
	}
	// The time is the camera's: gphoto2 has set it.
	f.Name.File, f.Name.Format, f.size, f.time = e.Name(), format, info.Size(), info.ModTime().UTC().Truncate(time.Second)
	return f, true
}
