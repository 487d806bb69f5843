package shutter

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/exif"
)

// fetched tells whether the file was fetched before. Where only its time differs,
// its bytes tell.
func (c *card) fetched(root *os.Root, f cardFile) bool {
	r, ok := c.list.Find(f.Path(), f.size)
	if !ok || r.Time.Equal(f.time) {
		return ok
	}
	file, err := root.Open(f.Path())
	if err != nil {
		return false
	}
	defer file.Close()
	sum, err := sumOf(file)
	if err != nil || sum != r.Sum {
		return false
	}
	r.Time = f.time
	if err := c.list.Add(r); err != nil {
		c.o.Log.Warn().Err(err).Msg("changed time of a fetched file not written")
	}
	return true
}

// remove deletes a file that is fetched, where that is wanted.
func (c *card) remove(root *os.Root, f cardFile) {
	if !c.cfg.DeleteFetched {
		return
	}
	if err := root.Remove(f.Path()); err != nil {
		c.o.Log.Debug().Err(err).Str("file", f.Path()).Msg("fetched file not deleted from the camera's card")
	}
}

// whole is those of a shot's files that are whole. later: the card has files with a
// later number. How the others are goes into seen.
func (c *card) whole(root *os.Root, shot []cardFile, later bool, seen map[string]stat) (whole []cardFile) {
	hasJPEG, tornJPEG := false, false
	for _, f := range shot {
		now := stat{f.size, f.time}
		t, err := c.read(root, f)
		ok := err == nil
		if f.IsJPEG() {
			hasJPEG, tornJPEG = hasJPEG || ok, tornJPEG || !ok
		} else {
			ok = ok && !tornJPEG && (later || hasJPEG || c.hadOther(f, t) || c.seen[f.Path()] == now)
		}
		if !ok {
			seen[f.Path()] = now
			if c.seen[f.Path()] == now && !errors.Is(err, fs.ErrNotExist) {
				c.o.Log.Debug().Err(err).Str("file", f.Path()).Msg("file on the camera's card has not become a whole picture")
			}
			continue
		}
		f.tags = t
		whole = append(whole, f)
	}
	return whole
}

// hadOther tells whether another file of the same exposure was fetched before.
func (c *card) hadOther(f cardFile, t exif.Tags) bool {
	r, ok := c.list.NewestOf(fetched.ShotOf(f.Path()))
	return ok && !t.At.IsZero() && sameShot(r.At, t.At) && r.Path != f.Path()
}

// read reads what the file says of itself.
func (c *card) read(root *os.Root, f cardFile) (exif.Tags, error) {
	file, err := root.Open(f.Path())
	if err != nil {
		return exif.Tags{}, err
	}
	defer file.Close()
	return dcf.Read(file, f.size, f.Format, c.o.Zone)
}

// sameShot tells whether files with these times are of one exposure: one of them
// may tell parts of the second.
func sameShot(a, b time.Time) bool { return a.Sub(b).Abs() < time.Second }
