package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
)

func newQueueDays(p *places) *cobra.Command {
	var from, to, slots string
	c := &cobra.Command{
		Use:   "days",
		Short: "Account for each day: due, taken, failed, uploaded",
		Long: `Account for the slots of each UTC day and session, and for their photos: due,
taken, failed and why, skipped (the time passed without the daemon, or the clock
jumped) and why; then how many photos wait, are uploaded, and of those deleted
from the card since. With --slots, one day slot by slot.`,
		Example: `  fieldcam queue days                            the last 7 days
  fieldcam queue days --from 2026-11-01 --to 2026-11-30
  fieldcam queue days --slots 2026-11-21         that UTC day slot by slot`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if slots != "" && (from != "" || to != "") {
				return usageError{errors.New("--slots: is of one day; it goes without --from and --to")}
			}
			span, err := readDays(from, to, slots)
			if err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				w := c.OutOrStdout()
				done := progress(c.ErrOrStderr(), "reading the ledger")
				if slots != "" {
					all, err := d.Slots(ctx, span.from, span.to)
					done()
					return show(w, p.json, all, err, func() { printSlots(w, slots, all, d.zone()) })
				}
				span.fill(d.status.Now)
				all, err := d.Days(ctx, span.from, span.to)
				done()
				return show(w, p.json, all, err, func() { printDays(w, all) })
			})
		},
	}
	c.Flags().Var(given{&from}, "from", "the first UTC `day`; 6 days before the last by default")
	c.Flags().Var(given{&to}, "to", "the last UTC `day`; today by default")
	c.Flags().Var(given{&slots}, "slots", "that UTC `day` slot by slot")
	return c
}

// show prints v, where err is nil: as JSON, or by print.
func show(w io.Writer, asJSON bool, v any, err error, print func()) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(w, v)
	}
	print()
	return nil
}

// days is a span of UTC days: from <= t < to; zero is open.
type days struct{ from, to time.Time }

func readDays(from, to, slots string) (s days, err error) {
	read := func(flag, text string, end bool) (t time.Time) {
		if text != "" && err == nil {
			if t, err = time.Parse(time.DateOnly, text); err != nil || t.Year() < 1970 || t.Year() > 2200 {
				err = usageError{fmt.Errorf("--%s %q: want a day such as 2026-11-21", flag, text)}
			}
			if end {
				t = t.AddDate(0, 0, 1)
			}
		}
		return t
	}
	if slots != "" {
		return days{read("slots", slots, false), read("slots", slots, true)}, err
	}
	s = days{read("from", from, false), read("to", to, true)}
	if err == nil && !s.from.IsZero() && !s.to.IsZero() && !s.from.Before(s.to) {
		err = usageError{fmt.Errorf("--from %s --to %s: nothing is between", from, to)}
	}
	return s, err
}

// fill puts the days up to today, and a week, in place of open ends.
func (s *days) fill(now time.Time) {
	if s.to.IsZero() {
		s.to = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		if s.to.Before(s.from) {
			s.to = s.from.AddDate(0, 0, 1)
		}
	}
	if s.from.IsZero() {
		s.from = s.to.AddDate(0, 0, -7)
	}
}

// printDays writes a table within 80 columns.
func printDays(w io.Writer, all []control.Day) {
	if len(all) == 0 {
		fmt.Fprintln(w, "the ledger has nothing of these days")
		return
	}
	const row = "%-10s %-14s %6v %6v %6v %7v %8v %7v %7v\n"
	fmt.Fprintf(w, row, "UTC DAY", "SESSION", "DUE", "TAKEN", "FAILED", "SKIPPED", "UPLOADED", "WAITING", "DELETED")
	var sum control.Counts
	line := func(day, session string, c control.Counts) {
		fmt.Fprintf(w, row, day, cut(session, 14), c.Due, c.Taken, count(c.Failed), count(c.Skipped), c.Uploaded, c.Waiting, c.Deleted)
		if len(c.Failed)+len(c.Skipped)+len(badText(c, ""))+c.Bad == 0 {
			return
		}
		var parts []string
		if len(c.Failed) > 0 {
			parts = append(parts, causesText("failed", c.Failed))
		}
		if len(c.Skipped) > 0 {
			parts = append(parts, causesText("skipped", c.Skipped))
		}
		if bad := badText(c, ""); bad != "" {
			parts = append(parts, bad)
		}
		if c.Bad > 0 {
			parts = append(parts, plural(c.Bad, "bad picture"))
		}
		for _, text := range fold(strings.Join(parts, "; "), 76) {
			fmt.Fprintf(w, "    %s\n", text)
		}
	}
	for _, d := range all {
		line(d.Day, d.Session, d.Counts)
		sum.Add(d.Counts)
	}
	if len(all) > 1 {
		line("sum", "", sum)
	}
}

// count sums up causes.
func count(causes map[photo.Cause]int) (n int) {
	for _, c := range causes {
		n += c
	}
	return n
}

// printSlots writes one slot a line, within 80 columns.
func printSlots(w io.Writer, day string, all []control.SlotAccount, z *time.Location) {
	if len(all) == 0 {
		fmt.Fprintf(w, "the ledger has nothing of %s\n", day)
		return
	}
	fmt.Fprintf(w, "%-8s  %-8s  %-14s  %s\n", "UTC", "SITE", "SESSION", "PHOTOS, OR WHY THERE IS NONE")
	for _, a := range all {
		text := slotText(a, z)
		for i, part := range fold(text, 44) {
			if i > 0 {
				fmt.Fprintf(w, "%36s%s\n", "", part)
				continue
			}
			fmt.Fprintf(w, "%-8s  %-8s  %-14s  %s\n", a.From.UTC().Format(time.TimeOnly), a.From.In(z).Format(time.TimeOnly), cut(a.Session, 14), part)
		}
	}
}

func slotText(a control.SlotAccount, z *time.Location) string {
	var parts []string
	for _, p := range a.Photos {
		parts = append(parts, fmt.Sprintf("%06d %s", p.Seq, p.State))
	}
	if !a.From.Equal(a.To) {
		parts = append(parts, fmt.Sprintf("%s up to %s at the site", plural(a.Slots, "slot"), clockText(a.To, z)))
	}
	if a.Cause != "" {
		cause := string(a.Cause)
		if len(a.Photos) > 0 {
			cause = "before: " + cause
		}
		if a.Detail != "" {
			cause += ": " + cut(a.Detail, 200)
		}
		parts = append(parts, cause)
	}
	return strings.Join(parts, "; ")
}
