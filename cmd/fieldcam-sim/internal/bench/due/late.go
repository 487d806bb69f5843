package due

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// The bounds of how late the shutter line is set, in milliseconds.
	lateMedianReach = 1
	lateP99Reach    = 10
	// lateMinutes is how long that is looked at; settle is the time before, in
	// which the programs start.
	lateMinutes = 4
	settle      = 5 * time.Second
)

func shutterLate() measurement {
	return measurement{[]figure.Figure{
		{Name: "shutter-late-median", Unit: "ms", Reach: figure.AtMost(lateMedianReach), What: "shutter command after its slot, loaded machine, median"},
		{Name: "shutter-late-p99", Unit: "ms", Reach: figure.AtMost(lateP99Reach), What: "shutter command after its slot, loaded machine, p99"},
	}, measureLate}
}

// measureLate loads the machine, and lets controllers and peers run beside one
// another for whole minutes.
func measureLate(ctx context.Context, l *lab) ([]figure.Outcome, error) {
	from := time.Now().Add(settle).Truncate(time.Minute).Add(time.Minute)
	to := from.Add(lateMinutes*time.Minute - time.Second)
	l.say("shutter-late: %d controllers, cron and systemd on a loaded machine until %s", controllers, to.Format(time.TimeOnly))
	if err := pause(ctx, time.Until(from)-settle); err != nil {
		return nil, err
	}
	cron, cronErr := startCron(l)
	exact, exactErr := startSystemd(l, systemdOrder{l.dir, true})
	usual, usualErr := startSystemd(l, systemdOrder{l.dir, false})
	all, load, err := runControllers(ctx, l, to)
	if cronErr == nil {
		cronErr = cron.stop()
	}
	if exactErr == nil {
		exactErr = exact.stop()
	}
	if usualErr == nil {
		usualErr = usual.stop()
	}
	if err != nil {
		return nil, err
	}
	late := all.Late
	for range all.Missed { // not before the next one
		late = append(late, milliseconds(slotEvery))
	}
	peers := []figure.Row{
		{What: "a bare timer in the same processes", Measured: spread(all.Timer, nil)},
		peerRow("cron, a job of the minute", cronErr, func() ([]float64, error) {
			return stamps(cronOrder{l.dir}.log(), time.Minute, 0, from, to)
		}),
		peerRow("systemd timer, AccuracySec=1us", exactErr, func() ([]float64, error) {
			return stamps(systemdOrder{l.dir, true}.log(0), time.Second, 0, from, to)
		}),
		peerRow("systemd timer, its default accuracy (1 min)", usualErr, func() (every []float64, err error) {
			for _, s := range usualSeconds() {
				one, err := stamps(systemdOrder{l.dir, false}.log(s), time.Minute, time.Duration(s)*time.Second, from, to)
				if err != nil {
					return nil, err
				}
				every = append(every, one...)
			}
			return every, nil
		}),
	}
	text := spread(late, nil)
	if all.Missed > 0 {
		text += fmt.Sprintf(", %d MISSED", all.Missed)
	}
	beside := fmt.Sprintf("load: %d busy processors, %s MB/s synced to the disk", load.Processors, figure.Number(float64(load.Bytes)/1e6/load.Seconds))
	return []figure.Outcome{
		{Value: figure.Median(late), Beside: beside, More: append([]figure.Row{{What: "fieldcam's capture service", Measured: text}}, peers...)},
		{Value: figure.Quantile(late, 0.99), Beside: "the same slots"},
	}, nil
}

// spread is how late things were, in words.
func spread(late []float64, err error) string {
	if err != nil {
		return "not measured: " + err.Error()
	}
	n := figure.Number
	return fmt.Sprintf("median %s, p99 %s, max %s ms (%d)", n(figure.Median(late)), n(figure.Quantile(late, 0.99)), n(figure.Quantile(late, 1)), len(late))
}

// peerRow is a peer's row. A peer that this machine cannot run is said to be so.
func peerRow(what string, err error, read func() ([]float64, error)) figure.Row {
	var late []float64
	if err == nil {
		late, err = read()
	}
	if err == nil && len(late) == 0 {
		err = errors.New("no job ran")
	}
	return figure.Row{What: what, Measured: spread(late, err), Beside: "its job is date(1), its start included"}
}

func startCron(l *lab) (*peer, error) {
	return startPeer(l, partCron, cronOrder{l.dir}, peerNamespaces())
}

// systemdPeer is systemd with its control group.
type systemdPeer struct {
	*peer
	remove func() error
}

func startSystemd(l *lab, o systemdOrder) (*systemdPeer, error) {
	group, remove, err := makeGroup(fmt.Sprintf("fieldcam-bench-%d-%s", os.Getpid(), filepath.Base(o.dir())))
	if err != nil {
		return nil, err
	}
	attributes := peerNamespaces()
	attributes.UseCgroupFD, attributes.CgroupFD = true, int(group.Fd())
	p, err := startPeer(l, partSystemd, o, attributes)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return &systemdPeer{p, remove}, nil
}

func (p *systemdPeer) stop() error { return errors.Join(p.peer.stop(), p.remove()) }

// runControllers runs the load and the controllers until the time given, and
// joins what they found.
func runControllers(ctx context.Context, l *lab, to time.Time) (all onTime, load loaded, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make([]onTime, controllers)
	errs := make([]error, controllers+1)
	var running sync.WaitGroup
	begin := func(i int, run func() error) {
		running.Go(func() {
			if errs[i] = run(); errs[i] != nil {
				cancel()
			}
		})
	}
	for i := range controllers {
		begin(i, func() (err error) {
			order := controllerOrder{filepath.Join(l.dir, fmt.Sprint("controller-", i)), i, to}
			found[i], err = call[onTime](ctx, l, partController, order, nil)
			return err
		})
	}
	begin(controllers, func() (err error) {
		load, err = call[loaded](ctx, l, partLoad, loadOrder{l.dir, to}, nil)
		return err
	})
	running.Wait()
	for _, f := range found {
		all.Late, all.Timer, all.Missed = append(all.Late, f.Late...), append(all.Timer, f.Timer...), all.Missed+f.Missed
	}
	return all, load, errors.Join(errs...)
}
