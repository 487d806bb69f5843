package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fieldcam/capture/photo"
)

// newestKept is how many of each device's newest photos are kept in memory, so
// that a page of many systems does not read a thousand folders.
const newestKept = 12

// Devices lists the devices that have a folder, by name.
func (a *Archive) Devices() ([]string, error) {
	return folders(a.dir, func(name string) bool { return photo.CheckDevice(name) == nil })
}

// Days lists the days of a device that have a folder, newest first. A device
// without any has none, without an error.
func (a *Archive) Days(device string) ([]string, error) {
	if err := photo.CheckDevice(device); err != nil {
		return nil, fmt.Errorf("device %.80q: %w", device, errors.Join(err, ErrNotFound))
	}
	days, err := folders(filepath.Join(a.dir, device), func(name string) bool { return checkDay(name) == nil })
	slices.Reverse(days)
	return days, err
}

// Photos lists the photos of a day, newest first.
func (a *Archive) Photos(device, day string) ([]Entry, error) {
	if err := checkDay(day); err != nil {
		return nil, err
	}
	if err := photo.CheckDevice(device); err != nil {
		return nil, fmt.Errorf("device %.80q: %w", device, errors.Join(err, ErrNotFound))
	}
	files, err := os.ReadDir(filepath.Join(a.dir, device, day))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("day %s of %s: %w", day, device, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("list photos: %w", err)
	}
	described := make(map[photo.ID]bool, len(files)/2)
	for _, f := range files {
		if stem, ok := strings.CutSuffix(f.Name(), "."+sidecar); ok {
			described[photo.ID(stem)] = true
		}
	}
	var photos []Entry
	for _, f := range files {
		if e, ok := entry(device, day, f.Name()); ok && described[e.ID] {
			photos = append(photos, e)
		}
	}
	slices.SortFunc(photos, newestFirst)
	return photos, nil
}

// Newest lists up to n of a device's photos, newest first; n up to 12. It reads
// no folder where it knows the answer.
func (a *Archive) Newest(device string, n int) ([]Entry, error) {
	a.mu.Lock()
	known, ok := a.newest[device]
	a.mu.Unlock()
	if !ok || slices.ContainsFunc(known, a.gone) {
		var err error
		if known, err = a.readNewest(device); err != nil {
			return nil, err
		}
	}
	return slices.Clone(known[:min(n, len(known))]), nil
}

// readNewest finds a device's newest photos on the disk and remembers them.
func (a *Archive) readNewest(device string) ([]Entry, error) {
	a.mu.Lock()
	filed := a.filed[device]
	a.mu.Unlock()
	days, err := a.Days(device)
	if err != nil {
		return nil, err
	}
	var found []Entry
	for _, day := range days {
		photos, err := a.Photos(device, day)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if found = append(found, photos...); len(found) >= newestKept {
			break
		}
	}
	found = slices.Clone(found[:min(newestKept, len(found))])
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.filed[device] == filed { // else one was filed meanwhile: read again next time
		a.newest[device] = found
	}
	return found, nil
}

// added notes a photo that was filed just now.
func (a *Archive) added(e Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.filed[e.Device]++
	known, ok := a.newest[e.Device]
	if !ok {
		return // the first question will read the disk
	}
	if slices.Contains(known, e) {
		return
	}
	known = append(slices.Clone(known), e)
	slices.SortFunc(known, newestFirst)
	a.newest[e.Device] = known[:min(newestKept, len(known))]
}

// gone tells whether somebody deleted e's file.
func (a *Archive) gone(e Entry) bool {
	_, err := os.Stat(filepath.Join(a.dir, e.Device, e.Day, string(e.ID)+"."+e.Format))
	return errors.Is(err, fs.ErrNotExist)
}

// newestFirst orders by day, then by ID, whose form sorts by time.
func newestFirst(a, b Entry) int {
	if c := strings.Compare(b.Day, a.Day); c != 0 {
		return c
	}
	return strings.Compare(string(b.ID), string(a.ID))
}

// folders lists the folders in dir that want accepts, by name; none where dir
// is missing.
func folders(dir string, want func(name string) bool) ([]string, error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	var names []string
	for _, d := range all {
		if d.IsDir() && want(d.Name()) {
			names = append(names, d.Name())
		}
	}
	return names, nil
}
