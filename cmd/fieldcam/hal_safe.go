package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
)

func newHALSafe(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "safe",
		Short: "Switch off what must not stay on while no daemon runs",
		Long: `Switch off each line that must not stay on while no daemon runs: the shutter, the
half-press, the heater, the fan, the modem's key, the lights; and the camera, unless
it is kept on. The modem's power stays as it is. The lines are those of the
configuration and of the daemon's last run; where the configuration cannot be used
those of the last run alone, and where nothing is known of that the model's table.
systemd runs this after each end of the daemon, however it ended (ExecStopPost).`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.noDaemon(c.Context()); err != nil {
				return err
			}
			known := p.drivenLines()
			if known.why != nil {
				fmt.Fprintf(c.ErrOrStderr(), "the configuration cannot be used, so off goes what %s has: %s\n",
					known.from, strings.ReplaceAll(known.why.Error(), "\n", "; "))
			}
			off, err := makeSafe(linux.New(), known)
			if p.json {
				return errors.Join(err, printJSON(c.OutOrStdout(), struct {
					Off  []string `json:"off"`
					From origin   `json:"from"`
				}{off, known.from}))
			}
			for _, use := range off {
				fmt.Fprintf(c.OutOrStdout(), "%s: off\n", use)
			}
			return err
		},
	}
}

// origin is where lines are known from.
type origin string

// The origins, the best first.
const (
	fromConfig  origin = "the configuration"
	fromLastRun origin = "the daemon's last run"
	fromModel   origin = "the model's table"
)

// known is the lines that a daemon may have left on.
type known struct {
	lines []wiring.Line
	from  origin
	why   error // why they are not from the configuration; nil: they are
}

// drivenLines finds out which lines a daemon drives, or drove in its last run.
func (p *places) drivenLines() known {
	noted, damaged := wiring.Load(filepath.Join(p.state, wiring.FileName))
	cfg, err := config.Load(p.config)
	switch {
	case err == nil:
		k := known{lines: wiring.Lines(cfg), from: fromConfig}
		for _, l := range noted { // the last run may have gone by another configuration
			if !slices.ContainsFunc(k.lines, func(o wiring.Line) bool { return o.Key != "" && o.Line.Name == l.Line.Name }) {
				k.lines = append(k.lines, l)
			}
		}
		return k
	case damaged == nil:
		return known{lines: noted, from: fromLastRun, why: err}
	}
	// The models' tables are alike; which of their lines are in use nobody knows.
	return known{lines: wiring.Table(model.New(config.Default().Model, model.Config{})), from: fromModel, why: errors.Join(err, damaged)}
}

// makeSafe switches off the outputs that are in use and must not stay on, each
// whatever becomes of the others, and lists those that it has. Of a model's table it
// takes what the board has.
func makeSafe(board hal.Board, k known) ([]string, error) {
	off := []string{}
	var all error
	for _, l := range k.lines {
		if l.Input || l.Stays || l.Key == "" && k.from != fromModel {
			continue
		}
		o, err := board.OpenOutput(l.Line, false)
		if err == nil {
			err = o.Close()
		}
		switch {
		case errors.Is(err, hal.ErrNoLine) && k.from == fromModel:
		case err != nil:
			all = errors.Join(all, fmt.Errorf("%s: %w", l.Use, err))
		default:
			off = append(off, l.Use)
		}
	}
	return off, all
}
