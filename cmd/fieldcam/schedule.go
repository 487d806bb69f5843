package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newSchedule(p *places) *cobra.Command {
	var days, limit int
	next := &cobra.Command{
		Use:   "next",
		Short: "Say what the schedule will do",
		Example: `  fieldcam schedule next
  fieldcam schedule next --days 1 --limit 0    only the totals of a day`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			done := progress(c.ErrOrStderr(), "asking the daemon")
			plan, err := p.client().Plan(c.Context(), days, limit)
			done()
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			if p.json {
				return printJSON(w, plan)
			}
			z := zone(plan.TimeZone)
			for _, s := range plan.Slots {
				fmt.Fprintf(w, "%s  %-9s %s\n", clockText(s.At, z), s.Kind, cut(s.Session, 40))
			}
			total := 0
			for _, n := range plan.Total {
				total += n
			}
			if more := total - len(plan.Slots); more > 0 && limit > 0 {
				fmt.Fprintf(w, "… and %d more\n", more)
			}
			fmt.Fprintf(w, "In %s: %s, %s, %s. Times in %s.\n", plural(days, "day"),
				plural(plan.Total["capture"], "photo"), plural(plan.Total["upload"], "upload"), plural(plan.Total["check-in"], "check-in"), plan.TimeZone)
			if plan.Total["capture"] == 0 {
				fmt.Fprintln(w, "WARNING: no photo is scheduled.")
			}
			return nil
		},
	}
	next.Flags().IntVar(&days, "days", 7, "how far to look")
	next.Flags().IntVar(&limit, "limit", 12, "how many slots to list")
	return group("schedule", "Look at the schedule", next)
}
