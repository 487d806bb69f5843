package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"fieldcam/agent"
	"fieldcam/agent/link"
	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/linux/fdstore"
	"fieldcam/hal/model"
)

// The garbage collector's settings: the daemon's live heap is a few megabytes,
// so that collecting at half as much again costs little and keeps it resident
// in 20 MB; near the limit it collects harder rather than grow.
const (
	gcPercent   = 50
	memoryLimit = 24 << 20
	// approach is more than a timer is late on a board that is not busy.
	approach = 2 * time.Millisecond
)

func newRun(p *places) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon: take the photos, upload them, report",
		Long: `Run the daemon until SIGTERM or SIGINT. It logs to standard error: JSON for the
journal, or readable on a terminal. Under systemd it says when it is ready and
feeds the watchdog as long as photos are being taken when they are due.`,
		Example: `  fieldcam run
  fieldcam run --config ./fieldcam.toml --state ./state`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := logWriter(format)
			if err != nil {
				return err
			}
			return run(c.Context(), p, out)
		},
	}
	c.Flags().StringVar(&format, "log", "auto", "json, text, or auto: text on a terminal")
	return c
}

// logWriter chooses how log lines look on standard error.
func logWriter(format string) (io.Writer, error) {
	switch format {
	case "json":
		return os.Stderr, nil
	case "text":
		return zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: "15:04:05.000"}, nil
	case "auto":
		if isatty.IsTerminal(os.Stderr.Fd()) {
			return logWriter("text")
		}
		return logWriter("json")
	}
	return nil, usageError{fmt.Errorf("--log %q: want json, text or auto", format)}
}

func run(ctx context.Context, p *places, out io.Writer) error {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	cfg, err := config.Load(p.config)
	if err != nil {
		return err
	}
	level, err := zerolog.ParseLevel(cfg.Log.Level)
	if err != nil {
		return fmt.Errorf("log level: %w", err)
	}
	log := zerolog.New(out).Level(level).With().Timestamp().Logger()
	for _, w := range config.Warnings(p.config, cfg) {
		log.Warn().Msg(w)
	}
	if err := os.MkdirAll(p.state, 0o750); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	// For whoever must make them safe after a configuration that has been spoilt.
	if err := wiring.Save(filepath.Join(p.state, wiring.FileName), wiring.Lines(cfg)); err != nil {
		log.Warn().Err(err).Msg("what the lines' safe levels are is not noted")
	}
	store := fdstore.Open()
	defer store.Close()
	tellHolding(store, wiring.Lines(cfg), log)
	board := linux.NewHolding(store)
	a, err := agent.Open(ctx, agent.Options{
		Config:   cfg,
		StateDir: p.state,
		Version:  version,
		Board:    model.New(cfg.Model, cfg.HAL).Board(board),
		Clock:    linux.Clock{},
		Root:     "/",
		RTC:      func(path string) hal.RTC { return linux.NewRTC(path) },
		Routes:   link.WatchRoutes,
		Steps:    linux.WatchSteps,
		Approach: approach,
		Log:      log,
		Notify:   notify,
	})
	if errors.Is(err, context.Canceled) {
		log.Info().Err(err).Msg("stopped during the start")
		return nil
	}
	if err != nil {
		return err
	}
	releaseUnclaimed(board, log)
	return errors.Join(a.Run(ctx), a.Close())
}

// tellHolding tells whether lines outlive this process; somebody should mend it where
// they do not, and one should.
func tellHolding(store *fdstore.Store, lines []wiring.Line, log zerolog.Logger) {
	needed := slices.ContainsFunc(lines, func(l wiring.Line) bool { return l.Key != "" && l.Stays })
	e := log.Info()
	if needed && !store.Available() {
		e = log.Warn()
	}
	e.Bool("held", store.Available()).Bool("needed", needed).Str("why", store.Reason()).Msg("whether lines stay as they are while the daemon starts anew")
}

// releaseUnclaimed switches off what an earlier run of the daemon left on and this
// one's configuration knows no longer.
func releaseUnclaimed(board *linux.Board, log zerolog.Logger) {
	lines, err := board.ReleaseUnclaimed()
	if err != nil {
		log.Error().Err(err).Strs("lines", lines).Msg("held lines not released")
	} else if len(lines) > 0 {
		log.Warn().Strs("lines", lines).Msg("held lines released: the configuration names them no longer")
	}
}

// notify tells systemd, where it runs us, how we are; elsewhere it does nothing.
func notify(state agent.State) {
	switch state {
	case agent.Ready:
		daemon.SdNotify(false, daemon.SdNotifyReady)
	case agent.Alive:
		daemon.SdNotify(false, daemon.SdNotifyWatchdog)
	case agent.Stopping:
		daemon.SdNotify(false, daemon.SdNotifyStopping)
	}
}
