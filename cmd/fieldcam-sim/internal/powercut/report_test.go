package powercut

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
