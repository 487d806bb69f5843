// Package archive keeps the photos that the hub has received, as plain files
// that any program can read:
//
//	DIR/<device>/<UTC day of the slot>/<id>.<format>   the photo
//	DIR/<device>/<UTC day of the slot>/<id>.json       what is known of it
//
// Promises: a photo is there when both files are; both are whole and durable
// before File returns, whatever the power does; a photo that is there is never
// written again. Nothing becomes a path here but device names that
// photo.CheckDevice accepts, IDs that photo.ParseID accepts, and formats that
// CheckFormat accepts: every method checks, so that no caller can forget.
//
// Out of scope: how photos arrive (receiver), and deleting them. A person may
// delete files at any time; the archive notices.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"fieldcam/capture/photo"
)

// ErrSync says that the disk did not take a photo's bytes, which are given up:
// only new ones can be filed. Linux tells of a failed write once and then holds
// the pages for clean, so that another sync of the same file would succeed over
// bytes that are on no disk (fsync(2); lwn.net/Articles/752063).
var ErrSync = errors.New("the disk did not take it")

// ErrNotFound says that the archive has no such photo, day or device.
var ErrNotFound = errors.New("no such photo")

// Archive is a folder of photos. Its methods may be called at once from several
// goroutines; File for one ID must not be.
type Archive struct {
	dir   string
	fault func(step string) error

	mu     sync.Mutex // guards what follows
	newest map[string][]Entry
	filed  map[string]uint64 // counts each device's calls of File
}

// Entry is one photo in a listing.
type Entry struct {
	Device string
	Day    string // YYYY-MM-DD, UTC
	ID     photo.ID
	Format string
}

// dirMode and fileMode keep photos from the machine's other users; a group may be
// let in, for backups.
const (
	dirMode  = 0o750
	fileMode = 0o640
)

// Open gives the archive in dir, which is made where it is missing. fault, nil
// outside tests, is asked before each durable step: where it gives an error, all
// stops there as a power cut would stop it.
func Open(dir string, fault func(step string) error) (*Archive, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if fault == nil {
		fault = func(string) error { return nil }
	}
	return &Archive{dir: dir, fault: fault, newest: map[string][]Entry{}, filed: map[string]uint64{}}, nil
}

// formatForm is what a file name extension may be.
var formatForm = regexp.MustCompile(`^[a-z0-9]{1,8}$`)

// CheckFormat tells whether format can be a photo's file name extension.
// "json" is the archive's own.
func CheckFormat(format string) error {
	if !formatForm.MatchString(format) || format == sidecar {
		return fmt.Errorf("format %.20q: want 1 to 8 of a-z and 0-9, not %q", format, sidecar)
	}
	return nil
}

// sidecar is the extension of the file that describes a photo.
const sidecar = "json"

// dayForm is the name of a day's folder.
const dayForm = time.DateOnly

// checkDay tells whether s, which may come from the wire, names a day.
func checkDay(s string) error {
	if _, err := time.Parse(dayForm, s); err != nil || len(s) != len(dayForm) {
		return fmt.Errorf("day %.20q: %w", s, ErrNotFound)
	}
	return nil
}

// Find looks for a filed photo by its device and ID alone. ErrNotFound where
// there is none, or only half of one.
func (a *Archive) Find(device string, id photo.ID) (photo.Meta, error) {
	if err := check(device, id); err != nil {
		return photo.Meta{}, err
	}
	// Nearly always the slot's day is that of the exposure.
	first := id.Time().Format(dayForm)
	if m, err := a.Meta(device, first, id); err == nil || !errors.Is(err, ErrNotFound) {
		return m, err
	}
	days, err := a.Days(device)
	if err != nil {
		return photo.Meta{}, err
	}
	for _, day := range days {
		if m, err := a.Meta(device, day, id); err == nil || !errors.Is(err, ErrNotFound) {
			return m, err
		}
	}
	return photo.Meta{}, fmt.Errorf("photo %s of %s: %w", id, device, ErrNotFound)
}

// Meta reads what is known of the photo that was filed under day.
func (a *Archive) Meta(device, day string, id photo.ID) (photo.Meta, error) {
	if err := errors.Join(check(device, id), checkDay(day)); err != nil {
		return photo.Meta{}, err
	}
	path := filepath.Join(a.dir, device, day, string(id)+"."+sidecar)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return photo.Meta{}, fmt.Errorf("photo %s of %s: %w", id, device, ErrNotFound)
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("read photo's description: %w", err)
	}
	var m photo.Meta
	if err := json.Unmarshal(b, &m); err != nil {
		return photo.Meta{}, fmt.Errorf("read %s: %w", path, err)
	}
	// A person may have edited the file: what it says becomes part of a path.
	if m.Device != device || m.ID != id || m.Slot.UTC().Format(dayForm) != day || CheckFormat(m.Format) != nil {
		return photo.Meta{}, fmt.Errorf("read %s: not the description of this photo", path)
	}
	st, err := os.Stat(a.path(m))
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.Size() != m.Size {
		return photo.Meta{}, fmt.Errorf("photo %s of %s: %w", id, device, ErrNotFound)
	}
	if err != nil {
		return photo.Meta{}, fmt.Errorf("stat photo: %w", err)
	}
	return m, nil
}

// Has tells whether the photo e is filed.
func (a *Archive) Has(e Entry) bool {
	_, err := a.Meta(e.Device, e.Day, e.ID)
	return err == nil
}

// Open opens the photo that m, which Meta or Find gave, describes.
func (a *Archive) Open(m photo.Meta) (*os.File, error) {
	if err := errors.Join(check(m.Device, m.ID), CheckFormat(m.Format)); err != nil {
		return nil, err
	}
	f, err := os.Open(a.path(m))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("photo %s of %s: %w", m.ID, m.Device, ErrNotFound)
	}
	return f, err
}

// path is where m's photo is. The caller has checked m.
func (a *Archive) path(m photo.Meta) string {
	return filepath.Join(a.dir, m.Device, m.Slot.UTC().Format(dayForm), string(m.ID)+"."+m.Format)
}

func check(device string, id photo.ID) error {
	if err := photo.CheckDevice(device); err != nil {
		return fmt.Errorf("device %.80q: %w", device, errors.Join(err, ErrNotFound))
	}
	if _, err := photo.ParseID(string(id)); err != nil {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// entry reads a file name of a day's folder; false for anything but a photo.
func entry(device, day, name string) (Entry, bool) {
	stem, format, ok := strings.Cut(name, ".")
	if !ok || CheckFormat(format) != nil {
		return Entry{}, false
	}
	id, err := photo.ParseID(stem)
	return Entry{Device: device, Day: day, ID: id, Format: format}, err == nil
}
