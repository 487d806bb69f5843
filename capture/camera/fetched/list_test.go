package fetched_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/camera/fetched"
)

var morning = time.Date(2026, 11, 21, 7, 3, 16, 0, time.UTC)

func load(tb testing.TB, path string) *fetched.List {
	tb.Helper()
	l := fetched.New(path)
	if err := l.Load(); err != nil {
		tb.Fatal(err)
	}
	return l
}

// record is the nth file's.
func record(n int) fetched.Record {
	return fetched.Record{Path: fmt.Sprintf("DCIM/100CANON/IMG_%04d.JPG", n), Size: int64(1000 + n), Time: morning, Sum: "aa"}
}

func TestWhatWasAddedIsThereAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	l := load(t, path)
	for n := range 3 {
		if err := l.Add(record(n)); err != nil {
			t.Fatal(err)
		}
	}
	l = load(t, path)
	for n := range 3 {
		r := record(n)
		if got, ok := l.Find(r.Path, r.Size); !ok || got != r {
			t.Errorf("Find(%s) = %+v, %v, want %+v", r.Path, got, ok, r)
		}
		if _, ok := l.Find(r.Path, r.Size+1); ok {
			t.Errorf("Find(%s) of another size finds it", r.Path)
		}
		if got, ok := l.NewestOf("DCIM/100CANON/" + fmt.Sprintf("IMG_%04d", n)); !ok || got != r {
			t.Errorf("NewestOf gives %+v, %v, want %+v", got, ok, r)
		}
	}
}

func TestATornLineTakesNoOtherWithIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	l := load(t, path)
	for n := range 2 {
		if err := l.Add(record(n)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := load(t, path)
		if err := l.Add(record(7)); err != nil {
			t.Fatal(err)
		}
		l = load(t, path)
		if r := record(7); cut > 0 {
			if _, ok := l.Find(r.Path, r.Size); !ok {
				t.Fatalf("cut at %d: what was added then is not there", cut)
			}
		}
		first, firstLine := record(0), len(whole)/2
		if _, ok := l.Find(first.Path, first.Size); ok != (cut >= firstLine) {
			t.Fatalf("cut at %d of %d: the first record is there: %v", cut, len(whole), ok)
		}
	}
}

func TestOfFilesThatAreGoneTheNewestAreRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	all := make([]byte, 0, 8<<20)
	const gone = 45_000
	for n := range gone {
		r := record(n)
		all = fmt.Appendf(all, `{"path":%q,"size":%d,"time":%q,"sha256":"aa","first":"","slot":"0001-01-01T00:00:00Z","trigger":"","taken":"0001-01-01T00:00:00Z"}`+"\n", r.Path, r.Size, r.Time.Format(time.RFC3339))
	}
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	l := load(t, path)
	present := record(5)
	if err := l.Trim(func(k fetched.Key) bool { return k.Path == present.Path }); err != nil {
		t.Fatal(err)
	}
	l = load(t, path)
	n := 0
	for range l.Newest() {
		n++
	}
	if want := 20_001; n != want {
		t.Errorf("%d records after Trim, want %d", n, want)
	}
	for _, n := range []int{5, gone - 1, gone - 20_000} {
		r := record(n)
		if _, ok := l.Find(r.Path, r.Size); !ok {
			t.Errorf("record %d is forgotten", n)
		}
	}
}
