//go:build year

package agent_test

import (
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
)

// The year in the field: see scripts/year. These name what TestYear plays.
const (
	yearSeed    = "FIELDCAM_YEAR_SEED"    // the seed of a history; default 1
	yearDays    = "FIELDCAM_YEAR_DAYS"    // how long the year is; default 365
	yearHistory = "FIELDCAM_YEAR_HISTORY" // a file with a history, instead of these
	yearState   = "FIELDCAM_YEAR_STATE"   // the directory for the controller's card; default: one of its own
	yearTrace   = "FIELDCAM_YEAR_TRACE"   // the file for all that the digest is of; default: none
	yearSummary = "FIELDCAM_YEAR_SUMMARY" // the file for the summary; default: the test's log
)

func TestAYearInTheField(t *testing.T) {
	// Much is allocated and little lives: a collection costs more than memory.
	debug.SetGCPercent(800)
	h := chosenHistory(t)
	seedChances(h.seed)
	cryptotest.SetGlobalRandom(t, h.seed)
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t, h)
		y.live()
		y.finish()
		text := strings.Join(y.summary.lines(h), "\n") + "\n"
		if y.Failed() { // the lines tell of a year in which all held
			text = "THIS YEAR FAILED: only the counts below are true, not what is said of them\n" + text
		}
		file := os.Getenv(yearSummary)
		if file == "" {
			t.Log("\n" + text)
			return
		}
		head, err := json.Marshal(y.summary.numbers())
		if err := errors.Join(err, os.WriteFile(file, append(append(head, '\n'), text...), 0o644)); err != nil {
			t.Error(err)
		}
	})
}

func chosenHistory(t *testing.T) history {
	if file := os.Getenv(yearHistory); file != "" {
		h, err := loadHistory(file)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	return weather(uint64(number(t, yearSeed, 1)), number(t, yearDays, 365))
}

// number is the number in a variable of the environment.
func number(t *testing.T, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
