package linux

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/hal"
)

// lateBoard is a board whose device nodes are links to harmless devices, and the
// chips opened so far.
func lateBoard(t *testing.T) (b *Board, appear func(name, device string), opened *[]string) {
	t.Helper()
	dir := t.TempDir()
	opened = new([]string)
	b = &Board{dev: dir, open: func(path string) (chip, error) {
		*opened = append(*opened, filepath.Base(path))
		if strings.HasSuffix(path, "locked") {
			return chip{}, os.ErrPermission
		}
		return chip{name: filepath.Base(path), label: "expander", path: path, lines: []string{"", "CAMERA_POWER"}}, nil
	}}
	return b, func(name, device string) {
		t.Helper()
		if err := os.Symlink(device, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}, opened
}

func TestAChipThatAppearsLaterIsFound(t *testing.T) {
	b, appear, opened := lateBoard(t)
	if _, _, err := b.find("CAMERA_POWER"); !errors.Is(err, hal.ErrNoLine) {
		t.Fatalf("without chips: %v, want no such line", err)
	}
	appear("gpiochip3", "/dev/null")
	appear("gpiochip7", "/dev/null") // another name of the same chip
	for range 3 {
		if c, offset, err := b.find("CAMERA_POWER"); err != nil || offset != 1 || c.label != "expander" {
			t.Errorf("find = %s:%d, %v, want expander:1", c.label, offset, err)
		}
		if _, _, err := b.find("GPIO99"); !errors.Is(err, hal.ErrNoLine) {
			t.Errorf("another line: %v, want no such line", err)
		}
	}
	if want := []string{"gpiochip3"}; !slices.Equal(*opened, want) {
		t.Errorf("opened %q, want %q: each chip once", *opened, want)
	}
}

func TestAChipThatCannotBeOpenedIsTriedAgainAndNamed(t *testing.T) {
	b, appear, opened := lateBoard(t)
	appear("gpiochip-locked", "/dev/null")
	appear("gpiochip9", filepath.Join(b.dev, "nothing"))
	for range 2 {
		_, _, err := b.find("CAMERA_POWER")
		if !errors.Is(err, hal.ErrNoLine) || !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "gpiochip-locked") {
			t.Errorf("error %v, want no such line, and the chip that may not be opened", err)
		}
	}
	if len(*opened) != 2 {
		t.Errorf("opened %q, want the locked chip at each look", *opened)
	}
}

func TestADeviceThatIsNoChipIsAnErrorAndStaysClosed(t *testing.T) {
	open := func() int {
		t.Helper()
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(fds)
	}
	before := open()
	for range 20 {
		if _, err := openChip("/dev/null"); err == nil {
			t.Error("/dev/null was opened as a GPIO chip")
		}
	}
	if after := open(); after > before+10 {
		t.Errorf("%d open files after 20 looks, %d before", after, before)
	}
}
