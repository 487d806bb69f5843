package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/pause"
	"fieldcam/agent/plan"
	"fieldcam/config"
	"fieldcam/hal/linux"
	"fieldcam/queue"
)

func newSchedule(p *places) *cobra.Command {
	c := group("schedule", "Look at what is due, check it, pause it",
		newScheduleNext(p), newScheduleCheck(p), newScheduleCalendar(p), newSchedulePause(p), newScheduleResume(p))
	c.Long = `Look at what is due, check it, and pause it.

What is shown comes from the configuration file, and from the daemon, where one
runs: its clock, the pause that a person has set, the maintenance windows that
the cloud has announced, and what it has measured.

For one photo now, beside the schedule: "fieldcam capture".`
	return c
}

// ahead is a configuration with what is known of the controller, for looking at
// the days to come.
type ahead struct {
	cfg   config.Config
	facts plan.Facts
	plan  *plan.Plan
	now   time.Time
}

// lookAhead reads the configuration, and asks the daemon, or where none runs looks
// for itself.
func (p *places) lookAhead(c *cobra.Command) (*ahead, error) {
	cfg, err := config.Load(p.config)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: use sudo", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: --config names the file", err)
	case err != nil:
		return nil, err
	}
	a := &ahead{cfg: cfg}
	digest := ""
	if a.facts, a.now, digest, err = p.factsFor(c, cfg); err != nil {
		return nil, err
	}
	if digest != "" && digest != plan.Digest(cfg) {
		fmt.Fprintf(c.ErrOrStderr(), "note: this is of %s; the daemon goes by another schedule\n      until it is restarted: sudo systemctl restart fieldcam\n", p.config)
	}
	a.plan, err = plan.New(cfg, a.facts)
	return a, err
}

// factsFor asks the daemon what it knows, or looks here where none runs: digest is
// empty then.
func (p *places) factsFor(c *cobra.Command, cfg config.Config) (f plan.Facts, now time.Time, digest string, err error) {
	done := progress(c.ErrOrStderr(), "asking the daemon")
	o, err := p.client().Outlook(c.Context())
	done()
	// A daemon of an older version knows of no outlook.
	if errors.Is(err, control.ErrNotRunning) || errors.Is(err, queue.ErrUnknown) {
		f, now, err = p.factsHere(c, cfg), time.Now(), nil
	} else {
		f, now, digest = factsOf(o), o.Now, o.Config
	}
	return f, now.Truncate(time.Second), digest, err
}

// factsOf is what the daemon knows.
func factsOf(o control.Outlook) plan.Facts {
	f := plan.Facts{
		Kbps: o.Kbps, PhotoBytes: o.PhotoBytes, FreeBytes: o.FreeBytes,
		BacklogPhotos: o.BacklogPhotos, BacklogBytes: o.BacklogBytes, MonthBytes: o.MonthBytes,
		Pause: pause.State{From: o.Pause.From, Until: o.Pause.Until, Reason: o.Pause.Reason},
	}
	for _, w := range o.Windows {
		f.Windows = append(f.Windows, plan.Announced{Name: w.Name, Class: w.Class, From: w.From, Until: w.Until})
	}
	return f
}

// factsHere is what can be known without the daemon.
func (p *places) factsHere(c *cobra.Command, cfg config.Config) (f plan.Facts) {
	const mega = 1_000_000
	var disk syscall.Statfs_t
	if syscall.Statfs(p.state, &disk) == nil {
		f.FreeBytes = max(int64(disk.Bavail)*int64(disk.Bsize)-int64(cfg.Queue.StopFreeMegabytes)*mega, 0)
	}
	held, err := pause.Load(p.state)
	p.unread(c, err)
	f.Pause = held.State()
	windows, err := maintenance.Kept(cfg.Maintenance, maintenance.Options{Device: cfg.Device, Clock: linux.Clock{}, Dir: p.state, Log: zerolog.Nop()})
	p.unread(c, err)
	for _, w := range windows {
		f.Windows = append(f.Windows, plan.Announced{Name: w.Name, Class: w.Class, From: w.Start, Until: w.End})
	}
	return f
}

// unread says why something of the daemon's is not known.
func (p *places) unread(c *cobra.Command, err error) {
	switch {
	case errors.Is(err, fs.ErrPermission):
		fmt.Fprintf(c.ErrOrStderr(), "note: what is in %s is not looked at: use sudo\n", p.state)
	case err != nil:
		fmt.Fprintln(c.ErrOrStderr(), "warning:", err)
	}
}
