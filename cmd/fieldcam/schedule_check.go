package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"fieldcam/agent/health"
	"fieldcam/agent/plan"
)

// planError is a schedule with warnings, which a script wants to know.
type planError struct{ warnings int }

func (e planError) Error() string {
	return plural(e.warnings, "warning") + " on the schedule: photos may be missed, or wait"
}

func newScheduleCheck(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say what of the schedule can't work, with the sums",
		Long: `Check the schedule as a whole: whether photos are due, whether the upload
sessions, the link, the month's data budget and the card can take them, what
maintenance windows cover, and what nobody can have meant. The figures are those
that the daemon has measured; else those of the configuration (camera.photo_kb,
link.speed_kbps, link.budget_mb).

Exit codes: 0 nothing to warn of, 5 there are warnings, others as always.`,
		Example: `  fieldcam schedule check
  fieldcam schedule check --config new.toml     before it is taken into use`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := p.lookAhead(c)
			if err != nil {
				return err
			}
			found, err := plan.Check(a.cfg, a.facts, a.now)
			if err != nil {
				return err
			}
			if p.json {
				if found == nil {
					found = []plan.Finding{}
				}
				err = printJSON(c.OutOrStdout(), found)
			} else {
				printFindings(c.OutOrStdout(), found)
			}
			if n := warned(found); err == nil && n > 0 {
				return planError{n}
			}
			return err
		},
	}
}

// warned counts what is worse than worth knowing.
func warned(all []plan.Finding) (n int) {
	for _, f := range all {
		if f.Severity != health.Info {
			n += 1 + f.More
		}
	}
	return n
}

// printFindings writes what was found within 80 columns, the worst first.
func printFindings(w io.Writer, all []plan.Finding) {
	for _, f := range all {
		head := string(f.Severity)
		if f.Severity != health.Info {
			head = strings.ToUpper(head)
		}
		const width, left = 80, 10
		for i, line := range fold(sentence(f.Text), width-left) {
			if i > 0 {
				head = ""
			}
			fmt.Fprintf(w, "%-*s%s\n", left, head, line)
		}
		for i, line := range fold(f.Advice, width-left-2) {
			if f.Advice == "" {
				break
			}
			fmt.Fprintf(w, "%*s%s%s\n", left, "", [2]string{"→ ", "  "}[min(i, 1)], line)
		}
	}
	if warned(all) == 0 {
		fmt.Fprintln(w, "schedule: good")
	}
}

// sentence is s with a capital and a stop.
func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:] + "."
}
