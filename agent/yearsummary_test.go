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

// lines is the summary for a person.
func (s summary) lines(h history) []string {
	cuts := 0
	for _, n := range s.cuts {
		cuts += n
	}
	return []string{
		fmt.Sprintf("%d days from %s, %s; %d things happen", h.days, h.dawn.Format(time.DateTime), h.zone, len(h.events)),
		fmt.Sprintf("slots      %d: %d with a photo, missed %s", s.slots, s.slots-total(s.missed), counts(s.missed)),
		fmt.Sprintf("photos     %d of slots, %d by hand; %d in the cloud, each once; %.1f MB", s.taken, s.manual, s.stored, float64(s.bytes)/1e6),
		fmt.Sprintf("power      %d cuts, %d of them at a durable step; %d starts in all, %d restarts, %d updates, %d other plans, %d pauses by hand", cuts, cuts-s.cuts["at a moment"], s.starts, s.restarts, s.updates, s.plans, s.holds),
		fmt.Sprintf("network    %d outages, the longest %v; %d maintenance windows; %d connections to the broker, %d messages", s.outages, s.longestOutage.Round(time.Minute), s.windows, s.connects, s.messages),
		fmt.Sprintf("backlog    %d photos at the longest, drained in %v", s.backlog, s.drained.Round(time.Second)),
		fmt.Sprintf("clock      %d steps", s.steps),
		fmt.Sprintf("conditions %s; %d expected and seen; clearing lost with the power: %v", counts(s.conditions), s.expected, s.open),
		fmt.Sprintf("card       %d durable steps, %d photos deleted for room", s.stepsMet, s.deleted),
		fmt.Sprintf("digest     %s", s.digest),
	}
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
		text += fmt.Sprintf("%d %v", of[k], k)
	}
	return cmp.Or(text, "none")
}
