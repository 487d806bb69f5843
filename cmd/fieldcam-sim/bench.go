package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam-sim/internal/bench"
)

func newBench() *cobra.Command {
	var o bench.Options
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure the figures that the project promises",
		Long: `Measure the figures that the project promises, each beside a floor or a peer of
the same run. The table ends with a line for each figure that a script can read:

  figure NAME VALUE UNIT reach BOUND ok     (or SHORT; VALUE "-" where the
                                             machine cannot give it)

Some need root: a loop device, network namespaces. "make bench" builds the
programs first. docs/figures.md says what each figure means.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if o.Self, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			o.Progress = c.ErrOrStderr()
			return bench.Run(c.Context(), o, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.Bin, "bin", "build", "directory of the programs")
	c.Flags().StringSliceVar(&o.Only, "only", nil, "measure these alone: "+strings.Join(bench.Names(), ", "))
	c.AddCommand(&cobra.Command{
		Use: "part NAME ORDER", Short: "Run a part of a measurement (for bench itself)", Hidden: true,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, a []string) error {
			return bench.Part(c.Context(), a[0], a[1], c.OutOrStdout())
		},
	})
	return c
}
