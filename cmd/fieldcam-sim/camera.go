package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/ucam/ucamsim"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
)

// cameraFlags are the command line of a simulated camera.
type cameraFlags struct {
	kind, name, model, sensor, faults string
	baud                              int
	number                            uint8
	seed                              uint64
	link, power                       string
}

func newCamera() *cobra.Command {
	var o cameraFlags
	c := &cobra.Command{
		Use:   "camera",
		Short: "Serve a simulated serial camera on a pseudo-terminal",
		Long: `Serve a simulated serial camera on a pseudo-terminal until interrupted. It
answers at the baud rate that the driver has set, and takes the time that a real
one takes. --kind says which: vc0706, or ucam (uCAM-II, uCAM-III, OV528).

--faults takes a JSON object. Chances are from 0 to 1. Keys of both kinds:
silent, drop_byte, double_byte, noise, late, boot_garbage, truncate, hang_after
(bytes), dead.
vc0706: drop_in_chunk, double_in_chunk, motion_in_chunk, motion_before_reply,
motion_short, short_reply, wrong_status, status, status_of, long_errors, fill_end.
ucam: drop_in_package, double_in_package, corrupt, wrong_package, nak, code,
nak_of, not_ready (ms), drift, doze.`,
		Example: `  fieldcam-sim camera --link /tmp/camera
  fieldcam-sim camera --link /tmp/camera --faults '{"drop_in_chunk": 0.01}'
  fieldcam-sim camera --kind ucam --model ov528 --number 1 --faults '{"corrupt": 0.05, "doze": 0.01}'
  fieldcam-sim camera --power /tmp/camera-power   (write 1 to that file)`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return serveCamera(c.Context(), c.OutOrStdout(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.kind, "kind", "vc0706", "vc0706 or ucam")
	f.StringVar(&o.name, "name", "", "name in the picture (default the kind)")
	f.StringVar(&o.sensor, "sensor", string(vc0706.SensorVGA), "of a vc0706: vga, hd or 2mp")
	f.StringVar(&o.model, "model", string(ucam.ModelUCAM3), "of a ucam: ucam2, ucam3 or ov528")
	f.IntVar(&o.baud, "baud", 38400, "a vc0706's stored baud rate; a ucam finds the driver's")
	f.Uint8Var(&o.number, "number", 0, "a vc0706's device number, or an ov528's address")
	f.Uint64Var(&o.seed, "seed", 1, "makes the faults repeatable")
	f.StringVar(&o.link, "link", "", "make a symbolic link to the port here")
	f.StringVar(&o.power, "power", "", "make this file; the camera has power while it says 1")
	f.StringVar(&o.faults, "faults", "", "what goes wrong, as JSON")
	return c
}

// serveCamera serves the camera that the flags describe, until ctx ends.
func serveCamera(ctx context.Context, w io.Writer, o cameraFlags) error {
	if o.name == "" {
		o.name = o.kind
	}
	switch o.kind {
	case "vc0706":
		s := vc0706sim.Options{Name: o.name, Baud: o.baud, Number: o.number, Seed: o.seed, Sensor: vc0706.Sensor(o.sensor)}
		if s.Sensor.Resolutions() == nil {
			return fmt.Errorf("--sensor %q: want vga, hd or 2mp", o.sensor)
		}
		if err := decodeFaults(o.faults, &s.Faults); err != nil {
			return err
		}
		return serve(ctx, w, o, vc0706sim.New(s))
	case "ucam":
		s := ucamsim.Options{Name: o.name, Model: ucam.Model(o.model), Address: o.number, Seed: o.seed}
		check := ucam.Default()
		check.Model, check.Address = s.Model, int(o.number)
		if err := check.Validate(); err != nil {
			return fmt.Errorf("--model, --number: %w", err)
		}
		if err := decodeFaults(o.faults, &s.Faults); err != nil {
			return err
		}
		return serve(ctx, w, o, ucamsim.New(s))
	}
	return fmt.Errorf("--kind %q: want vc0706 or ucam", o.kind)
}

// decodeFaults reads text into faults, which may be empty.
func decodeFaults(text string, faults any) error {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(faults); err != nil {
		return fmt.Errorf("--faults: %w", err)
	}
	return nil
}

// serve serves a camera on a terminal, whose path it prints.
func serve[C eye.Camera](ctx context.Context, w io.Writer, o cameraFlags, camera C) (err error) {
	e, err := eye.Open(camera, o.power)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if o.link != "" {
		if err := os.Symlink(e.Path(), o.link); err != nil {
			return fmt.Errorf("link the port: %w", err)
		}
		defer os.Remove(o.link)
	}
	fmt.Fprintln(w, e.Path())
	<-ctx.Done()
	return nil
}
