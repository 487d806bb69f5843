package registry

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var then = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *Registry {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t testing.TB, r *Registry, name string) string {
	t.Helper()
	pw, err := r.Add(name, then)
	if err != nil {
		t.Fatal(err)
	}
	return pw
}

func TestDeviceIsKnownByItsOwnPasswordOnly(t *testing.T) {
	r := open(t, t.TempDir())
	north, south := add(t, r, "north"), add(t, r, "south")
	for range 2 { // the second time from memory
		for _, c := range []struct {
			name, password string
			want           bool
		}{
			{"north", north, true}, {"south", south, true}, {"north", south, false},
			{"north", "", false}, {"north", north + "x", false}, {"nobody", north, false}, {"", "", false},
		} {
			if got := r.Authenticate(c.name, c.password); got != c.want {
				t.Errorf("Authenticate(%q, %q) = %v, want %v", c.name, c.password, got, c.want)
			}
		}
	}
}

func TestAnotherProcessSeesEachChange(t *testing.T) {
	dir := t.TempDir()
	hub, tool := open(t, dir), open(t, dir)
	pw := add(t, tool, "north")
	if !hub.Authenticate("north", pw) || !hub.Known("north") {
		t.Error("the running hub does not know the device that was added")
	}
	if err := tool.Remove("north"); err != nil {
		t.Fatal(err)
	}
	if hub.Authenticate("north", pw) || hub.Known("north") {
		t.Error("the running hub still knows the device that was removed")
	}
	again := add(t, tool, "north")
	if hub.Authenticate("north", pw) || !hub.Authenticate("north", again) {
		t.Error("the old password outlived its device")
	}
}

func TestPasswordIsNotOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	pw := add(t, r, "north")
	if err := r.SetOperator("correct horse"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "devices.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), pw) || strings.Contains(string(b), "correct horse") {
		t.Error("a password is in the file")
	}
	st, err := os.Stat(filepath.Join(dir, "devices.json"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: want 0600", st.Mode().Perm(), err)
	}
}

func TestNamesAreCheckedAndUnique(t *testing.T) {
	r := open(t, t.TempDir())
	for _, name := range []string{"", "..", "a/b", "a b", "-a", "$hub", "a\x00", strings.Repeat("a", 64)} {
		if _, err := r.Add(name, then); err == nil {
			t.Errorf("Add(%q) was accepted", name)
		}
	}
	add(t, r, "north")
	for _, name := range []string{"north", "North"} {
		if _, err := r.Add(name, then); !errors.Is(err, ErrExists) {
			t.Errorf("Add(%q) = %v, want ErrExists", name, err)
		}
	}
	if err := r.Remove("nobody"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Remove = %v, want ErrUnknown", err)
	}
}

func TestChangesAtOnceAllStay(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		wg.Go(func() { add(t, open(t, dir), name) })
	}
	wg.Wait()
	ds, err := open(t, dir).Devices()
	if err != nil || len(ds) != 6 {
		t.Errorf("%d devices, %v: want 6", len(ds), err)
	}
}

func TestDamagedFileIsAnErrorAndTheLastGoodStateStays(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	pw := add(t, r, "north")
	if err := os.WriteFile(filepath.Join(dir, "devices.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Devices(); err == nil {
		t.Error("Devices gave no error")
	}
	if !r.Authenticate("north", pw) {
		t.Error("the device is locked out by a damaged file")
	}
	if _, err := r.Add("south", then); err == nil {
		t.Error("Add overwrote a damaged file")
	}
	if _, err := Open(dir); err == nil {
		t.Error("Open gave no error")
	}
}

func TestOperatorPassword(t *testing.T) {
	r := open(t, t.TempDir())
	if r.AuthenticateOperator("") {
		t.Error("an empty password was accepted where none is set")
	}
	if err := r.SetOperator("short"); err == nil {
		t.Error("a short password was accepted")
	}
	if err := r.SetOperator("correct horse"); err != nil {
		t.Fatal(err)
	}
	if has, err := r.HasOperator(); !has || err != nil {
		t.Errorf("HasOperator = %v, %v", has, err)
	}
	if !r.AuthenticateOperator("correct horse") || r.AuthenticateOperator("wrong horse") {
		t.Error("the operator is not told from a stranger")
	}
}

// A guess must be slow even after the right password was used. A tenth of a
// bcrypt tells the two apart: a digest takes microseconds. What counts is the
// processor's time, so that a busy machine makes none of them slower.
func TestEachGuessAtTheOperatorsPasswordIsSlow(t *testing.T) {
	r := open(t, t.TempDir())
	if err := r.SetOperator("correct horse"); err != nil {
		t.Fatal(err)
	}
	timed := func(do func() bool, want bool) time.Duration {
		t.Helper()
		began := processorTime(t)
		if got := do(); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		return processorTime(t) - began
	}
	runtime.LockOSThread() // whose time it is
	defer runtime.UnlockOSThread()
	slow := timed(func() bool { return r.AuthenticateOperator("correct horse") }, true) / 10
	if took := timed(func() bool { return r.AuthenticateOperator("wrong horse") }, false); took < slow {
		t.Errorf("a guess takes %s, want at least %s", took, slow)
	}
	if took := timed(func() bool { return r.AuthenticateOperator("correct horse") }, true); took > slow {
		t.Errorf("the right password takes %s again, want less than %s", took, slow)
	}
}

// processorTime is what the caller's thread has used so far.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
