package second_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"fieldcam/queue/second"
)

func TestCardIsNeverTakenForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.o.Mounted = nil // what the system says: a directory of the card
		r.c.Adopt = true
		r.queue.add(2)
		r.start()
		r.until("no disk found", r.failed(second.ErrAbsent))
		r.wantNothingAt(r.mount())
		if s := r.worker.State(); s.Mounted {
			t.Errorf("State = %+v, want no disk mounted", s)
		}
	})
}

func TestForeignDiskIsLeftAlone(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"somebody's files":   {"holiday/beach.jpg": "sand"},
		"another controller": {"fieldcam/disk.json": `{"v":1,"disk":"X","device":"cam-2"}`, "fieldcam/cam-2/x.jpg": "x"},
		"a newer fieldcam":   {"fieldcam/disk.json": `{"v":2,"disk":"X","device":"cam-1"}`},
		"a damaged mark":     {"fieldcam/disk.json": `{"v":1,"di`},
		"files without mark": {"fieldcam/cam-1/2026-11-21/x.jpg": "x"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.queue.add(2)
			for file, data := range files {
				r.write(filepath.Join(r.base, "disk-a", file), data)
			}
			r.plug("disk-a")
			stop := r.start()
			r.until(name+" refused", r.failed(second.ErrForeign))
			if s := r.worker.State(); !s.Mounted {
				t.Errorf("%s: State = %+v, want a disk mounted", name, s)
			}
			n := 0
			r.do(filepath.WalkDir(r.mount(), func(_ string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					n++
				}
				return err
			}))
			if n != len(files) {
				t.Errorf("%s: %d files on the disk, want the %d that were there", name, n, len(files))
			}
			// Its own disk comes instead: all is well without more ado.
			r.plug("disk-b")
			r.until("all copied to its own disk", r.allCopied)
			stop()
		})
	}
}

func TestAdoptTakesADiskAndLeavesItsFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.c.Adopt = true
		photos := r.queue.add(2)
		r.write(filepath.Join(r.base, "disk-a", "holiday/beach.jpg"), "sand")
		r.write(filepath.Join(r.base, "disk-a", "fieldcam/disk.json"), "{")
		r.plug("disk-a")
		r.start()
		r.until("all copied", r.allCopied)
		r.do(r.whole(photos[0].Meta))
		if data, err := os.ReadFile(filepath.Join(r.mount(), "holiday/beach.jpg")); string(data) != "sand" {
			t.Errorf("the other file = %q, %v, want it as it was", data, err)
		}
	})
}

// FuzzMark feeds any bytes as a disk's mark: only a disk of this controller's may
// be written to, and what a mark says is believed or refused, never a panic.
func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"v":1,"disk":"X","device":"cam-1"}`))
	f.Add([]byte(`{"v":1,"disk":"X","device":"cam-2"}`))
	f.Add([]byte(`{"v":-1,"disk":"","device":"../x"}`))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newRig(t)
		r.write(filepath.Join(r.base, "disk-a/fieldcam/disk.json"), string(data))
		r.plug("disk-a")
		photos := r.queue.add(1)
		_, err := second.New(r.c, r.o).Open(photos[0].Meta)
		var m struct {
			Device string `json:"device"`
		}
		ours := json.Unmarshal(data, &m) == nil && m.Device == "cam-1"
		if !errors.Is(err, second.ErrForeign) && !(ours && errors.Is(err, fs.ErrNotExist)) {
			t.Errorf("mark %q: %v, want ErrForeign, or no such copy", data, err)
		}
	})
}
