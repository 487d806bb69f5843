package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
	"fieldcam/hal/sim"
)

func TestHowTheModemIsIsReadBeforeItsLinesAreOffered(t *testing.T) {
	b := sim.New()
	status := b.AddLine("MODEM_STATUS")
	w := &tour{config: load(t, whole), walk: walk.Walk{Board: b}}
	for _, on := range []bool{true, false} {
		status.Drive(on)
		want := "The modem is off"
		if on {
			want = "The modem is on"
		}
		if got := w.modem(); !strings.Contains(got, want) {
			t.Errorf("STATUS on %v: %q, want %q", on, got, want)
		}
	}
	k := w.key(walk.Line{Name: model.ModemKey})
	if k.Status == nil || k.Status.Line.Name != "MODEM_STATUS" || k.OnPulse == 0 || k.OffPulse == 0 || k.OnWait == 0 || k.OffWait == 0 {
		t.Errorf("the key is %+v, want STATUS and the module's times", k)
	}
	w.walk.Board = sim.New()
	if got := w.modem(); !strings.Contains(got, "not known") {
		t.Errorf("STATUS is not there: %q", got)
	}
	w.config = load(t, "device = \"pole-17\"\nmodem.key_line = \"modem_key\"\nmodem.on_pulse = \"1s\"\nmodem.off_pulse = \"1s\"\n")
	if got := w.modem(); !strings.Contains(got, "Nothing tells") || w.key(walk.Line{}).Status != nil {
		t.Errorf("no STATUS is in use: %q", got)
	}
}

// looks is what the kernel tells of the lines: those that are taken, and those that are
// outputs.
func looks(taken, outputs []string) func(name, debug string) (linux.LineState, error) {
	return func(name, _ string) (linux.LineState, error) {
		return linux.LineState{Name: name, Taken: slices.Contains(taken, name), Consumer: "camera-daemon", Output: slices.Contains(outputs, name)}, nil
	}
}

func TestALineThatSomebodyHasIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		heater, fan := b.AddLine("HEATER"), b.AddLine("FAN")
		w := &tour{look: looks([]string{"HEATER"}, nil), config: load(t, whole), quiet: true, walk: walk.Walk{Board: b}}
		lines, err := chooseLines(wiring.Lines(w.config), []string{"heater", "fan"})
		if err != nil {
			t.Fatal(err)
		}
		err = w.run(t.Context(), lines)
		if err == nil || !strings.Contains(err.Error(), "1 of 2") || len(w.results) != 2 || w.results[0].Outcome != walk.Failed || !strings.Contains(w.results[0].Detail, "camera-daemon") || w.results[1].Outcome != walk.Done {
			t.Errorf("%+v, %v; want the heater told to be the camera-daemon's, and the fan tried", w.results, err)
		}
		if len(heater.History()) != 0 || !slices.Contains(fan.Levels(), true) {
			t.Errorf("heater %v, fan %v; want the fan switched alone", heater.History(), fan.History())
		}
	})
}

// What is bad is as much an error as what could not be tried.
func TestWhatTheTechnicianFindsBadIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.New()
		b.AddLine("HEATER")
		asked := 0
		w := &tour{look: looks(nil, nil), config: load(t, whole), quiet: true, walk: walk.Walk{Board: b, Ask: func(context.Context, string) (bool, error) {
			asked++
			return asked == 1, nil // it may be tried, and does nothing
		}}}
		lines, err := chooseLines(wiring.Lines(w.config), []string{"heater"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.run(t.Context(), lines); err == nil || !strings.Contains(err.Error(), "1 of 1") || w.results[0].Outcome != walk.Bad {
			t.Errorf("%+v, %v; want the heater bad, and an error", w.results, err)
		}
	})
}

// The modem's lines are changed by who has typed the words, knowing how it is: its power to
// the other level and back, its key as its module wants it.
func TestTheModemsLinesAreTriedByWhoHasTypedTheWords(t *testing.T) {
	for _, c := range []struct {
		use, line string
		on        bool     // the modem's power is
		danger    []string // what is told
		away      time.Duration
	}{
		{"modem_power", "MODEM_POWER", true, []string{"The modem is on, by its STATUS", "MODEM_POWER) is on"}, walk.OnTime},
		{"modem_power", "MODEM_POWER", false, []string{"The modem is on, by its STATUS", "MODEM_POWER) is off"}, walk.OnTime},
		{"modem_key", "MODEM_KEY", false, []string{"modem_status is on"}, 800 * time.Millisecond}, // the ec21's, to switch off
	} {
		synctest.Test(t, func(t *testing.T) {
			b := sim.New()
			b.AddLine("MODEM_STATUS").Drive(true)
			l := b.AddLine(c.line)
			o, err := b.OpenOutput(hal.Line{Name: c.line}, c.on)
			if err != nil {
				t.Fatal(err)
			}
			o.Close()
			before := len(l.History())
			told := ""
			w := &tour{look: looks(nil, []string{c.line}), config: load(t, whole), quiet: true}
			w.walk = walk.Walk{Board: b, Confirm: func(_ context.Context, danger, words string) (bool, error) {
				told = danger
				return words == "cut "+c.use, nil
			}}
			lines, err := chooseLines(wiring.Lines(w.config), []string{c.use})
			if err != nil {
				t.Fatal(err)
			}
			_ = w.run(t.Context(), lines) // a key that no modem hears is bad
			for _, want := range append(c.danger, "THE MOBILE NETWORK MAY GO WITH IT") {
				if !strings.Contains(told, want) {
					t.Errorf("%s: told %q, want %q in it", c.use, told, want)
				}
			}
			h := slices.DeleteFunc(l.History()[before:], func(e sim.Change) bool { return e.High == c.on })
			if len(h) != 1 || l.High() != c.on {
				t.Fatalf("%s: history %v, want it away from %v once, and back", c.use, l.History(), c.on)
			}
			all := l.History()
			i := slices.Index(all, h[0])
			if d := all[i+1].At.Sub(h[0].At); d != c.away {
				t.Errorf("%s: away for %v, want %v", c.use, d, c.away)
			}
		})
	}
}
