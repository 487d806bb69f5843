package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

const (
	sumsName   = "SHA256SUMS"
	partName   = "SHA256SUMS.part"
	newName    = "SHA256SUMS.new" // a part that is being written anew
	readmeName = "README.txt"

	timeForm = "20060102T150405Z"
	// dayBytes is how much of an ID is its UTC day: 20261121.
	dayBytes = 8
	// directoryPhotos is how many photos a directory gets: FAT32 gives it 65,536
	// entries of 32 bytes, and a photo with its JSON takes eight, or ten with a
	// sequence number of 20 digits.
	directoryPhotos = 5000
)

// export is one export under way.
type export struct {
	o    Options
	r    *Result
	path string // of its directory
	root *os.Root
	made time.Time // when it was begun
	sums *os.File  // SHA256SUMS.part
	late int       // its lines that are not fsynced
	// known are the photos from before that are there, right and listed, by file
	// name. What is copied now is not noted: a Source gives each photo once.
	known map[string]bool
	// filled counts the photos in each directory.
	filled map[string]int
}

func fileName(m photo.Meta) string { return string(m.ID) + "." + m.Format }

func (e *export) has(m photo.Meta) bool { return e.known[fileName(m)] }

// space asks the system.
func space(dir string) (free, cluster uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, &fs.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return st.Bavail * uint64(st.Bsize), uint64(st.Bsize), nil
}

// unfinished is the newest directory in dir of an export of the device that was
// broken off; empty where there is none.
func unfinished(dir, device string) (name string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, d := range entries { // ascending, and so by time
		if !d.IsDir() || len(d.Name()) != len(prefix(device))+len(timeForm) || !strings.HasPrefix(d.Name(), prefix(device)) {
			continue
		}
		_, errPart := os.Lstat(filepath.Join(dir, d.Name(), partName))
		_, errSums := os.Lstat(filepath.Join(dir, d.Name(), sumsName))
		if errPart == nil && errors.Is(errSums, fs.ErrNotExist) {
			name = d.Name()
		}
	}
	return name, nil
}

func prefix(device string) string { return "fieldcam-" + device + "-" }

// begin makes the directory and what is in it from the start.
func (e *export) begin(ctx context.Context) error {
	e.made = e.o.Now.UTC()
	e.path = filepath.Join(e.o.Dir, prefix(e.o.Device)+e.made.Format(timeForm))
	if err := os.Mkdir(e.path, 0o755); err != nil {
		return err
	}
	if err := e.open(); err != nil {
		return err
	}
	var err error
	if e.sums, err = e.root.OpenFile(partName, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
		return err
	}
	return e.writeReadme(ctx)
}

func (e *export) writeReadme(ctx context.Context) error {
	text := readme(e.o.Device, e.made)
	sum, err := e.write(ctx, readmeName, strings.NewReader(text), int64(len(text)), func(int64) {})
	if err != nil {
		return err
	}
	return e.list(line{sum, readmeName})
}

func (e *export) open() (err error) {
	e.root, err = os.OpenRoot(e.path)
	return err
}

// finish gives the list its name: from then on the export is whole.
func (e *export) finish() error {
	if err := e.sums.Sync(); err != nil {
		return err
	}
	// All that was written, not the list alone.
	if err := e.syncAll(); err != nil {
		return err
	}
	if err := e.sums.Close(); err != nil {
		return err
	}
	if err := e.root.Rename(partName, sumsName); err != nil {
		return err
	}
	return e.syncAll()
}

// syncAll makes all of the stick durable: unlike fsync of a directory, every file
// system has that.
func (e *export) syncAll() error {
	f, err := e.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("sync %s: %w", e.path, err)
	}
	return nil
}

// place is the directory for a photo: that of its day, or one beside it where that
// is full. It is made where there is none.
func (e *export) place(m photo.Meta) (dir string, err error) {
	day := string(m.ID)[:dayBytes]
	for n := 1; ; n++ {
		dir = day
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", day, n)
		}
		if _, looked := e.filled[dir]; !looked {
			if err := e.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return "", err
			}
			entries, err := fs.ReadDir(e.root.FS(), dir)
			if err != nil {
				return "", err
			}
			e.filled[dir] = len(entries) / 2
		}
		if _, err := e.root.Lstat(path.Join(dir, fileName(m))); err == nil || e.filled[dir] < directoryPhotos {
			return dir, nil
		}
	}
}
