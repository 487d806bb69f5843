package emulated

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// fsckUnmended is the least exit code of e2fsck that says that faults are left;
// below it all are mended (e2fsck(8)).
const fsckUnmended = 4

// sidecarOf is the attribute that Extract keeps in a file beside where this
// machine's file system has no user attributes; the name of that file is the
// photo's with sidecarExt, as package spool reads it.
const (
	sidecarOf  = "user.fieldcam.meta"
	sidecarExt = ".json"
)

// tool is a program of e2fsprogs, which Debian keeps out of a user's PATH.
func tool(ctx context.Context, name string, args ...string) *exec.Cmd {
	file, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if err == nil {
			break
		}
		file, err = exec.LookPath(filepath.Join(dir, name))
	}
	if err != nil {
		file = name // its start says that it is missing
	}
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd
}

// MakeDisk makes an image of that many bytes with an empty ext4, as a card has
// one: blocks of 4 KiB, inodes of 256 bytes. All of it is written at once, so
// that the kernel does not go on with it in the background.
func MakeDisk(ctx context.Context, image string, size int64) error {
	if err := os.WriteFile(image, nil, 0o644); err != nil {
		return fmt.Errorf("make disk: %w", err)
	}
	if err := os.Truncate(image, size); err != nil {
		return fmt.Errorf("make disk: %w", err)
	}
	cmd := tool(ctx, "mke2fs", "-q", "-t", "ext4", "-b", "4096", "-I", "256",
		"-E", "lazy_itable_init=0,lazy_journal_init=0", image)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make disk: mke2fs: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// Mount does with an image what the kernel does when it mounts it: the journal's
// transactions that were committed take effect.
func Mount(ctx context.Context, image string) error {
	out, err := tool(ctx, "e2fsck", "-y", "-E", "journal_only", image).CombinedOutput()
	if code := exitCode(err); err != nil && (code < 0 || code >= fsckUnmended) {
		return fmt.Errorf("replay the journal: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// Fsck checks the file system in an image, after Mount, and mends it. faults is
// what was wrong, empty for a sound one; the error says that it can't be mended.
// The superblock's own count of what is free is no fault: the kernel counts anew
// at each mount.
func Fsck(ctx context.Context, image string) (faults string, err error) {
	out, err := tool(ctx, "e2fsck", "-f", "-n", image).CombinedOutput()
	if err == nil {
		return "", nil
	}
	faults = string(bytes.TrimSpace(out))
	out, err = tool(ctx, "e2fsck", "-f", "-y", image).CombinedOutput()
	if code := exitCode(err); err != nil && (code < 0 || code >= fsckUnmended) {
		return faults, fmt.Errorf("mend the file system: %w: %s", err, bytes.TrimSpace(out))
	}
	return faults, nil
}

// exitCode is that of a program that ran; -1 for one that did not, or was killed.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return -1
	}
	return exit.ExitCode()
}

// Extract copies the directory dir of an image to the new directory to, with the
// user attributes. A dir that isn't there makes an empty one. Sockets and their
// like are left out. Complaints are what debugfs could not read.
func Extract(ctx context.Context, image, dir, to string) (complaints []string, err error) {
	work, err := os.MkdirTemp(filepath.Dir(to), "extract-")
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	defer os.RemoveAll(work)
	d := debugfs{image: image, work: work}
	if _, err := d.run(ctx, []string{"rdump " + quoted(dir) + " " + quoted(work)}); err != nil {
		return nil, err
	}
	from := filepath.Join(work, path.Base(dir))
	if err := os.Mkdir(from, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("extract: %w", err)
	}
	if err := d.copyAttributes(ctx, dir, from); err != nil {
		return nil, err
	}
	if err := os.Rename(from, to); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	return d.complaints, nil
}

// debugfs reads an image.
type debugfs struct {
	image, work string
	complaints  []string
}

// run runs commands and gives what they print, each line that starts one with
// its prompt.
func (d *debugfs) run(ctx context.Context, commands []string) (string, error) {
	script := filepath.Join(d.work, ".commands")
	if err := os.WriteFile(script, []byte(strings.Join(commands, "\n")+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("extract: %w", err)
	}
	cmd := tool(ctx, "debugfs", "-f", script, d.image)
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("extract: debugfs: %w: %s", err, strings.TrimSpace(complaints.String()))
	}
	for line := range strings.Lines(complaints.String()) {
		line = strings.TrimSpace(line)
		// Its name and version come first; and only root can give a file to root.
		if line != "" && !strings.HasPrefix(line, "debugfs ") && !strings.Contains(line, "while changing ownership") {
			d.complaints = append(d.complaints, line)
		}
	}
	return out.String(), nil
}

// quoted is a word of debugfs.
func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// attribute is one of a file: its path in the image, its copy here, and where its
// value is put first.
type attribute struct {
	inside, copy, name, value string
}

// copyAttributes gives the copies in from the user attributes of dir.
func (d *debugfs) copyAttributes(ctx context.Context, dir, from string) error {
	var inside, copies, lists []string
	err := filepath.WalkDir(from, func(file string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		inside, copies = append(inside, path.Join(dir, filepath.ToSlash(rel))), append(copies, file)
		lists = append(lists, "ea_list "+quoted(inside[len(inside)-1]))
		return nil
	})
	if err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	text, err := d.run(ctx, lists)
	if err != nil {
		return err
	}
	var all []attribute
	var gets []string
	for i, names := range parseLists(text, len(lists)) {
		for _, name := range names {
			a := attribute{inside: inside[i], copy: copies[i], name: name, value: filepath.Join(d.work, fmt.Sprintf(".value-%d", len(all)))}
			all = append(all, a)
			gets = append(gets, "ea_get -f "+quoted(a.value)+" "+quoted(a.inside)+" "+a.name)
		}
	}
	if len(gets) == 0 {
		return nil
	}
	if _, err := d.run(ctx, gets); err != nil {
		return err
	}
	for _, a := range all {
		if err := a.apply(); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
	}
	return nil
}

// apply gives the copy its attribute.
func (a attribute) apply() error {
	value, err := os.ReadFile(a.value)
	if err != nil {
		return err
	}
	err = unix.Setxattr(a.copy, a.name, value, 0)
	if errors.Is(err, unix.ENOTSUP) {
		if a.name != sidecarOf {
			return nil // only the metadata can't be done without
		}
		return os.WriteFile(a.copy+sidecarExt, value, 0o644)
	}
	if err != nil {
		return fmt.Errorf("set attribute %s of %s: %w", a.name, a.copy, err)
	}
	return nil
}

// parseLists reads what n commands ea_list print: the names of user attributes
// for each.
//
//	debugfs: ea_list "/state/spool"
//	Extended attributes:
//	  user.fieldcam.spool (1) = "1"
func parseLists(text string, n int) [][]string {
	lists := make([][]string, n)
	i := -1
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "debugfs: "):
			i++
		case i >= 0 && i < n && strings.HasPrefix(line, "  user."):
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			lists[i] = append(lists[i], name)
		}
	}
	return lists
}
