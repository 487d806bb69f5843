package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam-sim/internal/bench/due"
)

func newBenchSchedule() *cobra.Command {
	var o due.Options
	c := &cobra.Command{
		Use:   "bench-schedule",
		Short: "Measure the figures of the schedules, beside cron and systemd",
		Long: `Measure whether what is due happens when it is due, beside cron and systemd in
the same run. The table ends with lines as those of "fieldcam-sim bench".

The peers need root. "make bench-schedule" builds the programs and installs cron
first. docs/figures.md says what each figure means.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if o.Self, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			o.Progress = c.ErrOrStderr()
			return due.Run(c.Context(), o, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.Dir, "dir", "build", "directory to work in, on the disk that is loaded")
	c.Flags().StringVar(&o.Source, "source", ".", "top directory of the source")
	c.Flags().StringSliceVar(&o.Only, "only", nil, "measure these alone: "+strings.Join(due.Names(), ", "))
	c.AddCommand(&cobra.Command{
		Use: "part NAME ORDER", Short: "Run a part of a measurement (for bench-schedule itself)", Hidden: true,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, a []string) error {
			return due.Part(c.Context(), a[0], a[1], c.OutOrStdout())
		},
	})
	return c
}
