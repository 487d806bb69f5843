package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCapture(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "capture",
		Short: "Take one photo now",
		Long: `Take one photo now, beside the schedule, and put it into the queue. A slot of
the schedule that comes due meanwhile goes first.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			done := progress(c.ErrOrStderr(), "taking a photo")
			m, err := p.client().Capture(c.Context())
			done()
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), m)
			}
			if m.ID == "" { // Low Power Mode
				fmt.Fprintln(c.OutOrStdout(), "The shutter has been released. The picture comes when the camera's pictures are fetched.")
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "%s  %s  %s\n", m.ID, bytesText(m.Size), m.Camera)
			if m.Verdict != 0 {
				fmt.Fprintf(c.OutOrStdout(), "the picture is %s\n", checksText(m.Verdict))
			}
			return nil
		},
	}
}
