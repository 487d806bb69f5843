package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/config"
	"fieldcam/queue"
)

func TestSizesAndSpansReadAsAPersonWouldSayThem(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 15664: "16 kB", 999_499: "999 kB", 999_500: "1.0 MB", 5_000_000: "5.0 MB", 82_000_000_000: "82 GB", 3_000_000_000_000_000: "3000 TB"} {
		if got := bytesText(n); got != want {
			t.Errorf("bytesText(%d): got %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m01s", 90 * time.Minute: "1h30m", 47 * time.Hour: "47h00m", 50 * time.Hour: "2d2h"} {
		if got := spanText(d); got != want {
			t.Errorf("spanText(%v): got %q, want %q", d, got, want)
		}
	}
}

// fullStatus has everything that can be said, at its longest.
func fullStatus() control.Status {
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	past, soon := now.Add(-400*24*time.Hour), now.Add(15*time.Minute)
	m := photo.Meta{ID: photo.NewID(past, 123456789), Taken: past, Size: 999_000_000}
	return control.Status{
		Device: strings.Repeat("d", 63), Model: "tempo", Version: "v1.0.0-12-gabcdef0", Started: past, Now: now, TimeZone: "America/Argentina/Buenos_Aires",
		Capture:    control.Capture{LastPhoto: &m, LastMiss: &photo.Miss{From: past, To: past, Slots: 123456, Cause: photo.CameraFault, Detail: strings.Repeat("wort ", 40)}, Next: &soon},
		Queue:      control.Queue{Waiting: 123456, WaitingBytes: 999e9, Refused: 12345, Held: 123456, Kept: 123456, Lost: 12345, Confirmed: 123456, Oldest: &past, FreeBytes: 82e9},
		Upload:     control.Upload{Configured: true, Running: true, Photo: m.ID, Sent: 12345, SentBytes: 999e9, LastError: strings.Repeat("wort ", 40)},
		Broker:     control.Broker{Configured: true},
		Second:     &control.Second{Mounted: true, Disk: "d", Error: strings.Repeat("wort ", 40), Waiting: 64, More: true, Copied: 123456, Deleted: 123456, Skipped: 123456, FreeBytes: 999e9, TotalBytes: 999e9},
		Conditions: []control.Condition{{Name: health.CloudUnreachable, Severity: health.Warning, Text: strings.Repeat("ü", 200), First: past}},
	}
}

// narrow fails where a line is wider than a terminal.
func narrow(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns, want at most 80: %s", n, line)
		}
	}
}

func TestStatusFitsAnEightyColumnTerminal(t *testing.T) {
	waiting := fullStatus()
	retry := waiting.Now.Add(time.Hour)
	waiting.Upload = control.Upload{Configured: true, Retry: &retry}
	for _, s := range []control.Status{fullStatus(), waiting, {}} {
		var b bytes.Buffer
		printStatus(&b, s)
		narrow(t, b.String())
	}
}

func TestHelpFitsAnEightyColumnTerminal(t *testing.T) {
	for _, c := range []string{"", "run", "config", "config check", "config show", "config default", "status", "queue", "queue list", "queue show", "queue retry", "queue hold", "queue release", "queue drop", "queue export", "queue check", "queue rebuild", "queue stats", "queue days", "capture", "upload", "schedule", "schedule next"} {
		out, err := command(t, append(strings.Fields(c), "--help")...)
		if err != nil {
			t.Fatal(err)
		}
		narrow(t, out)
	}
}

func TestListFitsAnEightyColumnTerminal(t *testing.T) {
	s := fullStatus()
	p := control.Photo{Meta: *s.Capture.LastPhoto, State: queue.Waiting, Resumes: true, Reason: strings.Repeat("wort ", 40)}
	var b bytes.Buffer
	printRow(&b, p, s.Now)
	narrow(t, b.String())
}

// full is a disk without room, after some bytes.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, syscall.ENOSPC
	}
	return len(b), nil
}

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	s := newSite(t)
	all := s.fill()
	for _, line := range []string{"queue list", "queue list --json", "queue show " + string(all[0].ID), "queue stats", "queue days", "queue days --slots 2026-11-20", "queue check", "queue hold --all", "config default"} {
		root := newRoot()
		root.SetOut(&full{10})
		root.SetErr(io.Discard)
		root.SetArgs(append(strings.Fields(line), "--state", s.state, "--config", s.config))
		if err := root.ExecuteContext(t.Context()); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: got %v, want that there is no room", line, err)
		}
	}
}

func TestExitCodesTellScriptsWhatWentWrong(t *testing.T) {
	for want, err := range map[int]error{
		exitFailure:    errors.New("x"),
		exitUsage:      usageError{errors.New("x")},
		exitBadConfig:  fmt.Errorf("load: %w", &config.Error{}),
		exitNotRunning: fmt.Errorf("ask: %w", control.ErrNotRunning),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("exit code of %v: got %d, want %d", err, got, want)
		}
	}
}

// command runs fieldcam with args and gives its standard output.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestDefaultConfigIsGoodOnceItHasADevice(t *testing.T) {
	text, err := command(t, "config", "default")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "fieldcam.toml")
	text = strings.Replace(text, `device = ""`, `device = "tempo-0001"`, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, "config", "check", file); err != nil {
		t.Errorf("config check of the default: %v\n%s", err, out)
	}
}

func TestCommandsWithoutADaemonSayHowToGoOn(t *testing.T) {
	for _, c := range []string{"status", "queue list", "queue check", "queue rebuild", "queue stats", "capture", "upload"} {
		_, err := command(t, append(strings.Fields(c), "--state", t.TempDir())...)
		if exitCode(err) != exitNotRunning {
			t.Errorf("%s: got %v, want that the daemon is not running", c, err)
		}
	}
}

func TestWrongCommandLinesAreUsageErrors(t *testing.T) {
	for _, c := range []string{"status extra", "queue", "queue show", "queue show x", "queue list --limit -1", "queue list --only nonsense", "queue list --only waiting,nonsense", "queue list --kind gif", "queue list --from soon", "queue list --from 2026-11-22 --to 2026-11-20", "queue retry", "queue hold x", "queue release", "queue drop", "queue drop --all", "queue drop --yes", "queue drop x", "queue drop --only waiting 20261121T070316Z-000042-9f3ac1", "queue export", "queue export a b", "queue days --slots 2026-11-31", "queue days --from 2026-11-22 --to 2026-11-20", "queue days --slots 2026-11-21 --to 2026-11-21", "upload --photos -1", "run --log loud", "status --nonsense"} {
		_, err := command(t, append(strings.Fields(c), "--state", t.TempDir())...)
		if exitCode(err) != exitUsage {
			t.Errorf("%s: got %v, want a usage error", c, err)
		}
	}
}
