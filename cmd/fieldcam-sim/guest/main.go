// Command guest is what an emulated controller has in the place of systemd and of a
// time server. It is built for ARM, and never on a real controller.
//
//	guest clock TIME                       the clock is set, and somebody vouches for it
//	guest pulse LINE WIDTH                 a line is on for so long: how well this machine keeps time
//	guest warden [FLAGS] -- PROGRAM ARGS   see package warden
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/warden"
	"fieldcam/hal"
	"fieldcam/hal/linux"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 2 && args[0] == "clock":
		t, err := time.Parse(time.RFC3339, args[1])
		if err != nil {
			return fmt.Errorf("set the clock: %w", err)
		}
		return setClock(t)
	case len(args) == 3 && args[0] == "pulse":
		width, err := time.ParseDuration(args[2])
		if err != nil {
			return fmt.Errorf("pulse: %w", err)
		}
		return pulse(args[1], width)
	case len(args) > 1 && args[0] == "warden":
		return supervise(ctx, args[1:])
	}
	return errors.New("want clock TIME, pulse LINE WIDTH, or warden [FLAGS] -- PROGRAM ARGS")
}

// pulse switches an active-high line on, sleeps, and switches it off: what a pulse is
// at its best on this machine.
func pulse(name string, width time.Duration) (err error) {
	o, err := linux.New().OpenOutput(hal.Line{Name: name}, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if err := o.Set(true); err != nil {
		return err
	}
	time.Sleep(width)
	return o.Set(false)
}

// supervise reads warden's flags and runs it.
func supervise(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("warden", flag.ContinueOnError)
	device := f.String("watchdog", "", "the hardware's watchdog")
	timeout := f.Duration("timeout", 10*time.Second, "its time-out")
	silence := f.Duration("silence", 0, "how long the service may be silent; 0: for ever")
	if err := f.Parse(args); err != nil {
		return err
	}
	o := warden.Options{Command: f.Args(), Dir: os.TempDir(), Silence: *silence, Output: os.Stderr, Log: os.Stdout}
	if len(o.Command) == 0 {
		return errors.New("warden: no program")
	}
	if *device != "" {
		var err error
		if o.Watchdog, err = openWatchdog(*device, *timeout); err != nil {
			return err
		}
	}
	return warden.Run(ctx, o)
}

// openWatchdog starts the hardware's watchdog.
func openWatchdog(path string, timeout time.Duration) (warden.Watchdog, error) {
	w, err := linux.OpenWatchdog(path)
	if err != nil {
		return nil, err
	}
	if err := w.SetTimeout(timeout); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}
