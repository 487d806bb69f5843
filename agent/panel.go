package agent

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/panel"
)

const (
	// pressTime bounds what a press of the button asks for: a photo with all its
	// attempts, and the wait for its turn.
	pressTime = 5 * time.Minute
	// holdTime bounds the command of a button that is held.
	holdTime = time.Minute
)

// makePanel makes the technician's light and button, where there are any.
func (a *Agent) makePanel() {
	if c := a.o.Config.Panel; c.Configured() {
		a.panel = panel.New(c, panel.Options{Board: a.o.Board, Look: a.look, Press: a.pressed, Hold: runCommand, Log: a.log})
	}
}

// look is what the light shows.
func (a *Agent) look() panel.Look {
	for _, c := range a.health.Active() {
		if c.Severity == health.Critical {
			return panel.Faulty
		}
	}
	switch {
	case a.capture.State().Turn.IsZero():
		return panel.Starting
	case a.mqtt.Connected():
		return panel.Reached
	case a.monitor == nil || a.o.Config.MQTT.URL != "":
		return panel.Alone
	}
	if since, _ := a.monitor.Outage(); !since.IsZero() {
		return panel.Alone
	}
	return panel.Reached
}

// pressed takes a photo, and begins an upload session where there is a cloud.
func (a *Agent) pressed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pressTime)
	defer cancel()
	m, err := a.Capture(ctx)
	if err != nil {
		return fmt.Errorf("take the button's photo: %w", err)
	}
	a.log.Info().Str("photo", string(m.ID)).Msg("photo taken by the button")
	if a.sessions != nil {
		a.sessions.Start(1)
	}
	return nil
}

// runCommand runs a program with closed input, within holdTime.
func runCommand(ctx context.Context, command []string) error {
	ctx, cancel := context.WithTimeout(ctx, holdTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second // for a child that holds the output open
	out, err := cmd.CombinedOutput()
	if err != nil {
		const most = 200
		return fmt.Errorf("run %s: %w: %.*s", command[0], err, most, strings.TrimSpace(string(out)))
	}
	return nil
}
