package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/plan"
	"fieldcam/capture/schedule"
)

// monthForm is a month on the command line.
const monthForm = "2006-01"

func newScheduleCalendar(p *places) *cobra.Command {
	var month string
	c := &cobra.Command{
		Use:   "calendar",
		Short: "Draw a month: photos, uploads, events, windows, pauses",
		Long: `Draw a month at the site, a week a row: on each day the number of photos that
are due by the schedule, whether there are uploads, and what else is on.`,
		Example: `  fieldcam schedule calendar
  fieldcam schedule calendar --month 2026-12`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := time.Parse(monthForm, month); month != "" && err != nil {
				return usageError{fmt.Errorf("--month %.40q: want a month such as 2026-12", month)}
			}
			a, err := p.lookAhead(c)
			if err != nil {
				return err
			}
			first, until := a.month(month)
			agenda := a.plan.Agenda(first, until)
			return show(c.OutOrStdout(), p.json, agenda, nil, func() { a.draw(c.OutOrStdout(), agenda) })
		},
	}
	c.Flags().Var(given{&month}, "month", "the `month`, such as 2026-12; this one by default")
	return c
}

// month is the ends of a month at the site; the present one for an empty text.
func (a *ahead) month(text string) (first, until time.Time) {
	y, m, _ := a.now.In(a.plan.Zone()).Date()
	if t, err := time.Parse(monthForm, text); err == nil {
		y, m, _ = t.Date()
	}
	return a.plan.Midnight(y, m, 1), a.plan.Midnight(y, m+1, 1)
}

// cellWidth makes seven cells fit 80 columns.
const cellWidth = 11

// draw writes a month as a person would draw it.
func (a *ahead) draw(w io.Writer, month plan.Agenda) {
	if len(month.Days) == 0 {
		return
	}
	title := month.Days[0].From.Format("January 2006")
	fmt.Fprintf(w, "%*s\n\n", (7*cellWidth+len(title))/2, title)
	fmt.Fprintln(w, " Mon        Tue        Wed        Thu        Fri        Sat        Sun")
	letters := eventLetters(month)
	today := a.now.In(a.plan.Zone()).Format(time.DateOnly)
	var top, bottom strings.Builder
	column := 0
	flush := func() {
		if column > 0 {
			fmt.Fprintf(w, "%s\n%s\n%s\n", strings.Repeat("-", 7*cellWidth), strings.TrimRight(top.String(), " "), strings.TrimRight(bottom.String(), " "))
		}
		top.Reset()
		bottom.Reset()
		column = 0
	}
	for _, d := range month.Days {
		for want := (int(d.From.Weekday()) + 6) % 7; column != want; column++ {
			if column == 7 {
				flush()
				column = -1 // the loop's step makes it Monday
				continue
			}
			fmt.Fprintf(&top, "%*s", cellWidth, "")
			fmt.Fprintf(&bottom, "%*s", cellWidth, "")
		}
		number := fmt.Sprintf(" %d ", d.From.Day())
		if d.Date == today {
			number = fmt.Sprintf("[%d]", d.From.Day())
		}
		fmt.Fprintf(&top, "%-*s", cellWidth, number+" "+cut(marks(d, letters), cellWidth-len(number)-2))
		fmt.Fprintf(&bottom, "%-*s", cellWidth, dayCell(d))
		column++
	}
	flush()
	fmt.Fprintln(w, strings.Repeat("-", 7*cellWidth))
	a.legend(w, month, letters)
}

// dayCell is a day's photos, and whether there are uploads.
func dayCell(d plan.Day) string {
	cell := " -"
	if d.Captures > 0 {
		cell = fmt.Sprintf(" %d", d.Captures)
	}
	if d.Uploads > 0 {
		cell += " ↑"
	}
	return cell
}

// The marks of a day, and of what they are.
const (
	markPause = "P"
	markShot  = "*"
)

// windowMark is the letter of a class.
func windowMark(w plan.Window) string { return strings.ToUpper(string(w.Class[:1])) }

// eventLetters gives each event of the month a letter.
func eventLetters(month plan.Agenda) map[string]string {
	letters := map[string]string{}
	for _, d := range month.Days {
		for _, name := range d.Events {
			if _, ok := letters[name]; !ok {
				letters[name] = string(rune('a' + len(letters)%26))
			}
		}
	}
	return letters
}

// marks are a day's, each once: events, pauses, windows, shots.
func marks(d plan.Day, letters map[string]string) string {
	var all string
	add := func(mark string) {
		if !strings.Contains(all, mark) {
			all += mark
		}
	}
	for _, name := range d.Events {
		add(letters[name])
	}
	if len(d.Pauses) > 0 {
		add(markPause)
	}
	for _, w := range d.Windows {
		add(windowMark(w))
	}
	for _, b := range d.Blocks {
		if isShot(b) {
			add(markShot)
		}
	}
	return all
}

// isShot tells shots from sessions.
func isShot(b plan.Block) bool { return b.Kind == schedule.Capture && b.EverySeconds == 0 }

// legend explains the marks that are there, and names what they stand for.
func (a *ahead) legend(w io.Writer, month plan.Agenda, letters map[string]string) {
	fmt.Fprintf(w, " %s. Times in %s.\n", countsText(month.Total, allKinds()), month.TimeZone)
	fmt.Fprintln(w, " The number is that of the photos due.   ↑ uploads   [1] today")
	said := map[string]bool{}
	line := func(mark, what, when, name string) {
		text := fmt.Sprintf(" %s %-12s %-36s %s", mark, what, when, cut(name, 26))
		if !said[text] {
			said[text] = true
			fmt.Fprintln(w, text)
		}
	}
	for _, d := range month.Days {
		for _, e := range a.plan.Events() {
			if mark, ok := letters[e.Name]; ok && e.From.Before(d.Until.Time) && d.From.Before(e.Until.Time) {
				line(mark, "event", dateSpan(e.From.Time, e.Until.Add(-1)), e.Name)
			}
		}
		for _, s := range d.Pauses {
			line(markPause, "pause", timeSpan(s), s.Name)
		}
		for _, v := range d.Windows {
			line(windowMark(v), string(v.Class), timeSpan(v.Span), v.Name)
		}
		for _, b := range d.Blocks {
			if isShot(b) {
				line(markShot, "shot", b.From.Format("Mon 2 Jan 15:04"), b.Session)
			}
		}
	}
}

// dateSpan is "Tue 1 Dec to Mon 14 Dec".
func dateSpan(first, last time.Time) string {
	const form = "Mon 2 Jan"
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return first.Format(form)
	}
	return first.Format(form) + " to " + last.Format(form)
}

// timeSpan is "Sun 6 Dec 19:00 to 22:00".
func timeSpan(s plan.Span) string {
	const form = "Mon 2 Jan 15:04"
	until := s.Until.Format(form)
	if s.From.Format(time.DateOnly) == s.Until.Format(time.DateOnly) {
		until = s.Until.Format("15:04")
	}
	return s.From.Format(form) + " to " + until
}
