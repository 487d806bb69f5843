package emulated

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// initScript is the guest's first process.
//
//go:embed init.sh
var initScript []byte

// The kinds and permissions of files in an archive (inode(7)).
const (
	modeDir  = 0o040755
	modeExec = 0o100755
	modeLink = 0o120777
)

// archive writes a cpio archive in the form "newc", which the kernel unpacks
// into its first file system (the kernel's
// Documentation/driver-api/early-userspace/buffer-format.rst).
type archive struct {
	w     io.Writer
	inode int
	err   error // the first; nothing is written after it
}

// add writes one entry; an empty data for a directory.
func (a *archive) add(name string, mode int, data []byte) {
	a.inode++
	a.write(fmt.Appendf(nil, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name), 110+len(name)+1)
	a.write(data, len(data))
}

// write writes b and fills up to a multiple of four bytes.
func (a *archive) write(b []byte, length int) {
	if a.err == nil {
		_, a.err = a.w.Write(append(b[:length:length], make([]byte, -length&3)...))
	}
}

func (a *archive) addFile(name, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		a.err = errors.Join(a.err, err)
		return
	}
	a.add(name, modeExec, data)
}

// modules are the groups of scripts/emulated that the machine's devices need.
func (o Options) modules() []string {
	groups := []string{"base"}
	for _, g := range []struct {
		name   string
		wanted bool
	}{{"control", o.Control}, {"usb", o.USB != ""}, {"watchdog", o.Watchdog}} {
		if g.wanted {
			groups = append(groups, g.name)
		}
	}
	return groups
}

// writeInitrd writes what the guest starts with: busybox, the modules, init, and
// o's own files below /guest.
func writeInitrd(path string, o Options) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make initrd: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("make initrd: %w", err)
		}
	}()
	a := archive{w: f}
	for _, d := range []string{"bin", "dev", "proc", "sys", "tmp", "data", "guest", "modules"} {
		a.add(d, modeDir, nil)
	}
	a.addFile("bin/busybox", filepath.Join(o.Files, "busybox"))
	a.add("bin/sh", modeLink, []byte("busybox"))
	a.add("init", modeExec, initScript)
	for _, group := range o.modules() {
		a.add("modules/"+group, modeDir, nil)
		files, err := fs.Glob(os.DirFS(o.Files), "modules/"+group+"/*.ko")
		if err != nil {
			return err
		}
		for _, m := range files {
			a.addFile(m, filepath.Join(o.Files, m))
		}
	}
	names := make([]string, 0, len(o.Guest))
	for name := range o.Guest {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		a.addFile("guest/"+name, o.Guest[name])
	}
	a.add("guest/run", modeExec, []byte(o.Run))
	a.add("guest/mount", modeExec, []byte(o.Mount))
	a.add("TRAILER!!!", 0, nil)
	return a.err
}
