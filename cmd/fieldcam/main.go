// Command fieldcam is the one program on a controller: `fieldcam run` is the
// daemon, the other commands are the technician's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a controller's image need not carry time zones

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/config"
)

// version is set by the linker: `git describe` of the commit built.
var version = "development"

// The exit codes, as `fieldcam help` lists them.
const (
	exitFailure    = 1
	exitUsage      = 2
	exitBadConfig  = 3
	exitNotRunning = 4
	exitPlan       = 5
)

// The places of a controller's files, as the package installs them.
const (
	defaultConfig = "/etc/fieldcam/fieldcam.toml"
	defaultState  = "/var/lib/fieldcam"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	err := newRoot().ExecuteContext(ctx)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "fieldcam:", err)
	stop()
	os.Exit(exitCode(err))
}

// usageError is a fault in the command line itself.
type usageError struct{ error }

// exitCode tells scripts what kind of failure err is.
func exitCode(err error) int {
	var usage usageError
	var bad *config.Error
	var plan planError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &bad):
		return exitBadConfig
	case errors.Is(err, control.ErrNotRunning):
		return exitNotRunning
	case errors.As(err, &plan):
		return exitPlan
	}
	return exitFailure
}

// places are the files that every command agrees on.
type places struct {
	config string
	state  string
	json   bool
}

func (p *places) client() *control.Client { return control.NewClient(control.Path(p.state)) }

func newRoot() *cobra.Command {
	p := &places{config: defaultConfig, state: defaultState}
	root := &cobra.Command{
		Use:   "fieldcam",
		Short: "The software of a field camera controller",
		Long: `fieldcam takes the scheduled photos of a field camera, keeps each until the
cloud has it, and reports how it is doing.

The daemon is "fieldcam run"; the other commands talk to it or work on its
configuration file.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 configuration not
usable, 4 the daemon is not running, 5 the schedule has warnings.`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	f := root.PersistentFlags()
	f.Var(given{&p.config}, "config", "TOML `file`")
	f.Var(given{&p.state}, "state", "`directory` of the queue")
	f.BoolVar(&p.json, "json", false, "print JSON, for scripts")
	var out keeper
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		out.w = root.OutOrStdout()
		root.SetOut(&out)
		return nil
	}
	root.PersistentPostRunE = func(*cobra.Command, []string) error { return out.err }
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see %q)", err, c.CommandPath()+" --help")}
	})
	root.AddCommand(newRun(p), newConfig(p), newStatus(p), newQueue(p), newCapture(p), newUpload(p), newSchedule(p), newHAL(p))
	return root
}

// args turns cobra's complaint about arguments into a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if err := check(c, a); err != nil {
			return usageError{fmt.Errorf("%w (see %q)", err, c.CommandPath()+" --help")}
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: args(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("%s: name one of its commands (see %q)", c.CommandPath(), c.CommandPath()+" --help")}
	}}
	c.AddCommand(children...)
	return c
}
