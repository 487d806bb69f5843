package queue_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fieldcam/queue/spool"
)

// disk watches a queue's directory and knows which names in its spool are
// durable: those that were there at the last sync of a directory. What is not may
// be there after a power cut, or not; its bytes may be zeros or missing though the
// attributes are there; and what was removed may come back. For one caller at a
// time.
type disk struct {
	r       *rig
	durable string // hard links to the durable files, under the same names
	last    string // the step before
}

func newDisk(r *rig) *disk {
	d := &disk{r: r, durable: r.dir + ".durable"}
	r.do("mkdir", os.MkdirAll(d.durable, 0o755))
	return d
}

// meet is told of each step before it is done, so that the one before it is
// through.
func (d *disk) meet(step string) {
	if d.last == spool.StepDirSync {
		d.sync()
	}
	d.last = step
}

func (d *disk) sync() {
	now := d.files()
	for name := range d.kept() {
		if !now[name] {
			d.r.do("forget", os.Remove(filepath.Join(d.durable, name)))
		}
	}
	for name := range now {
		to := filepath.Join(d.durable, name)
		d.r.do("mkdir", os.MkdirAll(filepath.Dir(to), 0o755))
		if err := os.Link(d.path(name), to); err != nil && !os.IsExist(err) {
			d.r.Fatalf("keep: %v", err)
		}
	}
}

func (d *disk) path(name string) string { return filepath.Join(d.r.dir, "spool", name) }
func (d *disk) files() map[string]bool  { return d.tree(filepath.Join(d.r.dir, "spool")) }
func (d *disk) kept() map[string]bool   { return d.tree(d.durable) }

func (d *disk) tree(dir string) map[string]bool {
	all := map[string]bool{}
	d.r.do("walk", filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			all[strings.TrimPrefix(path, dir+"/")] = true
		}
		return err
	}))
	return all
}

// surfaces are the ways in which a disk may keep a file whose name it has not
// synced.
func surfaces() map[string]func(path string) error {
	return map[string]func(path string) error{
		"as written": nil,
		"gone":       os.Remove,
		"short":      func(path string) error { return os.Truncate(path, 70_000) },
		"empty":      func(path string) error { return os.Truncate(path, 0) },
		"zeros": func(path string) error { // the attributes stay
			st, err := os.Stat(path)
			if err == nil {
				err = os.WriteFile(path, make([]byte, st.Size()), 0o644)
			}
			return err
		},
	}
}

// cut makes of the directory what the disk may hold when the power goes. The
// queue is closed.
func (d *disk) cut(surface string) {
	d.last = ""
	change := surfaces()[surface]
	if change == nil {
		return
	}
	now, kept := d.files(), d.kept()
	for name := range now {
		if !kept[name] {
			d.r.do(surface, change(d.path(name)))
		}
	}
	for name := range kept {
		if now[name] || d.asideHas(name) {
			continue
		}
		d.r.do("mkdir", os.MkdirAll(filepath.Dir(d.path(name)), 0o755))
		d.r.do("bring back", os.Link(filepath.Join(d.durable, name), d.path(name)))
	}
	if surface == "gone" { // so may be a directory that is new and empty
		shards, err := os.ReadDir(filepath.Join(d.r.dir, "spool"))
		d.r.do("read spool", err)
		for _, s := range shards {
			os.Remove(d.path(s.Name()))
		}
	}
}

// asideHas tells whether the file was moved, which is one change of the file
// system: it is here or there.
func (d *disk) asideHas(name string) bool {
	_, err := os.Lstat(d.r.damaged(filepath.Base(name)))
	return err == nil
}
