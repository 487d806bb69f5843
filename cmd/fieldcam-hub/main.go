// Command fieldcam-hub is the reference cloud for one machine: an MQTT broker, a
// receiver for photos, and a page that shows each system.
//
// Everything it keeps is below one folder (--data): tls/ (its own authority),
// devices.json (who may talk to it), notices.json (maintenance windows), nats/ (the broker's retained messages),
// uploads/ (photos on their way), photos/ (those that arrived), small/ (small
// pictures, which may be deleted at any time).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // the hub's machine may have no time zones

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

// version is set by the linker: `git describe` of the commit built.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fieldcam-hub:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use:           "fieldcam-hub",
		Short:         "The reference cloud for one machine",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.PersistentFlags().StringVar(&data, "data", "fieldcam-hub-data", "`folder` of everything that the hub keeps")
	c.AddCommand(newRun(&data), newDevice(&data), newNotice(&data), newOperator(&data))
	return c
}

// newLog writes JSON, or lines for people.
func newLog(w io.Writer, asJSON bool) zerolog.Logger {
	if !asJSON {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(w).With().Timestamp().Logger().Level(zerolog.InfoLevel)
}
