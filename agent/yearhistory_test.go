//go:build year

package agent_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// history is what happens in a simulated year, as text and back: what a failure
// is replayed from.
type history struct {
	seed   uint64 // of the world's own chances
	dawn   time.Time
	days   int
	zone   string
	events []happening
}

// happening is one thing that happens.
type happening struct {
	at    time.Time     // by a right clock
	lasts time.Duration // 0: it is over at once
	what  string        // one of deeds
	how   []string
}

func (h happening) String() string {
	return strings.Join(append([]string{h.at.UTC().Format(stamp), h.lasts.String(), h.what}, h.how...), " ")
}

// stamp is a moment in a history.
const stamp = "2006-01-02T15:04:05.000Z"

// text is a line for the year, and one for each event.
func (h history) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "year %s %d days in %s, seed %d\n", h.dawn.UTC().Format(stamp), h.days, h.zone, h.seed)
	for _, e := range h.events {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

func loadHistory(file string) (history, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return history{}, err
	}
	return parseHistory(string(text))
}

// parseHistory reads text.
func parseHistory(text string) (h history, err error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	if !lines.Scan() {
		return history{}, fmt.Errorf("read history: no first line: %w", cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
	}
	var dawn, zone string // with the comma
	if _, err := fmt.Sscanf(lines.Text(), "year %s %d days in %s seed %d", &dawn, &h.days, &zone, &h.seed); err != nil {
		return history{}, fmt.Errorf("read history: first line %q: %w", lines.Text(), err)
	}
	h.zone = strings.TrimSuffix(zone, ",")
	if h.dawn, err = time.Parse(stamp, dawn); err != nil {
		return history{}, fmt.Errorf("read history: %w", err)
	}
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if len(words) < 3 {
			return history{}, fmt.Errorf("read history: %q: want a moment, a duration and what happens", lines.Text())
		}
		e := happening{what: words[2], how: words[3:]}
		if e.at, err = time.Parse(stamp, words[0]); err != nil {
			return history{}, fmt.Errorf("read history: %w", err)
		}
		if e.lasts, err = time.ParseDuration(words[1]); err != nil {
			return history{}, fmt.Errorf("read history: %w", err)
		}
		if deeds()[e.what] == nil {
			return history{}, fmt.Errorf("read history: %q: nothing called %q happens", lines.Text(), e.what)
		}
		h.events = append(h.events, e)
	}
	return h, lines.Err()
}

// ends is when the year is over.
func (h history) ends() time.Time { return h.dawn.AddDate(0, 0, h.days) }

// without is h without its events from to until, both counted as in events.
func (h history) without(from, until int) history {
	h.events = slices.Delete(slices.Clone(h.events), from, until)
	return h
}
