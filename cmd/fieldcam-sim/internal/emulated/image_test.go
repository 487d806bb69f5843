package emulated_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// sbin is where Debian keeps e2fsprogs.
const sbin = ":/usr/sbin:/sbin"

// fill writes files and an attribute into an image, as a guest would.
func fill(t *testing.T, image string, commands ...string) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+sbin)
	script := filepath.Join(t.TempDir(), "commands")
	must(t, os.WriteFile(script, []byte(strings.Join(commands, "\n")+"\n"), 0o644))
	out, err := exec.Command("debugfs", "-w", "-f", script, image).CombinedOutput()
	if err != nil {
		t.Fatalf("debugfs: %v: %s", err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newDisk is an image of 16 MB.
func newDisk(t *testing.T) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk.img")
	must(t, emulated.MakeDisk(t.Context(), image, 16<<20))
	return image
}

func TestFilesAndTheirAttributesComeOutOfAnImage(t *testing.T) {
	image := newDisk(t)
	picture := filepath.Join(t.TempDir(), "picture")
	must(t, os.WriteFile(picture, bytes.Repeat([]byte("picture"), 3000), 0o644))
	meta := strings.Repeat("m", 400) // more than fits beside an inode
	value := filepath.Join(t.TempDir(), "value")
	must(t, os.WriteFile(value, []byte(meta), 0o644))
	fill(t, image, "mkdir /state", "mkdir /state/spool", "write "+picture+" /state/spool/a.jpg",
		"ea_set -f "+value+" /state/spool/a.jpg user.fieldcam.meta", "mknod /state/pipe p", "write "+picture+" /elsewhere")
	to := filepath.Join(t.TempDir(), "copy")
	complaints, err := emulated.Extract(t.Context(), image, "/state", to)
	if err != nil || len(complaints) > 0 {
		t.Fatalf("Extract: %v, %v", complaints, err)
	}
	got, err := os.ReadFile(filepath.Join(to, "spool", "a.jpg"))
	if want, _ := os.ReadFile(picture); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file: %d bytes, %v; want %d", len(got), err, len(want))
	}
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory has %v, %v; want the spool alone", entries, err)
	}
	b := make([]byte, 1000)
	n, err := unix.Getxattr(filepath.Join(to, "spool", "a.jpg"), "user.fieldcam.meta", b)
	if err != nil { // this file system has no attributes
		b, err = os.ReadFile(filepath.Join(to, "spool", "a.jpg.json"))
		n = len(b)
	}
	if err != nil || string(b[:n]) != meta {
		t.Errorf("the attribute: %q, %v; want %d times m", b[:n], err, len(meta))
	}
}

func TestADirectoryThatIsNotThereComesOutEmpty(t *testing.T) {
	to := filepath.Join(t.TempDir(), "copy")
	if _, err := emulated.Extract(t.Context(), newDisk(t), "/state", to); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
		t.Errorf("got %v, %v; want an empty directory", entries, err)
	}
}

func TestASoundDiskIsToldFromAFaultyOneAndFromOneBeyondMending(t *testing.T) {
	image := newDisk(t)
	must(t, emulated.Mount(t.Context(), image))
	if faults, err := emulated.Fsck(t.Context(), image); err != nil || faults != "" {
		t.Errorf("a sound disk: %q, %v", faults, err)
	}
	fill(t, image, "mkdir /state", "clri /state") // a name without its inode
	if faults, err := emulated.Fsck(t.Context(), image); err != nil || !strings.Contains(faults, "state") {
		t.Errorf("a faulty disk: %q, %v; want a fault, mended", faults, err)
	}
	if faults, err := emulated.Fsck(t.Context(), image); err != nil || faults != "" {
		t.Errorf("a mended disk: %q, %v", faults, err)
	}
	b, err := os.ReadFile(image)
	must(t, err)
	clear(b)
	must(t, os.WriteFile(image, b, 0o644))
	if err := emulated.Mount(t.Context(), image); err == nil {
		t.Error("an empty disk: it was mounted")
	}
	if _, err := emulated.Fsck(t.Context(), image); err == nil {
		t.Error("an empty disk: it was mended")
	}
}

func TestTheGuestStartsWithItsFiles(t *testing.T) {
	// No emulator: one that says what it was given, and what is in the initrd.
	dir := t.TempDir()
	fake := "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = -initrd ] && cat \"$2\"; shift; done\nexec sleep 1000\n"
	must(t, os.WriteFile(filepath.Join(dir, "qemu-system-aarch64"), []byte(fake), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	must(t, os.MkdirAll(filepath.Join(dir, "modules", "base"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "arch"), []byte("arm64\n"), 0o644))
	for _, name := range []string{"busybox", "modules/base/10-a.ko", "modules/base/11-b.ko", "program"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("\nthis is "+name+"\n"), 0o644))
	}
	want := []string{"this is busybox", "this is modules/base/10-a.ko", "this is modules/base/11-b.ko", "this is program", "echo hello", "data=writeback"}
	lines := make(chan string, 10_000)
	m, err := emulated.Start(t.Context(), emulated.Options{
		Files: dir, Dir: dir, Guest: map[string]string{"fieldcam": filepath.Join(dir, "program")},
		Run: "\necho hello\n", Mount: "\ndata=writeback\n", Console: func(line string) { lines <- line },
	})
	must(t, err)
	for len(want) > 0 {
		select {
		case line := <-lines:
			if i := slices.Index(want, line); i >= 0 {
				want = slices.Delete(want, i, i+1)
			}
		case <-m.Ended():
			t.Fatalf("the emulator ended (%v) without %q", m.Wait(), want)
		}
	}
	m.Cut()
	if err := m.Wait(); err == nil {
		t.Error("Wait after Cut: nil, want an error")
	}
}
