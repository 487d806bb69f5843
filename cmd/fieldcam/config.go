package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/health"
	"fieldcam/agent/identity"
	"fieldcam/agent/plan"
	"fieldcam/config"
)

func newConfig(p *places) *cobra.Command {
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a file: every fault, with line and column",
		Long: `Check a configuration file: every fault, with line and column; and warn of what
works, but not as anybody can want it. What to do about a warning of the
schedule says "fieldcam schedule check --config FILE".`,
		Example: `  fieldcam config check
  fieldcam config check new.toml && sudo cp new.toml /etc/fieldcam/fieldcam.toml`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			file := p.config
			if len(a) == 1 {
				file = a[0]
			}
			cfg, err := config.Load(file)
			var bad *config.Error
			if p.json && errors.As(err, &bad) {
				if err := printJSON(c.OutOrStdout(), bad); err != nil {
					return err
				}
				return err
			}
			if err != nil {
				return err
			}
			for _, w := range warnings(file, cfg) {
				fmt.Fprintln(c.ErrOrStderr(), "warning:", w)
			}
			found, err := p.findings(c, cfg)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), goodConfig{&config.Error{Name: file, Problems: []config.Problem{}}, found})
			}
			for _, f := range found {
				fmt.Fprintln(c.ErrOrStderr(), "warning:", f.Text)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: good\n", file)
			return nil
		},
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the effective configuration, secrets hidden",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(p.config)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(c.OutOrStdout(), config.Show(cfg))
			return err
		},
	}
	def := &cobra.Command{
		Use:     "default",
		Short:   "Print a complete file: every key, default and meaning",
		Example: "  fieldcam config default > fieldcam.toml",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(config.DefaultFile())
			return err
		},
	}
	return group("config", "Check and print the configuration", check, show, def)
}

// goodConfig is what `config check --json` prints of a file without faults.
type goodConfig struct {
	*config.Error
	Findings []plan.Finding `json:"findings"` // warnings of the schedule
}

// findings are the warnings of a schedule, by what the daemon has measured, if one
// runs that says so.
func (p *places) findings(c *cobra.Command, cfg config.Config) ([]plan.Finding, error) {
	facts, now := plan.Facts{}, time.Now()
	if o, err := p.client().Outlook(c.Context()); err == nil {
		facts, now = factsOf(o), o.Now
	} else if c.Context().Err() != nil {
		return nil, err
	}
	all, err := plan.Check(cfg, facts, now)
	found := []plan.Finding{}
	for _, f := range all {
		if f.Severity != health.Info {
			found = append(found, f)
		}
	}
	return found, err
}

// warnings are what a person should mend in a configuration that works: the
// daemon takes photos with it all the same.
func warnings(file string, cfg config.Config) []string {
	all := config.Warnings(file, cfg)
	who, err := identity.Open(cfg.Identity, cfg.Device, time.Now)
	if err != nil {
		return append(all, "nothing can be sent: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return append(all, who.Warnings()...)
}
