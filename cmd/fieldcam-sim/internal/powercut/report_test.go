package powercut

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
)

func TestTheWitnessTiesWhatItHearsToTheLogsLength(t *testing.T) {
	log := filepath.Join(t.TempDir(), "disk.log")
	grow := func(n int) {
		if err := os.WriteFile(log, make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture := []byte("one")
	w := newWitness(log, func() []byte { return picture })
	taken, filed := photo.NewID(firstSlot, 1), photo.NewID(firstSlot, 2)
	grow(100)
	w.hear(`{"photo":"` + string(taken) + `","slot":"2026-11-21T07:00:05Z","session":"photos","message":"photo taken"}`)
	grow(200)
	picture = []byte("two")
	w.hear(`{"level":"info","photo":"` + string(filed) + `","message":"photo filed"}`)
	grow(300)
	w.hear(`{"level":"info","photo":"` + string(filed) + `","message":"photo filed"}`) // the same again
	w.hear(`{"photo":"` + string(filed) + `","slot":"2026-11-21T07:00:06Z","message":"photo taken"}`)
	others := []string{"", "[    1.0] Linux", `{"message":"photo taken"}`, `{"photo":"x","message":"photo taken"}`, `{"photo":`}
	for _, other := range others {
		w.hear(other)
	}
	s := w.result()
	want := []sighting{{ID: taken, Slot: firstSlot.Add(interval), At: 100}, {ID: filed, At: 300}}
	if len(s.Accepted) != 2 || s.Accepted[0] != want[0] || s.Accepted[1] != want[1] {
		t.Errorf("accepted: %v, want %v", s.Accepted, want)
	}
	if len(s.Filed) != 1 || s.Filed[filed] != 200 {
		t.Errorf("filed: %v, want %s at 200", s.Filed, filed)
	}
	for _, p := range []string{"one", "two"} {
		if !s.Pictures[sum([]byte(p))] {
			t.Errorf("the picture %q was not seen", p)
		}
	}
	if rest := w.unfiled([]photo.ID{taken, filed}); len(rest) != 1 || rest[0] != taken {
		t.Errorf("unfiled: %v, want %s", rest, taken)
	}
}

func TestTheCamerasClockShowsNoSecondTwice(t *testing.T) {
	now := everLater()
	last := now()
	for range 10 {
		if next := now(); next.Sub(last) < time.Second {
			t.Errorf("%v after %v", next, last)
		} else {
			last = next
		}
	}
}

func TestALogIsFollowedLineByLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	lines, done := make(chan string), make(chan error, 1)
	go func() { done <- follow(ctx, path, func(l string) { lines <- l }) }()
	for _, part := range []string{"on", "e\ntw", "o\n", "three\nfour\nrest"} {
		if _, err := f.WriteString(part); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two", "three", "four"} {
		if got := <-lines; got != want {
			t.Errorf("line %q, want %q", got, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// report is one that is as it should be.
func report() Report {
	return Report{
		Writer: []WriterTest{{DirSync: true, Result: Result{States: 25}}, {Result: Result{States: 25, Lost: make([]State, 20)}}},
		Daemon: []DaemonTest{{Mount: "data=ordered", Accepted: 40, Filed: 38, Result: Result{States: 100, Photos: 40},
			Late: Result{States: 25, Lost: make([]State, 7)}}},
	}
}

func TestOnlyACleanSweepThatCouldHaveFailedPasses(t *testing.T) {
	if r := report(); !r.OK() {
		t.Error("a clean report is not OK")
	}
	for name, spoil := range map[string]func(*Report){
		"a loss":                    func(r *Report) { r.Daemon[0].Lost = make([]State, 1) },
		"a broken file system":      func(r *Report) { r.Daemon[0].Broken = make([]State, 1) },
		"twice in the hub":          func(r *Report) { r.Daemon[0].Revived = []string{"twice"} },
		"a late drive not caught":   func(r *Report) { r.Daemon[0].Late.Lost = nil },
		"a bad writer not caught":   func(r *Report) { r.Writer[1].Lost = nil },
		"a good writer that loses":  func(r *Report) { r.Writer[0].Lost = make([]State, 1) },
		"a good writer's bad disks": func(r *Report) { r.Writer[0].Broken = make([]State, 1) },
	} {
		r := report()
		spoil(&r)
		if r.OK() {
			t.Errorf("%s: OK", name)
		}
		var text bytes.Buffer
		if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "FAILED") {
			t.Errorf("%s: no FAILED in\n%s", name, text.String())
		}
	}
}

func TestTheReportFitsATerminal(t *testing.T) {
	r := report()
	for range 10 {
		r.Daemon[0].Lost = append(r.Daemon[0].Lost, State{
			Cut: "after entry 123456, the cache kept some writes", Image: strings.Repeat("/long", 40),
			Faults: []string{strings.Repeat("x", 200), "two\nlines", "three", "four"},
		})
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > width+1 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
	for _, want := range []string{"and 5 more states", "and 1 more", "40 accepted, 38 filed", "caught in 7 of 25"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

func TestAnImageIsWrittenAsItIs(t *testing.T) {
	image := make([]byte, 5*sparseBlock+100)
	image[sparseBlock] = 1
	image[len(image)-1] = 2
	file := filepath.Join(t.TempDir(), "image")
	if err := writeSparse(file, image); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, image) {
		t.Errorf("%d bytes, %v; want those that were written", len(got), err)
	}
}
