package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"fieldcam/cmd/fieldcam/internal/wiring"
)

func TestEachStartOfTheDaemonNotesWhatItsLinesSafeLevelsAre(t *testing.T) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(-1) // run sets its own
	defer debug.SetGCPercent(percent)
	defer debug.SetMemoryLimit(limit)
	s := newSite(t)
	for _, text := range []string{"panel.red_line = \"RED\"\n", "panel.red_line = \"GPIO9\"\n"} {
		s.must(os.WriteFile(s.config, []byte("device = \"pole-17\"\n"+text), 0o600))
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // it ends while it starts
		if err := run(ctx, &places{config: s.config, state: s.state}, io.Discard); err != nil {
			t.Fatal(err)
		}
		noted, err := wiring.Load(filepath.Join(s.state, wiring.FileName))
		if err != nil {
			t.Fatal(err)
		}
		want := wiring.Lines(load(t, "device = \"pole-17\"\n"+text))
		red, _ := wiring.Find(want, "led_red")
		if len(noted) != 1 || noted[0].Line != red.Line || noted[0].Stays {
			t.Errorf("noted are %+v, want %+v", noted, red)
		}
	}
}
