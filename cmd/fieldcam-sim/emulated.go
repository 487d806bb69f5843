package main

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam-sim/internal/trial"
)

// errFault makes the exit code; the report has said the rest.
var errFault = errors.New("the daemon fails on the emulated controller: see above")

func newEmulated() *cobra.Command {
	var o trial.Options
	var arch string
	c := &cobra.Command{
		Use:   "emulated",
		Short: "Put the daemon through the field's days on an emulated controller",
		Long: `Run the real daemon, built for ARM, on an emulated controller, and do to it what
the field does: kill it, cut its power, pull its cables, start its clock in 1970. The
GPIO pins are recorded, this machine is the camera and the cloud. A table tells what
was found; figures are told in lines that a script can read.

Exit code 1: something was at fault. "make emulated" builds what is needed;
scripts/emulated fetches the emulated controller. docs/emulated.md tells more.`,
		Example: `  fieldcam-sim emulated --machine "$(scripts/emulated)"
  fieldcam-sim emulated --only edges --lives 1000`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Progress = c.ErrOrStderr()
			if o.Guest == "" {
				o.Guest = filepath.Join(o.Bin, "fieldcam-"+arch)
			}
			if o.Helper == "" {
				o.Helper = filepath.Join(o.Bin, "guest-"+arch)
			}
			r, err := trial.Run(c.Context(), o)
			if err != nil {
				return err
			}
			if err := r.WriteText(c.OutOrStdout()); err != nil {
				return err
			}
			if !r.OK() {
				return errFault
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.Bin, "bin", "build", "directory of the programs")
	f.StringVar(&arch, "arch", "arm64", "of the programs for the controller: arm64 or armv7")
	f.StringVar(&o.Guest, "guest", "", "the daemon for the controller (default BIN/fieldcam-ARCH)")
	f.StringVar(&o.Helper, "helper", "", "the program guest for the controller (default BIN/guest-ARCH)")
	f.StringVar(&o.Board, "board", "", "hal/linux's tests with the tag board for the controller; empty: leave them out")
	f.StringVar(&o.Files, "machine", "build/emulated", "what scripts/emulated fetched")
	f.StringVar(&o.Dir, "keep", "", "keep logs and disks here")
	f.StringSliceVar(&o.Only, "only", nil, "play these alone: "+strings.Join(trial.Names(), ", "))
	f.IntVar(&o.Lives, "lives", 100, "how often the daemon is ended while its outputs are recorded")
	f.IntVar(&o.Presses, "presses", 100, "how often the shutter is released while it is timed")
	f.IntVar(&o.Cuts, "cuts", 3, "how often the power is cut")
	f.DurationVar(&o.Within, "within", 0, "how long all of it may take; what is not played by then is at fault; 0: as long as it needs")
	f.IntVar(&o.Jobs, "jobs", 4, "how many scenarios are played at the same time")
	return c
}
