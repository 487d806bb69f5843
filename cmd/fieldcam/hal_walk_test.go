package main

import (
	"strings"
	"testing"

	"fieldcam/cmd/fieldcam/internal/walk"
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
