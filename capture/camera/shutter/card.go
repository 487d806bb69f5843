package shutter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
)

const (
	// maxListed bounds the pictures of one listing: what a fetch brings at 5 MB each
	// in an hour from a slow reader. The others come with the next.
	maxListed = 2000
	// maxFiles bounds the files that are looked at, and maxFolder those of one
	// folder: DCF has 900 folders of 9,999 numbers, cards have 100,000 pictures.
	maxFiles  = 300_000
	maxFolder = 50_000
	// listName is the file of the list of fetched files, in Options.Dir.
	listName = "fetched.list"
	// readBatch is how many names are read at a time.
	readBatch = 1024
)

// cardFile is one file on the card.
type cardFile struct {
	dcf.Name
	size int64
	time time.Time // of its last change, as the card has it
	tags exif.Tags
}

// stat is what shows that a file has changed.
type stat struct {
	size int64
	time time.Time
}

// card reads the camera's card.
type card struct {
	cfg  Config
	o    Options
	list *fetched.List
	// seen is how files were at the List before that could not be told to be whole.
	seen map[string]stat
	// present are the files of the newest List, fetched or not; nil before one.
	present map[fetched.Key]bool
	// listed are the files of the pictures of the newest List, by Picture.Name.
	listed map[string][]cardFile
}

func newCard(cfg Config, o Options) card {
	return card{cfg: cfg, o: o, list: fetched.New(filepath.Join(o.Dir, listName)), seen: map[string]stat{}}
}

// List implements capture.Deferred.
func (c *Camera) List(ctx context.Context) (capture.Listing, error) {
	if err := c.power(ctx); err != nil { // a camera may be its own disk
		return capture.Listing{}, err
	}
	begun := time.Now()
	listing, err := c.look(ctx)
	if err != nil {
		return capture.Listing{}, err
	}
	c.seen(begun, listing)
	return listing, nil
}

func (c *card) look(ctx context.Context) (l capture.Listing, err error) {
	if err := c.list.Load(); err != nil {
		return l, err
	}
	root, err := os.OpenRoot(c.cfg.Path)
	if err != nil {
		return l, fmt.Errorf("open the camera's card: %w", err)
	}
	defer root.Close()
	files, err := readFiles(ctx, root)
	if err != nil {
		return l, err
	}
	c.listed = map[string][]cardFile{}
	l.New = c.present == nil
	present := map[fetched.Key]bool{}
	var shots [][]cardFile // the new files of each shot, in the order of exposure
	for _, f := range files {
		key := fetched.Key{Path: f.Path(), Size: f.size}
		present[key] = true
		l.New = l.New || !c.present[key]
		if c.fetched(root, f) {
			c.remove(root, f)
			continue
		}
		if !photo.IsKind(c.cfg.Files, f.Format) {
			continue
		}
		if n := len(shots) - 1; n >= 0 && shots[n][0].Shot() == f.Shot() {
			shots[n] = append(shots[n], f)
			continue
		}
		shots = append(shots, []cardFile{f})
	}
	if err := c.list.Trim(func(k fetched.Key) bool { return present[k] }); err != nil {
		return l, err
	}
	seen := map[string]stat{}
	for i, shot := range shots {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		if len(l.Pictures) == maxListed {
			l.More = true
			break
		}
		whole := c.whole(root, shot, i+1 < len(shots), seen)
		if len(whole) == 0 {
			continue
		}
		l.Pictures = append(l.Pictures, c.picture(whole))
		c.listed[whole[0].Shot()] = whole
	}
	c.seen, c.present = seen, present
	l.Ahead = c.ahead()
	return l, nil
}

// readFiles lists the pictures' files in the order of exposure, those of one shot
// together and the JPEG first.
func readFiles(ctx context.Context, root *os.Root) ([]cardFile, error) {
	folders, err := readDir(root, "DCIM", maxFolder)
	if err != nil {
		return nil, fmt.Errorf("read the camera's card: %w", err)
	}
	var files []cardFile
	for _, folder := range folders {
		if !dcf.IsFolder(folder.Name()) || !folder.IsDir() {
			continue
		}
		entries, err := readDir(root, "DCIM/"+folder.Name(), maxFolder)
		if err != nil {
			return nil, fmt.Errorf("read the camera's card: %w", err)
		}
		for _, e := range entries {
			name, ok := dcf.Parse(folder.Name(), e.Name())
			if !ok || !e.Type().IsRegular() {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted meanwhile
			}
			if err != nil {
				return nil, fmt.Errorf("read the camera's card: %w", err)
			}
			files = append(files, cardFile{Name: name, size: info.Size(), time: info.ModTime()})
		}
		if len(files) > maxFiles {
			return nil, fmt.Errorf("read the camera's card: more than %d pictures", maxFiles)
		}
	}
	sort.SliceStable(files, func(i, j int) bool {
		a, b := files[i], files[j]
		raw := func(f cardFile) int {
			if f.IsJPEG() {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Number(), b.Number()), cmp.Compare(a.Shot(), b.Shot()), cmp.Compare(raw(a), raw(b)), cmp.Compare(a.File, b.File)) < 0
	})
	return files, nil
}

// readDir is the entries of a directory, up to a number.
func readDir(root *os.Root, name string, most int) ([]fs.DirEntry, error) {
	d, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var all []fs.DirEntry
	for {
		batch, err := d.ReadDir(readBatch)
		all = append(all, batch...)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(all) > most {
			return nil, fmt.Errorf("%s: more than %d entries", name, most)
		}
	}
}

// picture is what capture is told of a shot.
func (c *card) picture(files []cardFile) capture.Picture {
	p := capture.Picture{Name: files[0].Shot()}
	for _, f := range files {
		if p.At.IsZero() {
			p.At = f.tags.At
		}
	}
	if p.At.IsZero() {
		p.At = files[0].time.UTC()
	}
	if r, ok := c.list.NewestOf("DCIM/" + p.Name); ok && sameShot(r.At, p.At) && r.Path != files[0].Path() {
		p.First = r.Photo()
	}
	return p
}

// ahead is by how much the camera's clock was ahead, as the newest fetched file of a
// slot shows; 0 where there is none.
func (c *card) ahead() time.Duration {
	for _, r := range c.list.Newest() {
		if r.Trigger == photo.Scheduled && !r.At.IsZero() {
			return r.At.Sub(r.Taken)
		}
	}
	return 0
}
