package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/agent/pause"
	"fieldcam/config"
)

func newSchedulePause(p *places) *cobra.Command {
	var span, until, reason string
	c := &cobra.Command{
		Use:   "pause",
		Short: "Take and upload nothing by schedule for a while",
		Long: `Take no photo by schedule, and begin no upload session, from now until the time
given: 30 days at the most. Check-ins go on, and so does "fieldcam capture". The
pause outlives a restart and a power cut, and ends by itself.

Without the daemon the pause is noted for its next start.`,
		Example: `  fieldcam schedule pause --for 2h --reason "crane at the mast"
  fieldcam schedule pause --until 18:00
  fieldcam schedule pause --until 2026-11-24T07:00`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if (span == "") == (until == "") {
				return usageError{errors.New("schedule pause: say how long, by --for 2h or by --until 18:00")}
			}
			length, err := parseSpan(span)
			if err != nil {
				return usageError{fmt.Errorf("--for: %w", err)}
			}
			k, err := p.pauseKeeper(c)
			if err != nil {
				return err
			}
			q := control.PauseRequest{Seconds: int64(length / time.Second), Reason: reason}
			if until != "" {
				if q.Until, err = parseEnd(until, k.now, k.zone); err != nil {
					return usageError{fmt.Errorf("--until: %w", err)}
				}
			}
			now, err := k.set(c.Context(), q)
			return show(c.OutOrStdout(), p.json, now, err, func() {
				w := c.OutOrStdout()
				fmt.Fprintf(w, "Paused until %s %s, %s.\n", clockText(now.Until, k.zone), k.zone, sinceText(k.now, now.Until))
				fmt.Fprintln(w, "No photo is taken and no upload is begun by schedule; check-ins go on.")
				fmt.Fprintln(w, `To end it sooner: "fieldcam schedule resume".`)
			})
		},
	}
	c.Flags().Var(given{&span}, "for", "a `span` such as 90m, 2h or 3d")
	c.Flags().Var(given{&until}, "until", "the `time` at the site, 18:00 or 2026-11-24T07:00")
	c.Flags().Var(given{&reason}, "reason", "a `text` for whoever looks later")
	c.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{"30m", "1h", "2h", "4h", "8h", "1d"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func newScheduleResume(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "End the pause",
		Long: `End the pause that "fieldcam schedule pause" has begun. A [[pause]] of the
configuration is changed there.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			k, err := p.pauseKeeper(c)
			if err != nil {
				return err
			}
			before, err := k.get(c.Context())
			if err != nil {
				return err
			}
			now, err := k.clear(c.Context())
			return show(c.OutOrStdout(), p.json, now, err, func() {
				if !before.Paused {
					fmt.Fprintln(c.OutOrStdout(), `Nothing was paused. "fieldcam schedule next" says what is due.`)
					return
				}
				fmt.Fprintf(c.OutOrStdout(), "Resumed, after %s. \"fieldcam schedule next\" says what is due.\n", spanText(now.Until.Sub(now.From)))
			})
		},
	}
}

// keeper of pauses: the daemon, or, where none runs, this process.
type pauseKeeper struct {
	now   time.Time
	zone  *time.Location
	get   func(context.Context) (control.Pause, error)
	set   func(context.Context, control.PauseRequest) (control.Pause, error)
	clear func(context.Context) (control.Pause, error)
}

func (p *places) pauseKeeper(c *cobra.Command) (*pauseKeeper, error) {
	client := p.client()
	done := progress(c.ErrOrStderr(), "asking the daemon")
	status, err := client.Status(c.Context())
	done()
	if err == nil {
		return &pauseKeeper{status.Now, zone(status.TimeZone), client.Pause, client.SetPause, client.Resume}, nil
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return nil, err
	}
	k, errHere := p.pauseHere(c)
	if errors.Is(errHere, fs.ErrPermission) {
		return nil, fmt.Errorf("%w, and you may not write to %s: use sudo", err, p.state)
	}
	return k, errHere
}

// pauseHere keeps the pause that the daemon will find at its next start.
func (p *places) pauseHere(c *cobra.Command) (*pauseKeeper, error) {
	site := time.UTC
	if cfg, err := config.Load(p.config); err == nil {
		site = zone(cfg.TimeZone)
	} else {
		fmt.Fprintf(c.ErrOrStderr(), "note: times are in UTC, since the site's zone is not known: %s can't be used\n", p.config)
	}
	if _, err := becomeOwner(p.state); err != nil {
		return nil, err
	}
	kept, err := pause.Load(p.state)
	if errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if err != nil {
		fmt.Fprintln(c.ErrOrStderr(), "warning:", err)
	}
	fmt.Fprintln(c.ErrOrStderr(), "note: the daemon is not running, so no photos are taken; this is for its next start")
	here := func(s pause.State, err error) (control.Pause, error) { return control.PauseOf(s, time.Now()), err }
	return &pauseKeeper{
		now: time.Now(), zone: site,
		get: func(context.Context) (control.Pause, error) { return here(kept.State(), nil) },
		set: func(_ context.Context, q control.PauseRequest) (control.Pause, error) {
			now := time.Now()
			until, err := q.End(now)
			if err != nil {
				return control.Pause{}, err
			}
			return here(kept.Set(now, until, q.Reason))
		},
		clear: func(context.Context) (control.Pause, error) { return here(kept.Clear(time.Now())) },
	}, nil
}

// parseSpan reads a duration, also in days, "3d"; whole seconds, more than none.
// An empty text is 0.
func parseSpan(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	const hours = 24
	d, err := time.ParseDuration(s)
	if n, ok := strings.CutSuffix(s, "d"); ok {
		var days float64
		if days, err = strconv.ParseFloat(n, 64); err == nil && math.Abs(days) < math.MaxInt16 {
			d = time.Duration(days * hours * float64(time.Hour))
		}
	}
	if err != nil || d < time.Second {
		return 0, fmt.Errorf("%.40q: want a duration such as 90m, 2h or 3d", s)
	}
	return d.Round(time.Second), nil
}

// parseEnd is parseWhen, and also takes a time of day, "18:00": the next one after
// now at the site.
func parseEnd(s string, now time.Time, z *time.Location) (time.Time, error) {
	for _, layout := range []string{"15:04", time.TimeOnly} {
		clock, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		today := now.In(z)
		for n := range 3 {
			face := time.Date(today.Year(), today.Month(), today.Day()+n, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
			for _, t := range showing(face, z) {
				if t.After(now) {
					return t, nil
				}
			}
		}
	}
	t, err := parseWhen(s, z, false)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w, or a time of day such as 18:00", err)
	}
	return t, nil
}

// showing is when the zone's clock shows what face does in UTC: two times where it is set
// back, the same one twice on most days, and one beside it where it skips that.
func showing(face time.Time, z *time.Location) (all []time.Time) {
	const half = 12 * time.Hour
	t := time.Date(face.Year(), face.Month(), face.Day(), face.Hour(), face.Minute(), face.Second(), 0, z)
	for _, near := range []time.Time{t.Add(-half), t.Add(half)} {
		_, offset := near.Zone()
		at := face.Add(-time.Duration(offset) * time.Second).In(z)
		if at.Format(time.DateTime) == face.Format(time.DateTime) {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		all = append(all, t)
	}
	return all
}
