// Command fieldcam-sim is a controller's surroundings on a desk: a simulated
// camera on a pseudo-terminal, and the demonstration, which puts that camera,
// the real daemon, a network that can be cut and a hub together. It is never
// shipped to a controller.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker: `git describe` of the commit built.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "fieldcam-sim:", err)
		stop()
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "fieldcam-sim",
		Short:         "Simulated cameras and the demonstration of fieldcam",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var dir string
	root.PersistentFlags().StringVar(&dir, "dir", "demo", "directory of the demonstration")
	root.AddCommand(newDemo(&dir), newCut(&dir), newRestore(&dir), newCamera(), newBench(), newBenchSchedule(), newPowercut(), newEmulated())
	return root
}
