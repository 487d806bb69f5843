package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/config"
	"fieldcam/queue"
	"fieldcam/queue/second"
)

// door is the way to the queue: through the daemon, which holds the queue's lock,
// or opened by this process where no daemon runs. Both answer the same requests.
type door struct {
	*control.Client
	status control.Status
	// here: this process has the queue open; recovery is what that did.
	here     bool
	recovery queue.Recovery
	// asRoot makes this process root again where it is, for writing elsewhere.
	asRoot func() error
}

// zone is the site's.
func (d *door) zone() *time.Location { return zone(d.status.TimeZone) }

// through calls f with the way to the queue.
func (p *places) through(c *cobra.Command, f func(ctx context.Context, d *door) error) error {
	ctx, client := c.Context(), p.client()
	done := progress(c.ErrOrStderr(), "asking the daemon")
	status, err := client.Status(ctx)
	done()
	if err == nil {
		return f(ctx, &door{Client: client, status: status, asRoot: func() error { return nil }})
	}
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	cfg, err := p.ownQueue(err)
	if err != nil {
		return err
	}
	own, err := becomeOwner(p.state)
	if err != nil {
		return err
	}
	done = progress(c.ErrOrStderr(), "opening the queue")
	var disk *second.Worker // only for what it has; nothing is copied
	o := queueOptions(p, cfg)
	o.OpenCopy = func(m photo.Meta) (io.ReadSeekCloser, error) {
		if disk == nil { // while the queue is being opened
			return nil, errors.New("open second copy: not yet")
		}
		return disk.Open(m)
	}
	q, err := queue.Open(ctx, o)
	done()
	if err != nil {
		return explainOpen(err)
	}
	disk = second.New(cfg.Copy, second.Options{Queue: q, Device: cfg.Device, Dir: p.state, Log: zerolog.Nop()})
	fmt.Fprintln(c.ErrOrStderr(), "note: the daemon is not running, so no photos are taken; the queue is open here,")
	fmt.Fprintln(c.ErrOrStderr(), "      and the daemon cannot start meanwhile")
	err = p.serveHere(ctx, q, cfg, own, f)
	errClose := errors.Join(q.Close(), own.giveBack())
	if err == nil {
		err = errClose
	}
	return err
}

// serveHere calls f with a way to q.
func (p *places) serveHere(ctx context.Context, q *queue.Queue, cfg config.Config, own *owner, f func(ctx context.Context, d *door) error) error {
	plan, err := cfg.Schedule()
	if err != nil {
		return fmt.Errorf("read schedule: %w", err)
	}
	a := &absent{cfg: cfg, started: time.Now()}
	client, stop := control.Pipe(ctx, control.Options{
		Agent: a, Store: q, Zone: plan.Zone(), Clock: a, Log: zerolog.Nop(),
	})
	err = f(ctx, &door{Client: client, status: a.Status(), here: true, recovery: q.Recovery(), asRoot: own.leave})
	if errStop := stop(); err == nil {
		err = errStop
	}
	return err
}

// ownQueue reads what is needed to open the queue here; notRunning is why.
func (p *places) ownQueue(notRunning error) (config.Config, error) {
	there := false
	for _, name := range []string{"queue.db", "spool"} {
		_, err := os.Stat(filepath.Join(p.state, name))
		if errors.Is(err, fs.ErrPermission) {
			return config.Config{}, fmt.Errorf("%w, and you may not read %s: use sudo", notRunning, p.state)
		}
		there = there || err == nil
	}
	if !there { // a wrong name must not make a queue
		return config.Config{}, fmt.Errorf("%w, and there is no queue in %s: --state names its directory", notRunning, p.state)
	}
	cfg, err := config.Load(p.config)
	if err != nil {
		return config.Config{}, fmt.Errorf("the daemon is not running, and its queue can't be opened without its configuration (--config names it): %w", err)
	}
	return cfg, nil
}

func queueOptions(p *places, cfg config.Config) queue.Options {
	o := queue.Options{Dir: p.state, Device: cfg.Device, Config: cfg.Queue, Log: zerolog.Nop()}
	if cfg.Copy.Mount != "" {
		o.Copies = cfg.Copy.Copies
	}
	return o
}

// explainOpen says what to do about a queue that can't be opened.
func explainOpen(err error) error {
	switch {
	case errors.Is(err, queue.ErrLocked):
		return fmt.Errorf("%w: the daemon is starting or stopping, or another command is at work; try again", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: use sudo", err)
	case errors.Is(err, queue.ErrNewer):
		return fmt.Errorf("%w: use that version's program; this is %s", err, version)
	}
	return err
}

// absent stands for the daemon that is not running.
type absent struct {
	cfg     config.Config
	started time.Time
}

func (a *absent) Now() time.Time { return time.Now() }

func (a *absent) Status() control.Status {
	return control.Status{Device: a.cfg.Device, Model: a.cfg.Model, Version: version, Started: a.started, Now: a.Now(), TimeZone: a.cfg.TimeZone}
}

func (a *absent) Capture(context.Context) (photo.Meta, error) {
	return photo.Meta{}, control.ErrNotRunning
}

func (a *absent) Upload(int) error { return control.ErrNotRunning }
