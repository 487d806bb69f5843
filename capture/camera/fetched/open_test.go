package fetched_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/camera/fetched"
	"fieldcam/capture/photo"
)

// shotAt is what a shot of a slot is noted as.
func shotAt(n int) photo.Shot {
	at := morning.Add(time.Duration(n) * time.Minute)
	return photo.Shot{Slot: at, Taken: at.Add(5 * time.Millisecond), Session: "yard", Trigger: photo.Scheduled}
}

func TestWhatIsUnderWayIsKnownAfterARestartUntilItHasArrived(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	l := load(t, path)
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	want := func(when string, open, notes int) {
		t.Helper()
		for _, l := range []*fetched.List{l, load(t, path)} {
			if o, n := len(l.Open()), len(l.Notes()); o != open || n != notes {
				t.Errorf("%s: %d files under way and %d notes, want %d and %d", when, o, n, open, notes)
			}
		}
	}
	for n := range 3 {
		do("Begin", l.Begin(fetched.Of(shotAt(n))))
	}
	want("begun", 0, 3)
	file := fetched.Of(shotAt(1))
	file.Path, file.Size, file.Sum, file.Open = "DCIM/100CANON/IMG_0001.JPG", 7, "aa", true
	do("Add", l.Add(file))
	want("a file of the second shot", 1, 2)
	file.Open, file.First = false, "x"
	do("Add", l.Add(file))
	want("it has arrived", 0, 2)
	do("End", l.End(fetched.Of(shotAt(0))))
	want("the first has no files", 0, 1)
	left := l.Notes()[0]
	left.Left = true
	do("Begin", l.Begin(left))
	want("the third is left", 0, 1)
	if got := load(t, path).Notes()[0]; !got.Left || !got.Taken.Equal(shotAt(2).Taken) || got.Session != "yard" {
		t.Errorf("note %+v, want that of the third shot, left", got)
	}
}

func TestNotesOutliveANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	var lines []byte
	for n := range 1500 { // more than are remembered
		note := fetched.Of(shotAt(n))
		note.Open = true
		line, err := json.Marshal(note)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := os.WriteFile(path, append(lines, "torn"...), 0o600); err != nil {
		t.Fatal(err)
	}
	l := load(t, path)
	if err := l.Trim(func(fetched.Key) bool { return true }); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*fetched.List{l, load(t, path)} {
		notes := l.Notes()
		if len(notes) != 1000 || !notes[999].Slot.Equal(shotAt(1499).Slot) {
			t.Errorf("%d notes, want the newest 1000", len(notes))
		}
	}
}
