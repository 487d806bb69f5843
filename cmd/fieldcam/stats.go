package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func newQueueStats(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Sum up the queue, the card and the week, with a forecast",
		Long: `Sum up the photos by state, the card, what comes and goes in a day, and the
ledger of the last 7 UTC days, and say when card or backlog come to their end at
the rate of late.`,
		Example: `  fieldcam queue stats
  fieldcam queue stats --json | jq .forecast.full_in_seconds`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.through(c, func(ctx context.Context, d *door) error {
				done := progress(c.ErrOrStderr(), "adding up")
				s, err := d.Stats(ctx)
				done()
				if err != nil {
					return err
				}
				if p.json {
					return printJSON(c.OutOrStdout(), s)
				}
				printStats(c.OutOrStdout(), s)
				return nil
			})
		},
	}
}

// printStats writes within 80 columns.
func printStats(w io.Writer, s control.Stats) {
	z := zone(s.TimeZone)
	line := func(name, format string, a ...any) {
		for i, text := range fold(fmt.Sprintf(format, a...), 69) {
			fmt.Fprintf(w, "%-10s %s\n", [2]string{name, ""}[min(i, 1)], text)
		}
	}
	fmt.Fprintf(w, "%-10s %9s %9s\n", "STATE", "PHOTOS", "SIZE")
	var waiting int64
	for _, sum := range s.States {
		if sum.State == queue.Waiting {
			waiting = sum.Photos
		}
		fmt.Fprintf(w, "%-10s %9d %9s\n", sum.State, sum.Photos, bytesText(sum.Bytes))
	}
	fmt.Fprintln(w)
	if s.Oldest != nil {
		line("oldest", "waiting since %s, %s", clockText(s.Oldest.Taken, z), sinceText(s.Now, s.Oldest.Taken))
	}
	line("card", "%s free%s", bytesText(int64(s.FreeBytes)), fullText(s.Forecast))
	if s.Thinned > 0 {
		line("thinned", "%s deleted for room before the cloud had them (queue.when_full = \"thin\")", plural(int(s.Thinned), "photo"))
	}
	f := s.Forecast
	if f.Days > 0 {
		line("a day", "%.0f photos (%s) in, %.0f (%s) to the cloud; of the last %s",
			f.InPerDay, bytesText(int64(f.InBytes)), f.OutPerDay, bytesText(int64(f.OutBytes)), plural(f.Days, "day"))
	}
	line("backlog", "%s", backlogText(f, waiting))
	printSecond(line, s.Second)
	week := s.Week
	line("7 days", "%d due, %d taken, %s", week.Due, week.Taken, missesText(week))
	line("", "%s", fatesText(week))
}

// fullText is the card's end.
func fullText(f control.Forecast) string {
	switch {
	case f.Days == 0:
		return "; no forecast before a whole day has passed"
	case f.FullInSecs == 0:
		return "; it does not fill at this rate"
	}
	return "; full in " + aboutText(f.FullInSecs) + " at this rate"
}

// backlogText is the backlog's.
func backlogText(f control.Forecast, waiting int64) string {
	switch {
	case waiting == 0:
		return "none"
	case f.Days == 0:
		return "no forecast before a whole day has passed"
	case f.EmptyInSecs == 0:
		return "it does not shrink at this rate"
	}
	return "empty in " + aboutText(f.EmptyInSecs) + " at this rate"
}

// aboutText is a forecast's span in one unit: more would be too exact.
func aboutText(seconds int64) string {
	const hour, day = 3600, 24 * 3600
	switch {
	case seconds >= 2*day:
		return plural(int(seconds/day), "day")
	case seconds >= 2*hour:
		return plural(int(seconds/hour), "hour")
	}
	return plural(int(max(seconds/60, 1)), "minute")
}

// printSecond writes the second copy's lines, where there is one.
func printSecond(line func(name, format string, a ...any), s *control.Second) {
	if s == nil {
		return
	}
	state := "no disk is there"
	if s.Mounted {
		state = fmt.Sprintf("%s of %s free on the disk", bytesText(int64(s.FreeBytes)), bytesText(int64(s.TotalBytes)))
	}
	more := ""
	if s.More {
		more = " or more"
	}
	line("copy", "%s; %d%s waiting", state, s.Waiting, more)
	line("", "%d copied, %d deleted, %d skipped since the start", s.Copied, s.Deleted, s.Skipped)
	if s.Error != "" {
		line("", "%s", cut(s.Error, 69))
	}
}

// missesText says why slots have no photo.
func missesText(c control.Counts) string {
	return causesText("failed", c.Failed) + ", " + causesText("skipped", c.Skipped)
}

// causesText is "3 failed (2 camera-fault, 1 card-full)".
func causesText(what string, causes map[photo.Cause]int) string {
	total, parts := 0, []string{}
	for _, cause := range slices.Sorted(maps.Keys(causes)) {
		total += causes[cause]
		parts = append(parts, fmt.Sprintf("%d %s", causes[cause], cause))
	}
	if total == 0 {
		return "0 " + what
	}
	return fmt.Sprintf("%d %s (%s)", total, what, strings.Join(parts, ", "))
}

// fatesText says what became of the photos; what is bad only where there is any.
func fatesText(c control.Counts) string {
	text := fmt.Sprintf("of %s %d uploaded, %d waiting", plural(c.Photos, "photo"), c.Uploaded, c.Waiting)
	text += badText(c, ", ")
	if c.Bad > 0 {
		text += ", " + plural(c.Bad, "bad picture")
	}
	return text
}

// badText lists what became of photos that neither are in the cloud nor wait.
func badText(c control.Counts, separator string) (text string) {
	for _, part := range []struct {
		n    int
		what string
	}{{c.Kept, "kept"}, {c.Lost, "LOST"}, {c.Dropped, "DROPPED"}, {c.Thinned, "THINNED"}} {
		if part.n > 0 {
			text += fmt.Sprintf("%s%d %s", separator, part.n, part.what)
			separator = ", "
		}
	}
	return text
}

// workText says how far a long work is: "reading 12 of 340 photos, 60 MB of 1.7
// GB, 2m10s left".
func workText(what string, photos, ofPhotos, bytes, ofBytes int64, spent time.Duration) string {
	text := fmt.Sprintf("%s %d of %d photos, %s of %s", what, photos, ofPhotos, bytesText(bytes), bytesText(ofBytes))
	if bytes > 0 && bytes < ofBytes && spent >= progressDelay {
		left := time.Duration(float64(spent) * float64(ofBytes-bytes) / float64(bytes))
		text += ", " + spanText(left) + " left"
	}
	return text
}
