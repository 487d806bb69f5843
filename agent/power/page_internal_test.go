package power

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page for people has the voltages that hold.
func TestThePageGivesTheUsualVoltages(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "power.md"))
	if err != nil {
		t.Fatal(err)
	}
	packs := []Battery{{Chemistry: LithiumIon, Cells: 2}, {Chemistry: LithiumIron, Cells: 4}, {Chemistry: LeadAcid, Cells: 6}}
	for key, of := range map[string]func(Battery) int{
		"mains_mv": func(b Battery) int { return b.MainsMillivolts }, "alert_mv": func(b Battery) int { return b.AlertMillivolts },
		"less_mv": func(b Battery) int { return b.LessMillivolts }, "capture_mv": func(b Battery) int { return b.CaptureMillivolts },
		"dormant_mv": func(b Battery) int { return b.DormantMillivolts }, "hysteresis_mv": func(b Battery) int { return b.HysteresisMillivolts },
	} {
		row := "| `" + key + "` |"
		for _, p := range packs {
			row += fmt.Sprintf(" %d | %d |", of(p.Full())/p.Cells, of(p.Full()))
		}
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/power.md: want the row %s", row)
		}
	}
	for r := range Rung(rungs) {
		if !strings.Contains(string(text), "| `"+r.String()+"` |") {
			t.Errorf("docs/power.md does not name %s", r)
		}
	}
}

// What product.md says of today's two-cell packs.
func TestTheTwoCellPackHasTodaysAlerts(t *testing.T) {
	b := Default().Battery.Full()
	if b.AlertMillivolts != 7500 || b.MainsMillivolts != 8100 {
		t.Errorf("alert below %d mV, mains lost below %d, want 7500 and 8100", b.AlertMillivolts, b.MainsMillivolts)
	}
}
