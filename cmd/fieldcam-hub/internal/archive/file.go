package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fieldcam/capture/photo"
)

// The durable steps of File, in order, as the fault hook is told of them.
const (
	stepSync     = "sync the photo"
	stepDescribe = "write its description"
	stepFile     = "move it into its day"
	stepSettle   = "sync the folders"
)

// File moves the whole photo at path from, on the archive's own file system,
// into its place. The caller has checked its hash. When File returns nil, the
// photo is there and durable. After a crash or an error at any step either the
// photo is there, or from is still whole and File can be called again; but after
// an ErrSync the photo is not there, and from must not be used again.
func (a *Archive) File(m photo.Meta, from string) error {
	if err := errors.Join(check(m.Device, m.ID), CheckFormat(m.Format)); err != nil {
		return err
	}
	if y := m.Slot.UTC().Year(); y < 1970 || y > 9999 {
		return fmt.Errorf("file photo %s: its slot is in the year %d", m.ID, y)
	}
	if err := a.step(stepSync, func() error { return syncFile(from) }); err != nil {
		return err
	}
	day := filepath.Dir(a.path(m))
	if err := makeDay(a.dir, m.Device, day); err != nil {
		return fmt.Errorf("make folder for photo %s: %w", m.ID, err)
	}
	// The description is durable before the photo appears: one without a photo
	// is harmless, and is written again.
	if err := a.step(stepDescribe, func() error { return describe(day, m) }); err != nil {
		return err
	}
	if err := a.step(stepFile, func() error { return os.Rename(from, a.path(m)) }); err != nil {
		return err
	}
	if err := a.settle(m, day, filepath.Dir(from)); err != nil {
		return err
	}
	a.added(Entry{Device: m.Device, Day: filepath.Base(day), ID: m.ID, Format: m.Format})
	return nil
}

// Settle makes a photo durable that Find has found, where its File may have
// ended before its last step. After an ErrSync the photo is gone.
func (a *Archive) Settle(m photo.Meta) error { return a.settle(m, filepath.Dir(a.path(m))) }

// settle makes the names in folders durable, the photo's among them. A photo that
// may not be there after a power cut is taken out again.
func (a *Archive) settle(m photo.Meta, folders ...string) error {
	err := a.step(stepSettle, func() error {
		var errs []error
		for _, f := range folders {
			errs = append(errs, syncFile(f))
		}
		return errors.Join(errs...)
	})
	if !errors.Is(err, ErrSync) {
		return err
	}
	if gone := os.Remove(a.path(m)); gone != nil {
		return fmt.Errorf("%s: %v: take the photo out: %w", stepSettle, err, gone) //nolint:errorlint // it is not given up: settle it again
	}
	return err
}

func (a *Archive) step(name string, do func() error) error {
	if err := a.fault(name); err != nil {
		return err
	}
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// makeDay makes the folder day of device below dir, with every name durable: also
// one that is there, since a crash may have come before its sync.
func makeDay(dir, device, day string) error {
	for _, d := range []string{filepath.Join(dir, device), day} {
		if err := os.Mkdir(d, dirMode); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := syncFile(filepath.Dir(d)); err != nil {
			return err
		}
	}
	return nil
}

// describe writes m's description into the folder day.
func describe(day string, m photo.Meta) error {
	m.Slot, m.Taken = m.Slot.UTC(), m.Taken.UTC().Round(0)
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	// One name for all attempts: what a power cut leaves is overwritten.
	tmp := filepath.Join(day, "."+string(m.ID)+".tmp")
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, synced(f), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(day, string(m.ID)+"."+sidecar)); err != nil {
		return err
	}
	return syncFile(day)
}

// syncFile makes a file, or the names in a folder, durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(synced(f), f.Close())
}

func synced(f *os.File) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrSync, err)
	}
	return nil
}
