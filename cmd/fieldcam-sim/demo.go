package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/stage"
	"fieldcam/queue"
)

// lookInterval is how often the demonstration says how the queue is doing, and
// speakInterval how often even when nothing changed.
const (
	lookInterval  = time.Second
	speakInterval = 15 * time.Second
)

func newDemo(dir *string) *cobra.Command {
	var bin, page string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run the main job on this machine: camera, controller, network, hub",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return demo(c.Context(), c.OutOrStdout(), *dir, bin, page)
		},
	}
	c.Flags().StringVar(&bin, "bin", "build", "directory of the programs fieldcam and fieldcam-hub")
	c.Flags().StringVar(&page, "page", "127.0.0.1:8080", "address of the hub's page")
	return c
}

// demo sets the stage, tells what can be done on it, and reports until ctx ends.
func demo(ctx context.Context, w io.Writer, dir, bin, page string) (err error) {
	s, err := stage.Open(stage.Options{
		Dir: dir, Bin: bin, Device: "tempo-demo", Page: page,
		Config: demoConfig,
		// Set up as a technician leaves it: at another rate or resolution the first
		// photo would be late.
		Camera:  vc0706sim.Options{Resolution: "320x240"},
		HubArgs: []string{"--json"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(w, demoText, s.PageURL(), filepath.Join(bin, "fieldcam-sim"), filepath.Join(bin, "fieldcam"), s.StateDir(), dir)
	ctx, cancel := context.WithCancel(ctx)
	orders := make(chan error, 1)
	go func() {
		orders <- takeOrders(ctx, dir, func(o order) error {
			err := s.Set(o.Thing, !o.Cut)
			if err == nil {
				fmt.Fprintf(w, "%s  -- %s --\n", time.Now().Format("15:04:05"), o)
			}
			return err
		})
	}()
	report(ctx, w, control.NewClient(control.Path(s.StateDir())))
	cancel()
	fmt.Fprintln(w, "stopping")
	if err := <-orders; err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

const demoText = `
A Tempo takes a photo every 5 s with its serial camera, and sends it to the hub.

  The hub's page:   %[1]s

In another terminal, in this directory:

  %[2]s cut network       and "restore network"; also cloud, power, camera
  %[3]s --state %[4]s status
  %[3]s --state %[4]s queue list
  %[3]s --state %[4]s capture

Logs, photos and the configuration are in %[5]s. Stop with Ctrl-C.

`

// demoConfig is the controller's schedule in the demonstration.
const demoConfig = `
[[session]]
name = "demo photos"
kind = "capture"
every = "5s"

[[session]]
name = "demo uploads"
kind = "upload"
every = "5s"

[[session]]
name = "demo check-in"
kind = "check-in"
every = "10m"

[retry]
retry_max = "30s"

[heartbeat]
every = "5s"
status_every = "5s"

[camera.vc0706]
port = "{{.Port}}"
resolution = "320x240"

[camera.power]
line = "{{.Power}}"
keep_on = true
`

// report writes a line about the queue whenever it has changed, until ctx ends.
func report(ctx context.Context, w io.Writer, c *control.Client) {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	var last string
	var spoke time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s, err := c.Status(ctx)
		if ctx.Err() != nil {
			return
		}
		text := "the controller is off"
		if err == nil {
			text = sayStatus(s)
		}
		if text != last || time.Since(spoke) > speakInterval {
			fmt.Fprintf(w, "%s  %s\n", time.Now().Format("15:04:05"), text)
			last, spoke = text, time.Now()
		}
	}
}

func sayStatus(s control.Status) string {
	text := fmt.Sprintf("%3d waiting, %d in the cloud", s.Queue.Waiting, s.Queue.Confirmed)
	if s.Queue.Refused > 0 {
		text += fmt.Sprintf(", %d %s", s.Queue.Refused, queue.Refused)
	}
	if !s.Upload.CloudReached {
		text += ", the cloud does not answer"
	}
	if !s.Broker.Connected {
		text += ", no broker"
	}
	if s.Capture.Failures > 0 {
		text += fmt.Sprintf(", photos failed since the last good one: %d", s.Capture.Failures)
	}
	return text
}
