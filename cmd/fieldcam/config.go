package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/identity"
	"fieldcam/config"
)

func newConfig(p *places) *cobra.Command {
	check := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a file: every fault, with line and column",
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
			if p.json {
				return printJSON(c.OutOrStdout(), &config.Error{Name: file, Problems: []config.Problem{}})
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
