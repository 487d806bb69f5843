package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam/internal/walk"
	"fieldcam/config"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
)

func newHALTest(p *places) *cobra.Command {
	var only []string
	c := &cobra.Command{
		Use:   "test",
		Short: "Walk through each line and port, asking before anything is switched",
		Long: `Walk through the controller's lines and ports. Before anything is switched it asks,
and afterwards whether it worked; a line is on for a second, and off again on every
way out, Ctrl-C among them. It runs while the daemon does not: the lines are the
daemon's then.

Nothing makes it fire without being asked but the name of the line: with --line it
asks nobody, and --json needs that.`,
		Example: `  sudo systemctl stop fieldcam && sudo fieldcam hal test
  sudo fieldcam hal test --line heater --line fan --json`,
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
			lines, err := chooseLines(boardLines(cfg), only)
			if err != nil {
				return err
			}
			if err := p.noDaemon(c.Context()); err != nil {
				return err
			}
			t := &tour{board: linux.New(), out: c.OutOrStdout(), quiet: p.json}
			t.walk = walk.Walk{Board: t.board, Say: t.say}
			if len(only) == 0 {
				m, _ := model.Find(cfg.Model) // the configuration is valid
				t.ports = m.Ports
				t.walk.Ask = asker(c.InOrStdin(), c.OutOrStdout())
			}
			err = t.run(c.Context(), lines)
			if p.json {
				if jerr := printJSON(c.OutOrStdout(), t.results); jerr != nil {
					return jerr
				}
			}
			return err
		},
	}
	c.Flags().StringArrayVar(&only, "line", nil, "`name` of a line to test without asking, such as heater; may be given again")
	return c
}

// chooseLines are those of the names, in their order; all where there are none.
func chooseLines(all []boardLine, names []string) ([]boardLine, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []boardLine
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

// asker asks on w and reads answers from in: y or yes is a yes, all else a no. An
// answer may take answerTime. What reads the terminal ends with the process.
func asker(in io.Reader, w io.Writer) func(ctx context.Context, question string) (bool, error) {
	said := make(chan string)
	var reading bool
	r := bufio.NewReader(in)
	return func(ctx context.Context, question string) (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, answerTime, fmt.Errorf("no answer within %s", spanText(answerTime)))
		defer cancel()
		fmt.Fprintf(w, "%s [y/N] ", question)
		if !reading {
			reading = true
			go func() {
				for {
					line, err := r.ReadString('\n')
					said <- strings.ToLower(strings.TrimSpace(line))
					if err != nil {
						close(said) // no more answers: each is a no
						return
					}
				}
			}()
		}
		select {
		case <-ctx.Done():
			fmt.Fprintln(w)
			return false, context.Cause(ctx)
		case line := <-said:
			return line == "y" || line == "yes", nil
		}
	}
}

// tour is one walk through this board.
type tour struct {
	board   *linux.Board
	walk    walk.Walk
	ports   []model.Port
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
func (t *tour) run(ctx context.Context, lines []boardLine) error {
	for _, l := range lines {
		r, err := t.line(ctx, l)
		if err != nil {
			return err
		}
		t.add(r)
	}
	for _, port := range t.ports {
		switch {
		case strings.HasPrefix(port.Path, "/dev/tty"):
			t.add(t.walk.Port(port.Path))
		case strings.HasPrefix(port.Path, "/dev/i2c"):
			t.add(t.walk.Bus(port.Path))
		case strings.HasPrefix(port.Path, "/dev/rtc"):
			t.add(clock(port.Path))
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
func (t *tour) line(ctx context.Context, l boardLine) (walk.Result, error) {
	s, err := t.board.Look(l.Line.Name, linux.DebugRoot)
	if err != nil {
		return walk.Result{Item: l.Use, Outcome: walk.Failed, Detail: err.Error()}, nil
	}
	if s.Taken {
		return walk.Result{Item: l.Use, Outcome: walk.Failed, Detail: fmt.Sprintf("%s has it: left alone", s.Consumer)}, nil
	}
	item := walk.Line{Name: l.Use, Line: l.Line, Text: l.Text}
	if l.Input {
		return t.walk.Input(ctx, item)
	}
	return t.walk.Output(ctx, item)
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
