package restart_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/restart"
)

// board is a machine's /proc and /sys, and a card.
type board struct {
	testing.TB
	root, path string
	boots      int
	now        time.Time
	unset      bool // nobody vouches for its clock
	log        *restart.Log
}

func newBoard(t testing.TB) *board {
	b := &board{TB: t, root: t.TempDir(), path: filepath.Join(t.TempDir(), restart.FileName), now: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)}
	b.boot("0")
	return b
}

func (b *board) put(name, text string) {
	b.Helper()
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
}

// boot starts the machine, whose watchdog knows that status.
func (b *board) boot(status string) {
	b.boots++
	b.put("proc/sys/kernel/random/boot_id", fmt.Sprintf("boot-%d", b.boots))
	b.put("sys/class/watchdog/watchdog0/bootstatus", status)
}

// start starts the daemon.
func (b *board) start() restart.Cause {
	b.Helper()
	b.now = b.now.Add(time.Minute)
	var err error
	if b.log, err = restart.Begin(b.root, b.path, b.now, !b.unset); err != nil {
		b.Error(err)
	}
	return b.log.Cause()
}

func (b *board) stop() {
	b.Helper()
	if err := b.log.End(); err != nil {
		b.Error(err)
	}
}

func (b *board) want(what string, want restart.Cause) {
	b.Helper()
	if got := b.start(); got != want {
		b.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func TestEachStartHasItsCause(t *testing.T) {
	b := newBoard(t)
	b.want("a new card", restart.First)
	b.stop()
	b.want("stopped and started", restart.Planned)
	b.want("it died", restart.Crash)
	b.stop()
	b.boot("0")
	b.want("the machine was started anew", restart.Reboot)
	b.boot("0")
	b.want("the power failed", restart.PowerLoss)
	for status, want := range map[string]restart.Cause{"32": restart.Watchdog, "0x20": restart.Watchdog, "48": restart.UnderVoltage, "33": restart.Overheat, "64": restart.OverVoltage} {
		b.boot(status)
		b.want("boot status "+status, want)
		b.stop()
		b.want("boot status "+status+", another start", restart.Planned)
	}
}

func TestAPanicsDumpCountsOnce(t *testing.T) {
	for _, c := range []struct{ first, second string }{
		{"sys/fs/pstore/dmesg-ramoops-0", "sys/fs/pstore/dmesg-ramoops-1"},
		{"var/lib/systemd/pstore/dmesg-ramoops-0", "var/lib/systemd/pstore/1763750000/dmesg-ramoops-0"},
		{"var/lib/systemd/pstore/1763/001/dmesg-efi-17", "var/lib/systemd/pstore/1764/001/dmesg-efi-18"},
	} {
		b := newBoard(t)
		b.put("var/lib/systemd/pstore/0/dmesg-old", "from before the daemon was installed")
		b.want("a new card", restart.First)
		b.boot("32")
		b.put(c.first, "Oops")
		b.want("a panic, which the watchdog ended", restart.Panic)
		b.want("another start after it", restart.Crash)
		for range 2 {
			b.boot("0")
			b.want("the power failed, and the dump lies there still", restart.PowerLoss)
		}
		b.boot("32")
		b.want("the watchdog bit, and the dump lies there still", restart.Watchdog)
		b.boot("0")
		b.put(c.second, "Oops")
		do(t, os.Chtimes(filepath.Join(b.root, c.second), b.now.Add(-time.Hour), b.now.Add(-time.Hour)))
		b.want("another panic", restart.Panic)
		b.stop()
		b.boot("0")
		do(t, os.Chtimes(filepath.Join(b.root, c.first), b.now, b.now)) // the name of one that was deleted
		b.want("a panic under a name that was there before", restart.Panic)
		for _, name := range []string{c.first, c.second} {
			if _, err := os.Stat(filepath.Join(b.root, name)); err != nil {
				t.Errorf("the dump was not left alone: %v", err)
			}
		}
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStartsOfABoardWithoutAClockCountOnceItIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t)
		b.unset = true
		truth := b.now.Add(200 * 24 * time.Hour) // the clock is behind by so much
		b.start()
		for range 4 {
			b.boot("32")
			b.start()
		}
		time.Sleep(10 * time.Minute)
		if text, ok := b.log.Repeated(truth); ok {
			t.Errorf("got %q before anybody knew the time", text)
		}
		for range 2 { // the second is to do nothing
			do(t, b.log.Vouch(truth))
		}
		if text, ok := b.log.Repeated(truth); !ok || text != "4 in a day: watchdog 4" {
			t.Errorf("got %q, %v, want four", text, ok)
		}
		b.unset = false
		b.now = truth
		b.stop()
		b.want("stopped and started", restart.Planned)
		if text, ok := b.log.Repeated(truth.Add(23*time.Hour + 45*time.Minute)); !ok || text != "4 in a day: watchdog 4" {
			t.Errorf("got %q, %v a day after the starts, want four", text, ok)
		}
		if text, ok := b.log.Repeated(truth.Add(24 * time.Hour)); ok {
			t.Errorf("got %q more than a day after the starts, want none", text)
		}
	})
}

// What nobody tells is not made up.
func TestABoardThatTellsNothingHasCausesAllTheSame(t *testing.T) {
	b := newBoard(t)
	b.root = t.TempDir()
	b.want("a new card", restart.First)
	b.want("it ended", restart.Crash)
	b.stop()
	b.want("it was stopped", restart.Planned)
}

func TestManyUnplannedStartsInADayAreRepeated(t *testing.T) {
	b := newBoard(t)
	b.start()
	for range 2 {
		b.start()
		b.boot("32")
		b.start()
		if text, ok := b.log.Repeated(b.now); ok && text != "4 in a day: crash 2, watchdog 2" {
			t.Errorf("got %q, repeated", text)
		}
	}
	if text, ok := b.log.Repeated(b.now); !ok || text != "4 in a day: crash 2, watchdog 2" {
		t.Errorf("got %q, %v, want four", text, ok)
	}
	if text, ok := b.log.Repeated(b.now.Add(24 * time.Hour)); ok {
		t.Errorf("got %q a day later, want none", text)
	}
	for range 200 { // a crash loop
		b.start()
	}
	if text, ok := b.log.Repeated(b.now); !ok {
		t.Errorf("got %q, want them repeated", text)
	}
}

func TestADamagedFileIsSetAside(t *testing.T) {
	b := newBoard(t)
	for _, text := range []string{"", "{", `{"format":2}`, `{"format":1,"running":true,"starts":[{"at":"2026-11-23T06:00:00Z","cause":"boredom"}]}`} {
		if err := os.WriteFile(b.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := restart.Begin(b.root, b.path, b.now, !b.unset)
		if err == nil || l.Cause() != restart.First {
			t.Errorf("%s: got %v, %s, want an error and a first start", text, err, l.Cause())
		}
		if _, err := os.Stat(b.path + ".damaged"); err != nil {
			t.Error(err)
		}
		b.want("after it", restart.Crash)
	}
}
