package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/plan"
	"fieldcam/capture/schedule"
)

const (
	// maxDays bounds how far "schedule next" looks: a year and a leap day.
	maxDays = 366
	// maxListed bounds the slots that it lists: what one day can have of a kind.
	maxListed = 100_000
)

// nextFlags say what of the days to come is shown.
type nextFlags struct {
	days, limit int
	all         bool
	kind        string
}

// nextResult is what `schedule next --json` prints.
type nextResult struct {
	plan.Agenda
	// Slots are listed with --all or -n.
	Slots []nextSlot `json:"slots,omitempty"`
}

type nextSlot struct {
	At      time.Time     `json:"at"`   // UTC
	Site    time.Time     `json:"site"` // the same by the site's clock
	Kind    schedule.Kind `json:"kind"`
	Session string        `json:"session"`
	Event   string        `json:"event,omitempty"`
}

func newScheduleNext(p *places) *cobra.Command {
	var f nextFlags
	c := &cobra.Command{
		Use:   "next",
		Short: "Say what the schedule will do",
		Long: `Say what is due from now on: captures, uploads and check-ins by blocks, events,
pauses and maintenance windows. Days that are the same are told once. With -n or
--all each slot has its line.

Times are those of the site; --json has UTC beside them.`,
		Example: `  fieldcam schedule next
  fieldcam schedule next --days 30 --kind upload
  fieldcam schedule next -n 5 --kind capture     the next 5 photos
  fieldcam schedule next --days 1 --all          every slot of 24 hours`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			kinds, err := f.check()
			if err != nil {
				return err
			}
			a, err := p.lookAhead(c)
			if err != nil {
				return err
			}
			return a.next(c.OutOrStdout(), f, kinds, p.json)
		},
	}
	c.Flags().IntVar(&f.days, "days", 7, "how far to look, in `days` of 24 h")
	c.Flags().Var(given{&f.kind}, "kind", "only those `kinds`, such as capture,upload; or check-in")
	c.Flags().IntVarP(&f.limit, "limit", "n", 0, "list the first `n` slots")
	c.Flags().BoolVar(&f.all, "all", false, "list each slot")
	c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions([]string{"capture", "upload", "check-in"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// check reports what is wrong with the flags; kinds are those that are shown.
func (f nextFlags) check() (kinds map[schedule.Kind]bool, err error) {
	if f.days < 1 || f.days > maxDays {
		return nil, usageError{fmt.Errorf("--days %d: want 1 to %d", f.days, maxDays)}
	}
	if f.limit < 0 || f.limit > maxListed {
		return nil, usageError{fmt.Errorf("-n %d: want 1 to %d", f.limit, maxListed)}
	}
	if f.kind == "" {
		return allKinds(), nil
	}
	kinds = map[schedule.Kind]bool{}
	for name := range strings.SplitSeq(f.kind, ",") {
		var k schedule.Kind
		if err := k.UnmarshalText([]byte(strings.TrimSpace(name))); err != nil {
			return nil, usageError{fmt.Errorf("--kind %w", err)}
		}
		kinds[k] = true
	}
	return kinds, nil
}

func allKinds() map[schedule.Kind]bool {
	return map[schedule.Kind]bool{schedule.Capture: true, schedule.Upload: true, schedule.CheckIn: true}
}

// next prints what is due.
func (a *ahead) next(w io.Writer, f nextFlags, kinds map[schedule.Kind]bool, asJSON bool) error {
	until := a.now.AddDate(0, 0, f.days)
	r := nextResult{Agenda: a.plan.Agenda(a.now, until)}
	keepKinds(&r.Agenda, kinds)
	listed := f.all || f.limit > 0
	if listed {
		most := f.limit
		if most == 0 {
			most = maxListed
		}
		for s := range a.plan.Slots(a.now, until) {
			if !kinds[s.Kind] {
				continue
			}
			if len(r.Slots) == most {
				break
			}
			r.Slots = append(r.Slots, nextSlot{s.At, s.At.In(a.plan.Zone()), s.Kind, s.Session, s.Event})
		}
	}
	if asJSON {
		return printJSON(w, r)
	}
	if listed {
		printSlotList(w, r)
	} else {
		printAgenda(w, r.Agenda, kinds)
	}
	fmt.Fprintf(w, "In %s: %s. Times in %s.\n", plural(f.days, "day"), countsText(r.Total, kinds), r.TimeZone)
	const asked = 7 // days without a photo are too many
	if kinds[schedule.Capture] && r.Total.Captures == 0 && f.days >= asked {
		fmt.Fprintln(w, `WARNING: no photo is due. "fieldcam schedule check" says why.`)
	}
	if f.all && len(r.Slots) == maxListed {
		return errors.New("the list ends here: look at fewer days")
	}
	return nil
}

// keepKinds leaves out what is not shown.
func keepKinds(a *plan.Agenda, kinds map[schedule.Kind]bool) {
	keep := func(c *plan.Counts) {
		for kind, n := range map[schedule.Kind]*int{schedule.Capture: &c.Captures, schedule.Upload: &c.Uploads, schedule.CheckIn: &c.CheckIns} {
			if !kinds[kind] {
				*n = 0
			}
		}
	}
	keep(&a.Total)
	for i := range a.Days {
		d := &a.Days[i]
		keep(&d.Counts)
		blocks := d.Blocks[:0]
		for _, b := range d.Blocks {
			if kinds[b.Kind] {
				blocks = append(blocks, b)
			}
		}
		d.Blocks = blocks
	}
}

// countsText is "49 photos, 49 uploads, 24 check-ins", of the kinds that are shown.
func countsText(c plan.Counts, kinds map[schedule.Kind]bool) string {
	var parts []string
	for _, k := range []struct {
		kind schedule.Kind
		n    int
		noun string
	}{{schedule.Capture, c.Captures, "photo"}, {schedule.Upload, c.Uploads, "upload"}, {schedule.CheckIn, c.CheckIns, "check-in"}} {
		switch {
		case !kinds[k.kind]:
		case k.n == 0:
			parts = append(parts, "no "+k.noun)
		default:
			parts = append(parts, plural(k.n, k.noun))
		}
	}
	return strings.Join(parts, ", ")
}

// printSlotList writes one slot a line.
func printSlotList(w io.Writer, r nextResult) {
	for _, s := range r.Slots {
		of := s.Session
		if s.Event != "" {
			of += " (" + s.Event + ")"
		}
		fmt.Fprintf(w, "%s  %-9s %s\n", s.Site.Format("Mon 2006-01-02 15:04:05"), s.Kind, cut(of, 45))
	}
}
