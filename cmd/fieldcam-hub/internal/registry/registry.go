// Package registry knows the devices that may talk to this hub, and the
// operator of its page.
//
// Promises: a password is stored only as a bcrypt hash; a change made by one
// process (`fieldcam-hub device add`) is seen by another (the running hub) at
// its next question, without a restart; a change is either wholly on the disk
// or not at all, and two changes at once do not undo each other.
//
// Out of scope: what a device may do once it is known. That is the receiver's
// and the broker's.
package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"

	"golang.org/x/sys/unix"
)

// The errors that callers tell apart.
var (
	ErrExists  = errors.New("there is a device of this name")
	ErrUnknown = errors.New("there is no device of this name")
)

// Device is one registered controller.
type Device struct {
	Name string `json:"name"`
	// Hash is the bcrypt hash of its password.
	Hash  string    `json:"hash"`
	Added time.Time `json:"added"`
}

// file is what is on the disk.
type file struct {
	Version int `json:"v"`
	// Operator is the bcrypt hash of the page's password; empty: none.
	Operator string   `json:"operator,omitempty"`
	Devices  []Device `json:"devices"`
}

// Registry is one process's view of the file. Its methods may be called at
// once from several goroutines.
type Registry struct {
	path       string
	ofDevices  verified
	ofOperator verified

	mu     sync.Mutex // guards what follows
	seen   stamp
	file   file
	byName map[string]Device // the devices of file
}

// stamp tells one version of the file from the next. Every change makes a new
// file, so the inode differs even within one tick of the clock.
type stamp struct {
	inode   uint64
	size    int64
	changed time.Time
}

// Open gives the registry kept in dir, which must exist. A missing file is an
// empty registry; a damaged one is an error.
func Open(dir string) (*Registry, error) {
	r := &Registry{path: filepath.Join(dir, "devices.json"), ofDevices: newVerified(deviceSlots), ofOperator: newVerified(operatorSlots)}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r, r.refresh()
}

// Devices lists the registered devices by name.
func (r *Registry) Devices() ([]Device, error) {
	f, err := r.current()
	return f.Devices, err
}

// Add registers a device and returns its new password, which is not kept
// anywhere else. ErrExists where the name is taken, also in another case of
// letters: the two could not have folders side by side on every file system.
func (r *Registry) Add(name string, now time.Time) (password string, err error) {
	if err := photo.CheckDevice(name); err != nil {
		return "", fmt.Errorf("device name %.80q: %w", name, err)
	}
	if strings.EqualFold(name, message.Fleet) {
		return "", fmt.Errorf("device name %q: it stands for all devices", name)
	}
	password = newPassword()
	hash, err := hashDevice(password)
	if err != nil {
		return "", err
	}
	return password, r.change(func(f *file) error {
		if slices.ContainsFunc(f.Devices, func(d Device) bool { return strings.EqualFold(d.Name, name) }) {
			return fmt.Errorf("add device %s: %w", name, ErrExists)
		}
		f.Devices = append(f.Devices, Device{Name: name, Hash: hash, Added: now.UTC().Truncate(time.Second)})
		slices.SortFunc(f.Devices, func(a, b Device) int { return strings.Compare(a.Name, b.Name) })
		return nil
	})
}

// Remove strikes a device off. Its photos stay. ErrUnknown where there is none.
func (r *Registry) Remove(name string) error {
	return r.change(func(f *file) error {
		i := slices.IndexFunc(f.Devices, func(d Device) bool { return d.Name == name })
		if i < 0 {
			return fmt.Errorf("remove device %.80q: %w", name, ErrUnknown)
		}
		f.Devices = slices.Delete(f.Devices, i, i+1)
		return nil
	})
}

// current is the file as it is now.
func (r *Registry) current() (file, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.refresh()
	return file{Operator: r.file.Operator, Devices: slices.Clone(r.file.Devices)}, err
}

// refresh reads the file again where it has changed. After an error the last
// good state stays. The caller holds mu.
func (r *Registry) refresh() error {
	var st unix.Stat_t
	err := unix.Stat(r.path, &st)
	if errors.Is(err, fs.ErrNotExist) {
		r.file, r.seen, r.byName = file{}, stamp{}, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("stat %s: %w", r.path, err)
	}
	sec, nsec := st.Ctim.Unix()
	now := stamp{inode: uint64(st.Ino), size: st.Size, changed: time.Unix(sec, nsec)}
	if now == r.seen {
		return nil
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return fmt.Errorf("read devices: %w", err)
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("read %s: %w", r.path, err)
	}
	if f.Version != fileVersion {
		return fmt.Errorf("read %s: version %d: want %d", r.path, f.Version, fileVersion)
	}
	r.file, r.seen, r.byName = f, now, make(map[string]Device, len(f.Devices))
	for _, d := range f.Devices {
		r.byName[d.Name] = d
	}
	return nil
}

// fileVersion is the only form of the file so far.
const fileVersion = 1

// change applies edit to the newest version of the file, under a lock that all
// processes honour.
func (r *Registry) change(edit func(*file) error) error {
	lock, err := os.OpenFile(r.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock devices: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock devices: %w", err)
	}
	f, err := r.current()
	if err != nil {
		return err
	}
	f.Version = fileVersion
	if err := edit(&f); err != nil {
		return err
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write devices: %w", err)
	}
	if err := replaceFile(r.path, append(b, '\n')); err != nil {
		return fmt.Errorf("write devices: %w", err)
	}
	_, err = r.current()
	return err
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
