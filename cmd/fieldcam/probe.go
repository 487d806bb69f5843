package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/queue"
)

// probeName is the hidden command by which the daemon starts itself to look at
// a database that may be damaged.
const probeName = "probe-database"

// probeTime bounds a look at the database: reading 100 MB from a slow card takes
// about ten seconds.
const probeTime = 2 * time.Minute

func newProbe() *cobra.Command {
	return &cobra.Command{
		Use:    probeName + " FILE",
		Short:  "Read a queue database whole; fail, or die, where it is damaged",
		Hidden: true,
		Args:   args(cobra.ExactArgs(1)),
		RunE:   func(_ *cobra.Command, a []string) error { return queue.Probe(a[0]) },
	}
}

// probeInChild reads the database in a process of its own: bbolt panics on some
// damage, partly in goroutines, where nobody can recover.
func probeInChild(ctx context.Context, path string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("%w: find own program: %w", queue.ErrNotProbed, err)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, self, probeName, path)
	c.Stdout, c.Stderr = &out, &out
	err = c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", queue.ErrNotProbed, ctx.Err())
	case err != nil && !errors.As(err, &exit):
		return fmt.Errorf("%w: %w", queue.ErrNotProbed, err)
	case err != nil:
		first, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("%w: %s", err, cut(first, 300))
	}
	return nil
}
