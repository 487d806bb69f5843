package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam-sim/internal/powercut"
)

// errLoss makes the exit code; the report has said the rest.
var errLoss = errors.New("a power cut can lose something: see above")

func newPowercut() *cobra.Command {
	var o powercut.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "powercut",
		Short: "Cut an emulated controller's power at a hundred moments",
		Long: `Run the real daemon on an emulated arm64 controller with the real hub, log every
write to its disk, and look at what the disk would hold after a power cut at a
hundred moments: whether each photo that was taken is there or in the hub, whole
and once, and each slot accounted for.

Exit code 1: something was lost, or the self-test found that it would not have
been noticed. "make powercut" builds what is needed; scripts/emulated fetches the
emulated controller.`,
		Example: `  fieldcam-sim powercut --machine "$(scripts/emulated)"
  fieldcam-sim powercut --states 1000 --mount data=writeback --dir /tmp/cuts`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Progress = c.ErrOrStderr()
			if o.Guest == "" {
				o.Guest = filepath.Join(o.Bin, "fieldcam-arm64")
			}
			r, err := powercut.Run(c.Context(), o)
			if err != nil {
				return err
			}
			if err := writeReport(c.OutOrStdout(), r, asJSON); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
			if !r.OK() {
				return errLoss
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.Bin, "bin", "build", "directory of the programs")
	f.StringVar(&o.Guest, "guest", "", "the daemon for arm64 (default BIN/fieldcam-arm64)")
	f.StringVar(&o.Files, "machine", "build/emulated", "what scripts/emulated fetched")
	f.StringVar(&o.Dir, "dir", "", "keep disks, logs and states at fault here")
	f.StringArrayVar(&o.Mounts, "mount", []string{"data=ordered", "data=writeback"}, "`options` of ext4; may be repeated, a run each")
	f.IntVar(&o.Photos, "photos", 30, "photos in each run")
	f.IntVar(&o.States, "states", 100, "moments of a cut in each run")
	f.Uint64Var(&o.Seed, "seed", 1, "makes the choice of moments repeatable")
	f.BoolVar(&asJSON, "json", false, "print JSON, for scripts")
	return c
}

func writeReport(w io.Writer, r powercut.Report, asJSON bool) error {
	if !asJSON {
		return r.WriteText(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
