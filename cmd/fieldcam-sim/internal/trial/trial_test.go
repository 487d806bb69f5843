package trial_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/trial"
)

func options() trial.Options {
	return trial.Options{Lives: 4, Presses: 1, Cuts: 1, Jobs: 1, Progress: io.Discard}
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*trial.Options){
		"no such scenario":  func(o *trial.Options) { o.Only = []string{"edges", "sunshine"} },
		"too few lives":     func(o *trial.Options) { o.Lives = 3 },
		"no press":          func(o *trial.Options) { o.Presses = 0 },
		"no cut":            func(o *trial.Options) { o.Cuts = 0 },
		"no job":            func(o *trial.Options) { o.Jobs = 0 },
		"less than no time": func(o *trial.Options) { o.Within = -1 },
	} {
		o := options()
		spoil(&o)
		if err := o.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := options().Validate(); err != nil {
		t.Error(err)
	}
}

func TestAScenarioThatCannotBePlayedIsAtFault(t *testing.T) {
	o := options()
	o.Files, o.Dir, o.Only = t.TempDir(), filepath.Join(t.TempDir(), "kept"), []string{"edges"}
	r, err := trial.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || len(r.Results) != 1 || len(r.Results[0].Faults) != 1 || r.Kept != o.Dir {
		t.Errorf("without an emulated controller: %+v, want one fault, and the logs kept", r)
	}
}

func TestAScenarioAfterOneThatWasLostIsAtFaultToo(t *testing.T) {
	o := options()
	o.Files, o.Dir, o.Only = t.TempDir(), filepath.Join(t.TempDir(), "kept"), []string{"shutter", "edges"}
	r, err := trial.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Results) != 2 || len(r.Results[0].Faults) == 0 || len(r.Results[1].Faults) == 0 || !strings.Contains(r.Results[1].Faults[0], "edges was not") {
		t.Errorf("without an emulated controller: %+v, want both at fault, the second for the first", r.Results)
	}
}

// Nothing is left out in silence where the time is over.
func TestScenariosThatThereWasNoTimeForAreAtFault(t *testing.T) {
	o := options()
	o.Files, o.Dir, o.Within, o.Only = t.TempDir(), filepath.Join(t.TempDir(), "kept"), time.Nanosecond, []string{"edges", "shutter", "line"}
	r, err := trial.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Results) != len(o.Only) {
		t.Fatalf("%d results of %d scenarios", len(r.Results), len(o.Only))
	}
	for _, s := range r.Results {
		if len(s.Faults) != 1 {
			t.Errorf("%s: faults %q, want one", s.Name, s.Faults)
		}
	}
	if text := r.Results[2].Faults; !strings.Contains(strings.Join(text, " "), "more than 1ns") {
		t.Errorf("%q, want that there was no time", text)
	}
}

func TestTheReportTellsFaultsFactsAndFigures(t *testing.T) {
	r := trial.Report{Results: []trial.Result{
		{Name: "edges", What: "no edge", Facts: []string{"0 edges"}, Figures: []figure.Result{{
			Figure: figure.Figure{Name: "unintended-edges", Unit: "edges", Reach: figure.AtMost(0)},
		}}},
		{Name: "usb", What: "a plug", Faults: []string{"it does not come back"}},
	}, Kept: "/kept"}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 edges", "AT FAULT: it does not come back", "figure unintended-edges 0 edges reach 0 ok", "emulated: FAILED", "/kept"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the report:\n%s", want, b.String())
		}
	}
}
