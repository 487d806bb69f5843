package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/agent/health/journal"
)

func open(t testing.TB) journal.File {
	return journal.File{Path: filepath.Join(t.TempDir(), "events.log")}
}

func appendAll(t testing.TB, f journal.File, records ...string) {
	t.Helper()
	for _, r := range records {
		if _, err := f.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

func wantRecords(t testing.TB, f journal.File, damaged int, want ...string) {
	t.Helper()
	records, n, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, string(r))
	}
	if !slices.Equal(got, want) || n != damaged {
		t.Errorf("got %q and %d damaged places, want %q and %d", got, n, want, damaged)
	}
}

func TestRecordsComeBackInOrder(t *testing.T) {
	f := open(t)
	wantRecords(t, f, 0)
	appendAll(t, f, `{"n":1}`, `{"n":2}`)
	wantRecords(t, f, 0, `{"n":1}`, `{"n":2}`)
	if _, err := f.Replace([]byte(`{"n":3}`)); err != nil {
		t.Fatal(err)
	}
	appendAll(t, f, `{"n":4}`)
	wantRecords(t, f, 0, `{"n":3}`, `{"n":4}`)
	if size, err := f.Replace(); err != nil || size != 0 {
		t.Errorf("empty: got %d bytes, %v", size, err)
	}
	wantRecords(t, f, 0)
}

// TestEveryCutKeepsTheRecordsBeforeIt: a power cut tears the last line at any
// byte, and the next start goes on behind it.
func TestEveryCutKeepsTheRecordsBeforeIt(t *testing.T) {
	f := open(t)
	appendAll(t, f, "first")
	before, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, f, "second")
	all, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(before); cut < len(all); cut++ {
		if err := os.WriteFile(f.Path, all[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		appendAll(t, f, "third")
		switch cut {
		case len(before):
			wantRecords(t, f, 0, "first", "third")
		case len(all) - 1: // only the end of the line was missing
			wantRecords(t, f, 0, "first", "second", "third")
		default:
			wantRecords(t, f, 1, "first", "third")
		}
	}
}

func TestDamageCostsNoOtherRecord(t *testing.T) {
	f := open(t)
	appendAll(t, f, "first", "second", "third", "fourth")
	content, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	for i := bytes.Index(content, []byte("second")); i < bytes.Index(content, []byte("second"))+len("second"); i++ {
		broken := bytes.Clone(content)
		broken[i] ^= 0x40
		if err := os.WriteFile(f.Path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		wantRecords(t, f, 1, "first", "third", "fourth")
	}
}

func TestHugeFileIsReadFromItsNewEnd(t *testing.T) {
	f := open(t)
	if err := os.WriteFile(f.Path, bytes.Repeat([]byte("x"), 2*journal.MaxBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	appendAll(t, f, "last")
	wantRecords(t, f, 1, "last")
}

func TestFailedStepHarmsNothing(t *testing.T) {
	f := open(t)
	appendAll(t, f, "first")
	failing := f
	failing.Fault = func(step string) error { return fmt.Errorf("%s: %w", step, errNoRoom) }
	if _, err := failing.Append([]byte("second")); !errors.Is(err, errNoRoom) || !strings.Contains(err.Error(), journal.StepAppend) {
		t.Errorf("append: got %v", err)
	}
	if _, err := failing.Replace([]byte("second")); !errors.Is(err, errNoRoom) || !strings.Contains(err.Error(), journal.StepReplace) {
		t.Errorf("replace: got %v", err)
	}
	for _, r := range []string{"", "two\nlines", strings.Repeat("x", journal.MaxRecord+1)} {
		if _, err := f.Append([]byte(r)); err == nil {
			t.Errorf("%.20q was taken", r)
		}
	}
	wantRecords(t, f, 0, "first")
	if _, err := (journal.File{Path: filepath.Join(f.Path, "below", "a-file")}).Append([]byte("x")); err == nil {
		t.Error("a file below a file was written")
	}
}

var errNoRoom = errors.New("no space left on device")

func TestOnlyTheOwnerReadsIt(t *testing.T) {
	f := open(t)
	appendAll(t, f, "first")
	if _, err := f.Replace([]byte("second")); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(f.Path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", st.Mode(), err)
	}
}

// FuzzAnyFileIsLoaded, and a record behind it is found.
func FuzzAnyFileIsLoaded(f *testing.F) {
	f.Add([]byte("00000000 \n"))
	f.Add([]byte("e3069283 123456789\ne3069283 123456789"))
	f.Add([]byte("\n\n\xff "))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := journal.File{Path: filepath.Join(t.TempDir(), "j")}
		if err := os.WriteFile(file.Path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		before, _, err := file.Load()
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, file, "last")
		after, _, err := file.Load()
		if err != nil || len(after) != len(before)+1 || string(after[len(after)-1]) != "last" {
			t.Errorf("got %d records after %d, %v", len(after), len(before), err)
		}
	})
}
