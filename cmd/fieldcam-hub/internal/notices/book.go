// Package notices is what the hub announces: when it will be away.
//
// Promises: a change made by one process (`fieldcam-hub notice add`) is seen by
// another (the running hub) at its next look, without a restart; a change is
// either wholly on the disk or not at all, and two changes at once do not undo
// each other; a notice is accepted only if a controller would take it; its number
// and its time grow with each change. What the hub itself takes for a window is
// what a controller does: both ask package maintenance.
//
// Out of scope: sending notices, and showing them.
package notices

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
)

const (
	// fileName is the book's, in the hub's data folder.
	fileName = "notices.json"
	// fileVersion is the only form of the file so far.
	fileVersion = 1
	// refreshAfter is when a notice that still has windows is issued anew:
	// controllers count windows up to 400 days after it.
	refreshAfter = 30 * 24 * time.Hour
	// keepPast is how long a window that is over stays in the book: controllers
	// are still on their way back.
	keepPast = 24 * time.Hour
)

// The errors that callers tell apart.
var (
	ErrExists  = errors.New("there is a window of this name")
	ErrUnknown = errors.New("there is no window of this name")
)

// Entry is what is announced to one address: a device, or message.Fleet.
type Entry struct {
	Address string `json:"address"`
	// N is the number of its notice, Issued the time of that.
	N       int64                  `json:"n"`
	Issued  message.Unix           `json:"t"`
	Spread  uint32                 `json:"spread_seconds,omitempty"`
	Windows []message.NoticeWindow `json:"windows"`
}

// file is what is on the disk.
type file struct {
	Version int              `json:"v"`
	Entries map[string]Entry `json:"addresses"`
}

// Book is the file in one folder. Its methods may be called at once from several
// goroutines and processes.
type Book struct {
	path string
	key  ed25519.PrivateKey
	now  func() time.Time
}

// Open gives the book in dir, the hub's data folder; there need not be one yet.
// key signs; now nil is the wall time.
func Open(dir string, key ed25519.PrivateKey, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{path: filepath.Join(dir, fileName), key: key, now: now}
}

// Stamp tells versions of the file apart.
func (b *Book) Stamp() (string, error) {
	var st unix.Stat_t
	err := unix.Stat(b.path, &st)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("stat %s: %w", b.path, err)
	}
	sec, nsec := st.Ctim.Unix()
	return fmt.Sprint(st.Ino, st.Size, sec, nsec), nil
}

// Entries lists what is announced, by address; one may have no windows any more.
func (b *Book) Entries() ([]Entry, error) {
	f, err := b.read()
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, address := range slices.Sorted(maps.Keys(f.Entries)) {
		all = append(all, f.Entries[address])
	}
	return all, nil
}

// Add announces a window to an address. spread 0 leaves the address's as it is.
// ErrExists where one of its windows has that name.
func (b *Book) Add(address string, w message.NoticeWindow, spread time.Duration) error {
	return b.change(address, func(e *Entry) error {
		if slices.ContainsFunc(e.Windows, func(o message.NoticeWindow) bool { return o.Name == w.Name }) {
			return fmt.Errorf("add window %q: %w", w.Name, ErrExists)
		}
		e.Windows = append(e.Windows, w)
		if spread > 0 {
			e.Spread = uint32(spread / time.Second) //nolint:gosec // what is too much is refused when it is signed
		}
		return nil
	})
}

// Cancel calls a window off. ErrUnknown where the address has none of that name.
func (b *Book) Cancel(address, name string) error {
	return b.change(address, func(e *Entry) error {
		i := slices.IndexFunc(e.Windows, func(w message.NoticeWindow) bool { return w.Name == name })
		if i < 0 {
			return fmt.Errorf("cancel window %.80q: %w", name, ErrUnknown)
		}
		e.Windows = slices.Delete(e.Windows, i, i+1)
		return nil
	})
}

// Refresh issues again what was issued long ago, so that it goes on to count.
func (b *Book) Refresh() error {
	entries, err := b.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if len(e.Windows) == 0 || b.now().Sub(e.Issued.Time()) < refreshAfter {
			continue
		}
		if err := b.change(e.Address, func(*Entry) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// Notice is the entry's payload for the broker, signed.
func (b *Book) Notice(e Entry) ([]byte, error) {
	return message.Notice{
		ID: fmt.Sprint(e.Address, " ", e.N), Device: e.Address, N: e.N, Issued: e.Issued, Windows: e.Windows, SpreadSeconds: e.Spread,
	}.Sign(b.key)
}

func (b *Book) read() (file, error) {
	f := file{Version: fileVersion, Entries: map[string]Entry{}}
	content, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read notices: %w", err)
	}
	if err := json.Unmarshal(content, &f); err != nil {
		return f, fmt.Errorf("read %s: %w", b.path, err)
	}
	if f.Version != fileVersion {
		return f, fmt.Errorf("read %s: version %d: want %d", b.path, f.Version, fileVersion)
	}
	return f, nil
}

// change applies edit to an address's entry in the newest version of the file,
// under a lock that all processes honour.
func (b *Book) change(address string, edit func(*Entry) error) error {
	if err := photo.CheckDevice(address); err != nil {
		return fmt.Errorf("device name %.80q: %w", address, err)
	}
	lock, err := os.OpenFile(b.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock notices: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock notices: %w", err)
	}
	f, err := b.read()
	if err != nil {
		return err
	}
	e, now := f.Entries[address], b.now()
	e.Address = address
	e.Windows = slices.DeleteFunc(slices.Clone(e.Windows), func(w message.NoticeWindow) bool { return over(w, now) })
	if err := edit(&e); err != nil {
		return err
	}
	// By the time, so that controllers take it also where the hub's data was lost, or
	// is an old copy: they believe no smaller number.
	e.N = max(now.Unix(), e.N+1)
	e.Issued = max(message.At(now), e.Issued+1)
	if err := b.judge(e); err != nil {
		return err
	}
	if f.Entries == nil {
		f.Entries = map[string]Entry{}
	}
	f.Entries[address] = e
	content, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = replaceFile(b.path, append(content, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	return nil
}

// judge tells whether a controller would take the entry's notice.
func (b *Book) judge(e Entry) error {
	_, err := b.calendar(e.Address, e)
	return err
}

// over tells whether a window without a rule is of the past. One that can't be
// read is not.
func over(w message.NoticeWindow, now time.Time) bool {
	if w.Rule != "" {
		return false
	}
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return false
	}
	for _, form := range []string{time.DateTime, "2006-01-02 15:04"} {
		if start, err := time.ParseInLocation(form, w.Start, zone); err == nil {
			return now.After(start.Add(time.Duration(w.DurationSeconds)*time.Second + keepPast))
		}
	}
	return false
}

// replaceFile puts content in place of path's, durably and at once.
func replaceFile(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already where all went well
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
