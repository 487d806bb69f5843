package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

func newCamera() *cobra.Command {
	var o vc0706sim.Options
	var link, power, faults string
	c := &cobra.Command{
		Use:   "camera",
		Short: "Serve a simulated VC0706 camera on a pseudo-terminal",
		Long: `Serve a simulated VC0706 serial camera on a pseudo-terminal until interrupted.
It answers at the baud rate that the driver has set, and takes the time that a
real one takes.

--faults takes a JSON object; among its keys: silent, drop_byte, double_byte,
drop_in_chunk, double_in_chunk, short_reply, noise, wrong_status, truncate,
boot_garbage, motion_in_chunk, hang_after, dead. Chances are from 0 to 1.`,
		Example: `  fieldcam-sim camera --link /tmp/camera
  fieldcam-sim camera --link /tmp/camera --faults '{"drop_in_chunk": 0.01}'
  fieldcam-sim camera --power /tmp/camera-power   (write 1 to that file)`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if faults != "" {
				d := json.NewDecoder(bytes.NewReader([]byte(faults)))
				d.DisallowUnknownFields()
				if err := d.Decode(&o.Faults); err != nil {
					return fmt.Errorf("--faults: %w", err)
				}
			}
			e, err := eye.Open(o, power)
			if err != nil {
				return err
			}
			if link != "" {
				if err := os.Symlink(e.Path(), link); err != nil {
					e.Close()
					return fmt.Errorf("link the port: %w", err)
				}
				defer os.Remove(link)
			}
			fmt.Fprintln(c.OutOrStdout(), e.Path())
			<-c.Context().Done()
			return e.Close()
		},
	}
	f := c.Flags()
	f.StringVar(&o.Name, "name", "vc0706", "name in the picture")
	f.IntVar(&o.Baud, "baud", 38400, "the camera's stored baud rate")
	f.Uint64Var(&o.Seed, "seed", 1, "makes the faults repeatable")
	f.StringVar(&link, "link", "", "make a symbolic link to the port here")
	f.StringVar(&power, "power", "", "make this file; the camera has power while it says 1")
	f.StringVar(&faults, "faults", "", "what goes wrong, as JSON")
	return c
}
