package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
)

const (
	// dirMode is for the operator and the hub's group.
	dirMode = 0o750
	// maxFile bounds what is read, in bytes. maxAccounts of the longest that
	// message.ParseLedger takes are 600 KB.
	maxFile = 1 << 20
	// flushEvery is how often a system's file is written at most.
	flushEvery = 3 * time.Second
	// closeTime bounds the last writes: the hub stops in 5 s.
	closeTime = 2 * time.Second
	// fileEnd follows a system's name.
	fileEnd = ".json"
)

var errDamaged = errors.New("accounts are damaged")

// Run writes what was kept until ctx ends. Nothing else does, but Close.
func (a *Accounts) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			a.flush(ctx)
		}
	}
}

// Close writes what is left, as far as that is done in time. Run must have
// ended, and Keep is not called any more.
func (a *Accounts) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	a.flush(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting > 0 {
		a.log.Warn().Int("accounts", a.waiting).Msg("accounts not written before the end")
	}
}

// flush writes each system that has something to write, until ctx ends. What
// fails is tried again by the next.
func (a *Accounts) flush(ctx context.Context) {
	a.mu.Lock()
	late := a.late
	a.late = 0
	var devices []string
	for device, s := range a.systems {
		if len(s.waiting) > 0 {
			devices = append(devices, device)
		}
	}
	a.mu.Unlock()
	if late > 0 {
		a.log.Warn().Int("accounts", late).Int("max", maxWaiting).Msg("accounts left out: they came faster than the disk takes them")
	}
	var failed error
	for _, device := range devices {
		if ctx.Err() != nil {
			return
		}
		if err := a.save(device); err != nil {
			failed = err
		}
	}
	a.files.Lock()
	defer a.files.Unlock()
	switch {
	case failed != nil && !a.failing:
		a.log.Error().Err(failed).Msg("accounts can't be written")
	case failed == nil && a.failing:
		a.log.Info().Msg("accounts are written again")
	}
	a.failing = failed != nil
}

// save writes what waits of one system.
func (a *Accounts) save(device string) error {
	a.files.Lock()
	defer a.files.Unlock()
	waiting := a.waitingOf(device)
	kept, err := a.read(device)
	if errors.Is(err, errDamaged) { // the system tells again what matters
		kept, err = nil, a.setAside(device)
	}
	if err != nil {
		return err
	}
	if all, changed := a.merge(kept, waiting); changed {
		if err := a.write(device, all); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.systems[device]
	for k, l := range waiting {
		if s.waiting[k] == l { // else a newer one came meanwhile
			delete(s.waiting, k)
			a.waiting--
		}
	}
	return nil
}

// Forget removes the accounts of a system, durably enough: one that is struck off
// is forgotten again at the next start.
func (a *Accounts) Forget(device string) error {
	a.files.Lock()
	defer a.files.Unlock()
	a.mu.Lock()
	s := a.systems[device]
	if s != nil {
		a.waiting -= len(s.waiting)
		delete(a.systems, device)
	}
	a.mu.Unlock()
	if s == nil {
		return nil
	}
	if err := os.Remove(a.path(device)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget accounts: %w", err)
	}
	return nil
}

func (a *Accounts) path(device string) string { return filepath.Join(a.dir, device+fileEnd) }

// tidy removes half-written files and lists the systems that have a whole one.
func (a *Accounts) tidy() (devices []string, err error) {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if device, ok := strings.CutSuffix(e.Name(), fileEnd); ok && photo.CheckDevice(device) == nil {
			devices = append(devices, device)
		}
		if device, ok := halfOf(e.Name()); ok && photo.CheckDevice(device) == nil {
			if err := os.Remove(filepath.Join(a.dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return devices, nil
}

// halfOf is the system whose file was to be written under this name: "." before
// its name, and "." with digits behind, as os.CreateTemp makes them.
func halfOf(name string) (device string, ok bool) {
	rest, ok := strings.CutPrefix(name, ".")
	at := strings.LastIndexByte(rest, '.')
	if !ok || at < 0 || strings.Trim(rest[at+1:], "0123456789") != "" {
		return "", false
	}
	return rest[:at], true
}

// read gives what is on the disk of a system; errDamaged where it makes no sense.
func (a *Accounts) read(device string) ([]message.Ledger, error) {
	f, err := os.Open(a.path(device))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	var all []message.Ledger
	if st.Size() > maxFile || json.NewDecoder(f).Decode(&all) != nil {
		return nil, fmt.Errorf("read accounts of %s: %w", device, errDamaged)
	}
	return all, nil
}

// setAside keeps a damaged file for a person.
func (a *Accounts) setAside(device string) error {
	aside := a.path(device) + ".damaged-" + a.now().UTC().Format("20060102T150405Z")
	if err := os.Rename(a.path(device), aside); err != nil {
		return fmt.Errorf("set damaged accounts aside: %w", err)
	}
	a.log.Warn().Str("file", aside).Msg("damaged accounts set aside")
	return nil
}

// write puts the whole file in its place.
func (a *Accounts) write(device string, all []message.Ledger) (err error) {
	var data bytes.Buffer
	e := json.NewEncoder(&data)
	e.SetEscapeHTML(false) // a '<' of one byte would become six
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	f, err := os.CreateTemp(a.dir, "."+device+".*")
	if err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write accounts: %w", err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), a.path(device)); err != nil {
		return err
	}
	d, err := os.Open(a.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
