package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
)

func newHAL(p *places) *cobra.Command {
	return group("hal", "Look at the controller's lines and ports, and test them", newHALShow(p), newHALTest(p), newHALSafe(p))
}

// boardLine is a line of this controller: of its model's table, or of the
// configuration.
type boardLine struct {
	Use   string
	Line  hal.Line // in the kernel
	Input bool
	Text  string
	// Key is the configuration's key that has the line in use; empty: none.
	Key string
	// Stays says that the line is left as it is when the daemon ends: what it gives
	// power to works on.
	Stays bool
}

// boardLines lists the lines: the table's, where the configuration has them.
func boardLines(c config.Config) []boardLine {
	table := model.New(c.Model, c.HAL)
	var all []boardLine
	for _, l := range table.Lines() {
		all = append(all, boardLine{Use: l.Use, Line: l.Kernel, Input: l.Input, Text: l.Text})
	}
	use := func(name, key, line string, activeLow, stays bool) {
		if line == "" {
			return
		}
		for i := range all {
			if all[i].Use == name {
				all[i].Line = table.Resolve(hal.Line{Name: line, ActiveLow: activeLow})
				all[i].Key, all[i].Stays = key, stays
			}
		}
	}
	p, s, m, n := c.Camera.Power, c.Camera.Shutter, c.Modem, c.Panel
	lowPower := c.Camera.Kind == config.KindShutter
	use(model.CameraPower, "camera.power.line", p.Line, p.ActiveLow, p.KeepOn || lowPower)
	if lowPower {
		use(model.Shutter, "camera.shutter.line", s.Line, s.ActiveLow, false)
		use(model.HalfPress, "camera.shutter.half_line", s.HalfLine, s.ActiveLow, false)
	}
	use(model.ModemPower, "modem.power_line", m.PowerLine, m.PowerActiveLow, true)
	use(model.ModemKey, "modem.key_line", m.KeyLine, m.KeyActiveLow, false)
	use(model.ModemStatus, "modem.status_line", m.StatusLine, m.StatusActiveLow, false)
	use(model.Heater, "climate.heater.line", c.Climate.Heater.Line, c.Climate.Heater.ActiveLow, false)
	use(model.Fan, "climate.fan.line", c.Climate.Fan.Line, c.Climate.Fan.ActiveLow, false)
	use(model.LEDGreen, "panel.green_line", n.GreenLine, n.GreenActiveLow, false)
	use(model.LEDRed, "panel.red_line", n.RedLine, n.RedActiveLow, false)
	use(model.Button, "panel.button_line", n.ButtonLine, n.ButtonActiveLow, false)
	return all
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

func newHALSafe(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "safe",
		Short: "Switch off what must not stay on while no daemon runs",
		Long: `Switch off each line of the configuration that must not stay on while no daemon
runs: the shutter, the half-press, the heater, the fan, the modem's key, the
lights; and the camera, unless it is kept on. The modem's power stays as it is.
systemd runs this after each end of the daemon, however it ended (ExecStopPost).`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(p.config)
			if err != nil {
				return err
			}
			if err := p.noDaemon(c.Context()); err != nil {
				return err
			}
			off, err := makeSafe(linux.New(), boardLines(cfg))
			if p.json {
				return errors.Join(err, printJSON(c.OutOrStdout(), struct {
					Off []string `json:"off"`
				}{off}))
			}
			for _, use := range off {
				fmt.Fprintf(c.OutOrStdout(), "%s: off\n", use)
			}
			return err
		},
	}
}

// makeSafe switches off the outputs that are in use and must not stay on, each
// whatever becomes of the others, and lists those that it has.
func makeSafe(board hal.Board, lines []boardLine) ([]string, error) {
	off := []string{}
	var all error
	for _, l := range lines {
		if l.Key == "" || l.Input || l.Stays {
			continue
		}
		o, err := board.OpenOutput(l.Line, false)
		if err == nil {
			err = o.Close()
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", l.Use, err))
			continue
		}
		off = append(off, l.Use)
	}
	return off, all
}
