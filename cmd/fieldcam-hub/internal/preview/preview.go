// Package preview keeps the small pictures that came ahead of their photos over a
// bad link, until those are there.
//
// Promises: a preview is whole; it is never taken for a photo, and nothing but
// this package lists it; it is gone once its photo is filed, after 30 days, and
// where a device has too many, the oldest first. Losing one loses nothing.
//
// Nothing becomes a path here but device names, IDs and days that were checked.
//
// Out of scope: what a preview must look like (receiver).
package preview

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

const (
	// kept bounds the previews of one device: two weeks of a photo an hour.
	kept = 336
	// lasts is how long a preview waits for its photo, which may have been refused,
	// or deleted on the controller: the ledger tells what became of it.
	lasts = 30 * 24 * time.Hour
	// temp is how a preview's name ends while it is written, and tempLasts how much
	// longer than any writing it then stays.
	temp      = ".tmp"
	tempLasts = time.Hour
	// dirMode and fileMode are as in the archive.
	dirMode  = 0o750
	fileMode = 0o640
)

// Photos tells which photos are there. *archive.Archive is one.
type Photos interface {
	Has(e archive.Entry) bool
}

// Store is a folder of previews, one folder for each device. Its methods may be
// called at once from several goroutines.
type Store struct {
	dir    string
	photos Photos
}

// Open gives the previews in dir, which is made when it is needed.
func Open(dir string, photos Photos) *Store { return &Store{dir: dir, photos: photos} }

// check tells whether e can be a path.
func check(e archive.Entry) error {
	_, err := time.Parse(time.DateOnly, e.Day)
	if err == nil && len(e.Day) != len(time.DateOnly) {
		err = errors.New("no day")
	}
	_, err2 := photo.ParseID(string(e.ID))
	if err := errors.Join(err, err2, photo.CheckDevice(e.Device)); err != nil {
		return fmt.Errorf("preview %.80q of %.80q: %w", e.ID, e.Device, errors.Join(err, archive.ErrNotFound))
	}
	return nil
}

// Keep keeps a small JPEG of the photo e until that is there, in place of
// one that there may be. Where the photo is there already, nothing is kept.
func (s *Store) Keep(e archive.Entry, jpeg []byte) error {
	if err := check(e); err != nil {
		return err
	}
	if s.photos.Has(e) {
		return nil
	}
	path := s.path(e)
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".*"+temp)
	if err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already where all went well
	_, err = tmp.Write(jpeg)
	if err := errors.Join(err, tmp.Chmod(fileMode), tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	if s.photos.Has(e) { // filed just now, and perhaps dropped before there was anything to drop
		s.Drop(e)
	}
	return s.bound(e.Device)
}

// Newest lists up to n of the photos of a device that are to come, as far as
// there are previews of them, newest first.
func (s *Store) Newest(device string, n int) ([]archive.Entry, error) {
	all, err := s.files(device)
	if err != nil {
		return nil, err
	}
	var coming []archive.Entry
	for _, e := range all {
		if len(coming) == n {
			break
		}
		st, err := os.Stat(s.path(e))
		if err != nil {
			continue // deleted just now
		}
		if s.photos.Has(e) || time.Since(st.ModTime()) > lasts {
			s.Drop(e) // a crash came before
			continue
		}
		coming = append(coming, e)
	}
	return coming, nil
}

// Open opens the preview of the photo e; archive.ErrNotFound where there is none.
func (s *Store) Open(e archive.Entry) (*os.File, error) {
	if err := check(e); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path(e))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("preview of %s of %s: %w", e.ID, e.Device, archive.ErrNotFound)
	}
	return f, err
}

// path is where e's preview is. The caller has checked e.
func (s *Store) path(e archive.Entry) string {
	return filepath.Join(s.dir, e.Device, string(e.ID)+"."+e.Day+".jpg")
}

// Drop deletes e's preview, if there is one: its photo is there. What fails is
// tried again by Newest.
func (s *Store) Drop(e archive.Entry) { _ = os.Remove(s.path(e)) }

// dropTemp deletes a preview whose writing a crash ended.
func (s *Store) dropTemp(device string, f fs.DirEntry) {
	if st, err := f.Info(); err == nil && time.Since(st.ModTime()) > tempLasts {
		_ = os.Remove(filepath.Join(s.dir, device, f.Name())) // or the next time
	}
}

// bound deletes what a device has too many of.
func (s *Store) bound(device string) error {
	all, err := s.files(device)
	if err != nil {
		return err
	}
	for _, e := range all[min(kept, len(all)):] {
		s.Drop(e)
	}
	return nil
}

// files lists a device's previews, newest first.
func (s *Store) files(device string) ([]archive.Entry, error) {
	if err := photo.CheckDevice(device); err != nil {
		return nil, fmt.Errorf("device %.80q: %w", device, errors.Join(err, archive.ErrNotFound))
	}
	files, err := os.ReadDir(filepath.Join(s.dir, device))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list previews: %w", err)
	}
	var all []archive.Entry
	for _, f := range files {
		if strings.HasSuffix(f.Name(), temp) {
			s.dropTemp(device, f)
			continue
		}
		name, rest, _ := strings.Cut(f.Name(), ".")
		day, _ := strings.CutSuffix(rest, ".jpg")
		e := archive.Entry{Device: device, Day: day, ID: photo.ID(name), Format: "jpg"}
		if check(e) == nil && f.Name() == filepath.Base(s.path(e)) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b archive.Entry) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return all, nil
}
