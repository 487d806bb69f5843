package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"sort"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
)

func newHALTest(p *places) *cobra.Command {
	var only []string
	var cut bool
	c := &cobra.Command{
		Use:   "test",
		Short: "Walk through each line and port, asking before anything is switched",
		Long: `Walk through the controller's lines and ports, inputs first. Before anything is
switched it asks, and afterwards whether it worked; a line is on for a second, and
off again on every way out, Ctrl-C and a lost connection among them. A line that
stays as it is while the daemon starts anew, as the modem's power does, is switched
to the other level for a second, and left as it was found. It runs while the daemon
does not: the lines are the daemon's then. What was typed before a question is no
answer to it.

Nothing makes it fire without being asked but the name of the line: with --line it
asks nobody, and --json needs that. The lines of the modem may be how you are
connected: they are changed only where the words for that are typed, or with --cut.`,
		Example: `  sudo systemctl stop fieldcam && sudo fieldcam hal test
  sudo fieldcam hal test --line heater --line fan --json
  sudo fieldcam hal test --line modem_power --cut    # may cut your connection`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(p.config)
			if err != nil {
				return err
			}
			if p.json && len(only) == 0 {
				return usageError{fmt.Errorf("--json asks nobody: name the lines with --line (see %q)", c.CommandPath()+" --help")}
			}
			if len(only) == 0 && !isTerminal(c.InOrStdin()) {
				return usageError{fmt.Errorf("nobody to ask: it needs a terminal, or --line (see %q)", c.CommandPath()+" --help")}
			}
			lines, err := chooseLines(wiring.Lines(cfg), only)
			if err != nil {
				return err
			}
			talks := !p.json && isTerminal(c.InOrStdin())
			if i := slices.IndexFunc(lines, wiring.Line.Cuts); i >= 0 && !cut && !talks {
				return usageError{fmt.Errorf("%s may be how you are connected: it needs a terminal, where you type that you want it, or --cut", lines[i].Use)}
			}
			if err := p.noDaemon(c.Context()); err != nil {
				return err
			}
			// The end of a connection must not end the process before the line is back.
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGHUP)
			defer stop()
			t := &tour{board: linux.New(), config: cfg, named: len(only) > 0, out: c.OutOrStdout(), quiet: p.json}
			t.walk = walk.Walk{Board: t.board, Say: t.say}
			who := &person{in: c.InOrStdin(), out: c.OutOrStdout()}
			if !t.named {
				t.ports = wiring.Ports(cfg)
				t.walk.Ask = who.ask
			}
			switch {
			case cut:
				t.walk.Confirm = func(context.Context, string, string) (bool, error) { return true, nil }
			case talks:
				t.walk.Confirm = who.confirm
			}
			err = t.run(ctx, lines)
			if p.json {
				if jerr := printJSON(c.OutOrStdout(), t.results); jerr != nil {
					return jerr
				}
			}
			return err
		},
	}
	c.Flags().StringArrayVar(&only, "line", nil, "`name` of a line to test without asking, such as heater; may be given again")
	c.Flags().BoolVar(&cut, "cut", false, "also change lines that may be how you are connected, without asking")
	return c
}

// chooseLines are those of the names, in their order; all where there are none, the
// inputs first: how they stand is of use before anything is switched.
func chooseLines(all []wiring.Line, names []string) ([]wiring.Line, error) {
	if len(names) == 0 {
		sort.SliceStable(all, func(i, j int) bool { return order(all[i]) < order(all[j]) })
		return all, nil
	}
	var chosen []wiring.Line
	for _, name := range names {
		n := len(chosen)
		for _, l := range all {
			if l.Use == name {
				chosen = append(chosen, l)
			}
		}
		if len(chosen) == n {
			return nil, usageError{fmt.Errorf("no line %q: want some of %s", name, strings.Join(model.Uses(), ", "))}
		}
	}
	return chosen, nil
}

// order is 0 for an input, 1 for an output.
func order(l wiring.Line) int {
	if l.Input {
		return 0
	}
	return 1
}

// tour is one walk through this board.
type tour struct {
	board   *linux.Board
	config  config.Config
	walk    walk.Walk
	named   bool // the lines were named one by one
	ports   []wiring.Port
	out     io.Writer
	quiet   bool
	results []walk.Result
}

func (t *tour) say(text string) {
	if !t.quiet {
		fmt.Fprintln(t.out, text)
	}
}

// add keeps what came of an item, and tells it.
func (t *tour) add(r walk.Result) {
	t.results = append(t.results, r)
	text := fmt.Sprintf("  %-13s %s", r.Item, r.Outcome)
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	t.say(text)
}

// run tests the lines, and then the ports. Something that is bad or has failed makes it
// an error, when all has been seen.
func (t *tour) run(ctx context.Context, lines []wiring.Line) error {
	for _, l := range lines {
		r, err := t.line(ctx, l)
		if err != nil {
			return err
		}
		t.add(r)
	}
	for _, port := range t.ports {
		if r := t.port(port); r.Outcome != "" {
			t.add(r)
		}
	}
	n := 0
	for _, r := range t.results {
		if r.Outcome == walk.Bad || r.Outcome == walk.Failed {
			n++
		}
	}
	if n > 0 {
		return fmt.Errorf("%d of %d items are bad or could not be tested", n, len(t.results))
	}
	return nil
}

// line tests one line, unless somebody else has it.
func (t *tour) line(ctx context.Context, l wiring.Line) (walk.Result, error) {
	s, err := t.board.Look(l.Line.Name, linux.DebugRoot)
	switch {
	case errors.Is(err, hal.ErrNoLine) && l.Key == "" && !t.named:
		return walk.Result{Item: l.Use, Outcome: walk.Absent}, nil
	case err != nil:
		return walk.Result{Item: l.Use, Outcome: walk.Failed, Detail: err.Error()}, nil
	case s.Taken:
		return walk.Result{Item: l.Use, Outcome: walk.Failed, Detail: fmt.Sprintf("%s has it: left alone", cmp.Or(s.Consumer, "somebody"))}, nil
	}
	item := walk.Line{Name: l.Use, Line: l.Line, Text: l.Text, Stays: l.Stays, Undriven: !s.Output}
	if l.Cuts() {
		item.Cuts = "THE MOBILE NETWORK MAY GO WITH IT. Where you are connected over it your session ends; what was begun here is brought to its end, and the line left as it was."
	}
	switch {
	case l.Input:
		return t.walk.Input(ctx, item)
	case l.Use == model.ModemKey: // which reads STATUS itself
		return t.walk.Key(ctx, t.key(item))
	case l.Use == model.ModemPower:
		item.Cuts = t.modem() + item.Cuts
	}
	return t.walk.Output(ctx, item)
}

// modem says how the modem is by its STATUS, where that is in use.
func (t *tour) modem() string {
	status := t.status()
	if status == nil {
		return "Nothing tells whether the modem is on. "
	}
	switch on, err := t.walk.Level(*status); {
	case err != nil:
		return fmt.Sprintf("Whether the modem is on is not known: %v. ", err)
	case on:
		return "The modem is on, by its STATUS. "
	}
	return "The modem is off, by its STATUS. "
}

// status is the modem's STATUS; nil where it is not in use.
func (t *tour) status() *walk.Line {
	s, _ := wiring.Find(wiring.Lines(t.config), model.ModemStatus)
	if s.Key == "" {
		return nil
	}
	return &walk.Line{Name: s.Use, Line: s.Line, Text: s.Text}
}

// key is the modem's power key, as the configuration knows it.
func (t *tour) key(l walk.Line) walk.Key {
	m := t.config.Modem.Chosen()
	return walk.Key{Line: l, Status: t.status(), OnPulse: m.OnPulse, OffPulse: m.OffPulse, OnWait: m.OnWait, OffWait: m.OffWait}
}

// port opens a port and closes it; the zero Result is of one that nobody may open twice.
func (t *tour) port(p wiring.Port) walk.Result {
	if _, err := os.Stat(p.Path); p.Key == "" && errors.Is(err, os.ErrNotExist) {
		return walk.Result{Item: p.Path, Outcome: walk.Absent}
	}
	switch p.Use {
	case model.PortSensors:
		return t.walk.Bus(p.Path)
	case model.PortClock:
		return clock(p.Path)
	case model.PortWatchdog:
		return walk.Result{}
	}
	return t.walk.Port(p.Path)
}

// clock reads the battery-backed clock.
func clock(path string) walk.Result {
	r := walk.Result{Item: path, Outcome: walk.Done}
	at, err := linux.NewRTC(path).Time()
	if err != nil {
		r.Outcome, r.Detail = walk.Failed, err.Error()
		return r
	}
	r.Detail = at.Format("2006-01-02 15:04:05") + " UTC"
	return r
}
