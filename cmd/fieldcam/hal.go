package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
)

func newHAL(p *places) *cobra.Command {
	return group("hal", "Look at the controller's lines and ports, and test them", newHALShow(p), newHALTest(p), newHALSafe(p))
}

// noDaemon is an error where the daemon runs, whose lines these are.
func (p *places) noDaemon(ctx context.Context) error {
	_, err := p.client().Status(ctx)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return nil
	case err != nil:
		return err
	}
	return errors.New("the daemon is running, and the lines are its own: stop it first (systemctl stop fieldcam)")
}
