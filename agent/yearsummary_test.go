//go:build year

package agent_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// digest is the same for years that went the same way, to the cloud's eyes and the
// ledger's.
func (y *year) digest(q *queue.Queue) string {
	hash := sha256.New()
	var sum io.Writer = hash
	if file := os.Getenv(yearTrace); file != "" {
		f, err := os.Create(file)
		if err != nil {
			y.Fatal(err)
		}
		defer f.Close()
		sum = io.MultiWriter(hash, f)
	}
	for _, e := range y.ledger(q) {
		fmt.Fprintln(sum, e.From.UnixNano(), e.To.UnixNano(), e.Session, e.Cause, e.Photos)
	}
	for _, m := range y.cloud.broker.Messages() {
		fmt.Fprintln(sum, m.At.UnixNano(), m.Topic, string(m.Payload))
	}
	for _, id := range slices.Sorted(maps.Keys(y.cloud.receiver.Stored())) {
		fmt.Fprintln(sum, id)
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
}

// slots counts the slots of the year, and those that are missed, by cause.
func (y *year) tell(q *queue.Queue, v verdict) {
	s := &y.summary
	for _, n := range v.missed {
		s.slots += n
	}
	s.missed = v.missed
	for _, e := range y.ledger(q) {
		if len(e.Photos) > 0 {
			s.slots++
			s.taken += len(e.Photos)
		}
	}
	s.digest = y.digest(q)
	for _, st := range y.cloud.receiver.Stored() {
		s.bytes += st.Size
		s.stored++
	}
	steps := y.card.steps()
	for _, n := range steps {
		s.stepsMet += n
	}
	s.deleted = steps["spool.unlink"]
	s.messages = len(y.cloud.broker.Messages())
	s.connects = len(y.cloud.broker.Connects())
	s.starts = len(y.starts)
}

// summary is what a person wants to know of a year.
type summary struct {
	slots, taken, manual, stored    int
	missed                          map[photo.Cause]int
	cuts                            map[string]int // by the step, or at a moment
	outages, steps, restarts, plans int
	holds                           int // pauses of a person
	windows                         int // of maintenance
	longestOutage                   time.Duration
	updates, starts                 int
	backlog                         int64
	drained                         time.Duration
	conditions                      map[string]int // how often raised
	expected                        int            // how often one was expected and there
	open                            []string       // whose clearing the power took
	bytes                           int64
	stepsMet, deleted               int
	messages, connects              int
	digest                          string
}

func newSummary() summary { return summary{cuts: map[string]int{}, conditions: map[string]int{}} }

// numbers are those that a row of years adds up.
func (s summary) numbers() map[string]int {
	return map[string]int{
		"slots": s.slots, "photos": s.stored, "missed": total(s.missed), "cuts": total(s.cuts), "outages": s.outages,
		"starts": s.starts, "backlog": int(s.backlog), "steps": s.stepsMet,
	}
}

// lines is the summary of a year that held, for a person.
func (s summary) lines(h history) []string {
	cuts := total(s.cuts)
	drained := "gone in " + long(s.drained)
	if s.drained == 0 {
		drained = "not gone before the next outage"
	}
	if s.backlog == 0 {
		drained = "too few to follow"
	}
	open := "none"
	if len(s.open) > 0 {
		open = strings.Join(s.open, ", ")
	}
	return []string{
		fmt.Sprintf("year       %d days from %s UTC, at a site in %s; seed %d", h.days, h.dawn.UTC().Format("2006-01-02 15:04"), h.zone, h.seed),
		fmt.Sprintf("weather    %s events, %d other plans among them", many(len(h.events)), s.plans),
		fmt.Sprintf("slots      %s, each accounted for once", many(s.slots)),
		fmt.Sprintf("             %s with a photo (%.2f %%)", many(s.slots-total(s.missed)), 100*float64(s.slots-total(s.missed))/float64(max(1, s.slots))),
		fmt.Sprintf("             %s missed: %s", many(total(s.missed)), counts(s.missed)),
		fmt.Sprintf("photos     %s of slots and %d by hand", many(s.taken), s.manual),
		fmt.Sprintf("             %s in the cloud, each once and with its SHA-256; %.1f MB", many(s.stored), float64(s.bytes)/1e6),
		fmt.Sprintf("power      %d cuts, %d of them at a durable step of the card; %d starts of the daemon", cuts, cuts-s.cuts["at a moment"], s.starts),
		fmt.Sprintf("people     %d restarts, %d updates, %d pauses by hand", s.restarts, s.updates, s.holds),
		fmt.Sprintf("network    %d outages, the longest of %s; %d maintenance windows", s.outages, long(s.longestOutage), s.windows),
		fmt.Sprintf("             %d connections to the broker, %s messages", s.connects, many(s.messages)),
		fmt.Sprintf("backlog    %s photos at the most, %s", many(int(s.backlog)), drained),
		fmt.Sprintf("clock      %d steps", s.steps),
		fmt.Sprintf("alarms     %s", counts(s.conditions)),
		fmt.Sprintf("             %d that had to come came; not cleared since the power went: %s", s.expected, open),
		fmt.Sprintf("card       %s durable steps, %s photos deleted for room", many(s.stepsMet), many(s.deleted)),
		fmt.Sprintf("digest     %s", s.digest),
	}
}

// many is n with its thousands apart.
func many(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// long is a duration in the unit in which a person thinks of it.
func long(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f hours", d.Hours())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return d.Round(time.Second).String()
}

func total[K comparable](of map[K]int) (n int) {
	for _, m := range of {
		n += m
	}
	return n
}

// counts is a list of how many of each, the most first.
func counts[K cmp.Ordered](of map[K]int) string {
	var keys []K
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	text := ""
	for i, k := range keys {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %v", many(of[k]), k)
	}
	return cmp.Or(text, "none")
}
