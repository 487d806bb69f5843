package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/child"
)

const (
	// idleReach is what the daemon may take of the processor in an hour with nothing to
	// do, in seconds, and wakeReach how often it may wake it, per second.
	idleReach, wakeReach = 1, 2
	// quietAfter is how long the daemon's start has an effect: the link comes up, and
	// the first heartbeat leaves.
	quietAfter = 30 * time.Second
	// quietTime has as many heartbeats as quietBeat makes of it.
	quietTime = 3 * time.Minute
	// quietBeat is between two heartbeats.
	quietBeat = time.Minute
	// floorTick is how often the program wakes that does nothing else: as often as the
	// daemon feeds its watchdog.
	floorTick = 10 * time.Second
	// window is the time in which whatever a process does is one wake-up: its threads hand
	// work on to each other. How long it is, is our own choice. A process that never rests
	// has 50 wake-ups a second.
	window = 20 * time.Millisecond
)

func idleFigure() measurement {
	return measurement{figure.Figure{
		Name: "idle-cpu", Unit: "s/h", Reach: figure.AtMost(idleReach),
		What: "processor time per idle hour, heartbeat each minute",
	}, func(ctx context.Context, l *lab) (figure.Outcome, error) {
		return idleOutcome(ctx, l, "idle-cpu", func(e effort) float64 { return e.perHour })
	}}
}

func wakeFigure() measurement {
	return measurement{figure.Figure{
		Name: "idle-wakeups", Unit: "1/s", Reach: figure.AtMost(wakeReach),
		What: "wake-ups per idle second (each 20 ms in which it ran)",
	}, func(ctx context.Context, l *lab) (figure.Outcome, error) {
		return idleOutcome(ctx, l, "idle-wakeups", func(e effort) float64 { return e.wakes })
	}}
}

// effort is what a process does while nothing happens.
type effort struct {
	perHour float64 // seconds of a processor
	wakes   float64 // per second: the windows in which it ran
	waits   float64 // per second: how often one of its threads gave up the processor
}

// idleOutcome watches an idle daemon of its own, beside a program that only ticks.
func idleOutcome(ctx context.Context, l *lab, name string, of func(effort) float64) (_ figure.Outcome, err error) {
	dir, err := l.room(name)
	if err != nil {
		return figure.Outcome{}, err
	}
	h, err := startHub(ctx, l, filepath.Join(dir, "hub"), nil)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	a, err := h.add(ctx, device)
	if err != nil {
		return figure.Outcome{}, err
	}
	config := filepath.Join(dir, "fieldcam.toml")
	if err := os.WriteFile(config, []byte(idleConfig(a)), 0o600); err != nil {
		return figure.Outcome{}, err
	}
	daemon := child.New("fieldcam", filepath.Join(dir, "fieldcam.log"), l.program("fieldcam"),
		"run", "--config", config, "--state", filepath.Join(dir, "state"), "--log", "json")
	bare := child.New("ticker", filepath.Join(dir, "ticker.log"), l.self, "bench", "part", partTick, fmt.Sprint(int64(floorTick)))
	for _, p := range []*child.Process{daemon, bare} {
		if err := p.Start(); err != nil {
			return figure.Outcome{}, err
		}
		defer p.Kill() // where something fails
	}
	if err := pause(ctx, quietAfter); err != nil {
		return figure.Outcome{}, err
	}
	efforts, err := measureEfforts(ctx, quietTime, daemon.PID(), bare.PID())
	if err != nil {
		return figure.Outcome{}, fmt.Errorf("%w (see %s)", err, daemon.Log())
	}
	bare.Kill()
	return figure.Outcome{
		Value: of(efforts[0]),
		Beside: fmt.Sprintf("floor %s: a Go program that ticks each %v; both for %v; its threads wait %s times a second, the floor's %s",
			figure.Number(of(efforts[1])), floorTick, quietTime, figure.Number(efforts[0].waits), figure.Number(efforts[1].waits)),
	}, daemon.Stop(stopTime)
}

// idleConfig is that of a controller that has nothing to do today.
func idleConfig(a account) string {
	return accountConfig(a, quietBeat) + `
[[session]]
name = "uploads"
kind = "upload"
every = "24h"
`
}

// measureEfforts watches processes for a time.
func measureEfforts(ctx context.Context, long time.Duration, pids ...int) ([]effort, error) {
	before := make([]activity, len(pids))
	var err error
	for i, pid := range pids {
		if before[i], err = activityOf(pid); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	woke := make([]wakeUps, len(pids))
	for time.Since(began) < long {
		if err := pause(ctx, window); err != nil {
			return nil, err
		}
		for i, pid := range pids {
			now, err := activityOf(pid)
			if err != nil {
				return nil, err
			}
			woke[i].look(now)
		}
	}
	took := time.Since(began)
	var all []effort
	for i, pid := range pids {
		after, err := activityOf(pid)
		if err != nil {
			return nil, err
		}
		all = append(all, effort{
			perHour: (after.ran - before[i].ran).Hours() / took.Hours() * time.Hour.Seconds(),
			wakes:   float64(woke[i].count) / took.Seconds(),
			waits:   float64(after.waits-before[i].waits) / took.Seconds(),
		})
	}
	return all, nil
}

// wakeUps counts the windows in which a process ran, by looks at what it has done.
type wakeUps struct {
	count  int
	last   activity // at the last look
	looked bool
}

func (w *wakeUps) look(now activity) {
	if w.looked && now != w.last {
		w.count++
	}
	w.last, w.looked = now, true
}

// activity is what a process's threads have done so far. Threads of a Go program do
// not end.
type activity struct {
	ran   time.Duration
	waits int64 // how often they gave up the processor to wait for something
}

// activityOf reads /proc/PID/task/*/schedstat, whose first number is the nanoseconds
// on a processor (the kernel's Documentation/scheduler/sched-stats.rst), and status.
func activityOf(pid int) (a activity, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err == nil && len(tasks) == 0 {
		err = fmt.Errorf("no process %d", pid)
	}
	for _, task := range tasks {
		stat, serr := os.ReadFile(filepath.Join(task, "schedstat"))
		status, terr := os.ReadFile(filepath.Join(task, "status"))
		if err := errors.Join(serr, terr); err != nil {
			return a, err
		}
		first, _, _ := strings.Cut(string(stat), " ")
		ns, serr := strconv.ParseInt(first, 10, 64)
		waits, terr := blockdev.Field(string(status), "voluntary_ctxt_switches")
		if err := errors.Join(serr, terr); err != nil {
			return a, fmt.Errorf("read what %s did: %w", task, err)
		}
		a.ran += time.Duration(ns)
		a.waits += waits
	}
	return a, err
}

// tick does nothing, over and over, until ctx ends.
func tick(ctx context.Context, every time.Duration) (struct{}, error) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return struct{}{}, nil
		case <-t.C:
		}
	}
}
