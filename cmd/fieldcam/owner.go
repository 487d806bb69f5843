package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// owner is the user that owns the state directory, whom a process of root's acts
// as while it works on the queue: the daemon is no root, and could not open an
// index, or remove a file, that root made.
type owner struct {
	dir      string
	uid, gid int
	acting   bool // as that user, at present
	left     bool // it is root's process again
}

// becomeOwner acts as the owner of dir, where this is root's process and root
// isn't the owner. Else it does nothing.
func becomeOwner(dir string) (*owner, error) {
	st, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look whose queue it is: %w", err)
	}
	of, ok := st.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || of.Uid == 0 {
		return &owner{}, nil
	}
	o := &owner{dir: dir, uid: int(of.Uid), gid: int(of.Gid), acting: true}
	// The group first: who is no root may not change it.
	if err := syscall.Setresgid(-1, o.gid, -1); err != nil {
		return nil, fmt.Errorf("act as the queue's group: %w", err)
	}
	if err := syscall.Setresuid(-1, o.uid, -1); err != nil {
		return nil, fmt.Errorf("act as the queue's owner: %w", err)
	}
	return o, nil
}

// leave makes the process root's again, for work outside of the queue. A second
// call does nothing.
func (o *owner) leave() error {
	if !o.acting {
		return nil
	}
	o.acting, o.left = false, true
	if err := syscall.Setresuid(-1, 0, -1); err != nil {
		return fmt.Errorf("become root again: %w", err)
	}
	if err := syscall.Setresgid(-1, 0, -1); err != nil {
		return fmt.Errorf("become root's group again: %w", err)
	}
	return nil
}

// giveBack gives the owner what the queue made in its directory after leave: the
// directory for damaged photos, where it met the first.
func (o *owner) giveBack() error {
	if !o.left {
		return nil
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return fmt.Errorf("give the queue back: %w", err)
	}
	var errs []error
	for _, d := range entries {
		info, err := d.Info()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if of, ok := info.Sys().(*syscall.Stat_t); ok && of.Uid == 0 {
			errs = append(errs, os.Lchown(filepath.Join(o.dir, d.Name()), o.uid, o.gid))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("give the queue back: %w", err)
	}
	return nil
}
