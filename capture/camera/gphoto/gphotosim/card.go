package gphotosim

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fieldcam/capture/camera/ptpsim"
)

// lastNumber is the last of a folder's files (DCF, JEITA CP-3461, 3.2).
const lastNumber = 9999

// The least sizes of its files, in bytes.
const (
	pictureBytes = 300_000
	rawBytes     = 500_000
)

// File is a file on its card.
type File struct {
	// Path is what gphoto2 calls it.
	Path string
	// At is when it was exposed, by the camera's clock, which has no zone: as UTC.
	At time.Time

	serial int
	raw    bool
	size   int
}

// Bytes are the file's.
func (f File) Bytes() []byte {
	if !f.raw {
		return picture(f.serial)
	}
	b, err := io.ReadAll(ptpsim.RAW(f.serial, rawBytes))
	if err != nil {
		panic(err) // it is in memory
	}
	return b
}

func picture(n int) []byte { return ptpsim.JPEG(n, pictureBytes) }

// Picture is the newest picture's JPEG.
func (b *Body) Picture() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return picture(b.taken)
}

// Press takes a picture, as its remote socket does, and tells its files.
func (b *Body) Press() []File {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.off {
		return nil
	}
	n := b.taken
	b.taken++
	name := fmt.Sprintf("%s/%dCANON/IMG_%04d", dcim, 100+n/b.o.FolderShots, n%b.o.FolderShots+1)
	if b.size == 0 {
		b.size = len(picture(b.taken)) // all are lengthened to the same
	}
	f := File{Path: name + ".JPG", At: b.now(), serial: b.taken, size: b.size}
	shot := []File{f}
	if b.o.RAW {
		f.Path, f.raw, f.size = name+".CR2", true, rawBytes
		shot = append(shot, f)
	}
	b.files = append(b.files, shot...)
	return shot
}

// Files are those on its card, in the order of exposure.
func (b *Body) Files() []File {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.files)
}

// Swap puts another card in: these files are on it.
func (b *Body) Swap(files []File) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files = slices.Clone(files)
}

// list lists the files of a folder, or of the card.
func (p *process) list(ctx context.Context, f Faults) (int, error) {
	if f.NoList {
		return p.fail(textFile)
	}
	folder := p.value("--folder")
	for _, f := range p.Files() {
		if folder != "" && folder != "/" && path.Dir(f.Path) != folder {
			continue
		}
		if err := wait(ctx, p.o.FileTime); err != nil {
			return 0, err
		}
		if err := p.print("FILENAME='%s' PERMS=rd FILESIZE=%d FILETYPE=image/jpeg FILEMTIME=%d\n", f.Path, f.size, f.At.Unix()); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// folders lists all folders of the card.
func (p *process) folders(_ context.Context, _ Faults) (int, error) {
	all := []string{path.Dir(dcim), dcim}
	for _, f := range p.Files() {
		if dir := path.Dir(f.Path); !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return 0, p.print("%s\n", strings.Join(all, "\n"))
}

// find is a file of the card.
func (p *process) find(name string) (File, bool) {
	all := p.Files()
	if i := slices.IndexFunc(all, func(f File) bool { return f.Path == name }); i >= 0 {
		return all[i], true
	}
	return File{}, false
}

// get fetches a file.
func (p *process) get(ctx context.Context, _ Faults) (int, error) {
	f, ok := p.find(p.value("--get-file"))
	if !ok {
		return p.fail(textNone)
	}
	b := f.Bytes()
	if err := wait(ctx, chunkTime*time.Duration(1+len(b)/chunkBytes)); err != nil {
		return 0, err
	}
	name := filepath.Join(p.spec.Dir, path.Base(f.Path))
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return 0, err
	}
	return 0, os.Chtimes(name, f.At, f.At)
}

// values are what stands behind each of an option.
func (p *process) values(option string) (all []string) {
	for i, a := range p.spec.Argv[:len(p.spec.Argv)-1] {
		if a == option {
			all = append(all, p.spec.Argv[i+1])
		}
	}
	return all
}

// info tells of files, until one is not there.
func (p *process) info(ctx context.Context, _ Faults) (int, error) {
	for _, name := range p.values("--show-info") {
		f, ok := p.find(name)
		if !ok {
			return p.fail(textNone)
		}
		if err := wait(ctx, p.o.FileTime); err != nil {
			return 0, err
		}
		err := p.print("Information on file '%s' (folder '%s'):\nFile:\n  Mime type:   'image/jpeg'\n  Size:        %d byte(s)\n  Permissions: read/delete\n  Time:        %s\nThumbnail:\n  None available.\n",
			path.Base(name), path.Dir(name), f.size, f.At.Format(time.ANSIC))
		if err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// remove deletes files.
func (p *process) remove(_ context.Context, _ Faults) (int, error) {
	for _, name := range p.values("--delete-file") {
		if _, ok := p.find(name); !ok {
			return p.fail(textNone)
		}
		p.mu.Lock()
		p.files = slices.DeleteFunc(p.files, func(f File) bool { return f.Path == name })
		p.mu.Unlock()
	}
	return 0, nil
}
