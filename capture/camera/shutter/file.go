package shutter

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"fieldcam/capture/exif"
)

// fetched tells whether the file was fetched before. Where only its time differs,
// its bytes tell.
func (c *card) fetched(root *os.Root, f cardFile) bool {
	r, ok := c.list.find(f.path(), f.size)
	if !ok || r.Time.Equal(f.time) {
		return ok
	}
	file, err := root.Open(f.path())
	if err != nil {
		return false
	}
	defer file.Close()
	sum, err := sumOf(file)
	if err != nil || sum != r.Sum {
		return false
	}
	r.Time = f.time
	if err := c.list.add(r); err != nil {
		c.o.Log.Warn().Err(err).Msg("changed time of a fetched file not written")
	}
	return true
}

// remove deletes a file that is fetched, where that is wanted.
func (c *card) remove(root *os.Root, f cardFile) {
	if !c.cfg.DeleteFetched {
		return
	}
	if err := root.Remove(f.path()); err != nil {
		c.o.Log.Debug().Err(err).Str("file", f.path()).Msg("fetched file not deleted from the camera's card")
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
		if f.isJPEG() {
			hasJPEG, tornJPEG = hasJPEG || ok, tornJPEG || !ok
		} else {
			ok = ok && !tornJPEG && (later || hasJPEG || c.hadOther(f, t) || c.seen[f.path()] == now)
		}
		if !ok {
			seen[f.path()] = now
			if c.seen[f.path()] == now && !errors.Is(err, fs.ErrNotExist) {
				c.o.Log.Debug().Err(err).Str("file", f.path()).Msg("file on the camera's card has not become a whole picture")
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
	r, ok := c.list.newestOf(shotOf(f.path()))
	return ok && !t.At.IsZero() && sameShot(r.At, t.At) && r.Path != f.path()
}

// read reads what the file says of itself.
func (c *card) read(root *os.Root, f cardFile) (exif.Tags, error) {
	if f.size == 0 || f.size > maxFileBytes {
		return exif.Tags{}, errNotWhole
	}
	file, err := root.Open(f.path())
	if err != nil {
		return exif.Tags{}, err
	}
	defer file.Close()
	if f.isJPEG() {
		return readJPEG(file, f.size, c.o.Zone)
	}
	b := make([]byte, min(f.size, tiffBytes))
	if _, err := io.ReadFull(file, b); err != nil {
		return exif.Tags{}, notWhole(err)
	}
	return exif.FromTIFF(b, c.o.Zone), nil
}

// sameShot tells whether files with these times are of one exposure: one of them
// may tell parts of the second.
func sameShot(a, b time.Time) bool { return a.Sub(b).Abs() < time.Second }
