package agent

import (
	"context"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/plan"
	"fieldcam/queue/session"
)

const (
	// planEvery is how often the plan is checked again: what it rests on moves by
	// days.
	planEvery = 6 * time.Hour
	// planLook is how often the clock is looked at for a step: what is due in the
	// next days is another matter then.
	planLook = time.Minute
	// announcedAhead is how far ahead the cloud's windows count for the plan.
	announcedAhead = 35 * 24 * time.Hour
	// megabyte is the unit of queue.Config, in bytes.
	megabyte = 1_000_000
)

// foresee checks the plan at the start, and again where what it rests on may have
// changed, until ctx ends: it is a part of the agent.
func (a *Agent) foresee(ctx context.Context) error {
	for {
		a.checkPlan()
		checked, at := time.Now(), a.clock.Now()
		for again := false; !again; {
			look := planLook
			if a.steps.told() {
				look = max(1, planEvery-time.Since(checked))
			}
			timer := time.NewTimer(look)
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil
			case <-a.replan:
				again = true
			case <-a.steps.stepped:
			case <-timer.C:
			}
			timer.Stop()
			stepped := a.clock.Now().Sub(at) - time.Since(checked)
			again = again || time.Since(checked) >= planEvery || stepped.Abs() > planLook
		}
	}
}

// planChanged has the plan checked again. It does not wait.
func (a *Agent) planChanged() {
	select {
	case a.replan <- struct{}{}:
	default: // it is due anyway
	}
}

// checkPlan raises the conditions of what the plan can't do, and clears the others.
func (a *Agent) checkPlan() {
	all, err := plan.Check(a.o.Config, a.facts(), a.clock.Now())
	if err != nil { // the configuration was valid at the start
		a.log.Error().Err(err).Msg("plan not checked")
		return
	}
	bad := map[health.Name]plan.Raised{}
	for _, r := range plan.Conditions(all) {
		bad[r.Name] = r
	}
	for _, name := range plan.ConditionNames() {
		if r, ok := bad[name]; ok {
			a.health.Raise(name, r.Severity, r.Text)
		} else {
			a.health.Clear(name)
		}
	}
}

// facts is what this controller knows that bears on its plan.
func (a *Agent) facts() plan.Facts {
	q := a.queue.Stats()
	// What the cloud has may be deleted for room. 0 would be: not known.
	free := int64(q.FreeBytes) + q.ConfirmedBytes - int64(a.o.Config.Queue.StopFreeMegabytes)*megabyte
	f := plan.Facts{
		Kbps: float64(a.kbps()), PhotoBytes: a.photoBytes(), FreeBytes: max(1, free),
		BacklogPhotos: q.Waiting, BacklogBytes: q.WaitingBytes, MonthBytes: a.meter.Usage().Bytes, Pause: a.pause.State(),
	}
	now := a.clock.Now()
	for _, w := range a.windows.Between(now, now.Add(announcedAhead)) {
		if w.Notice != "" {
			f.Windows = append(f.Windows, plan.Announced{Name: w.Name, Class: w.Class, From: w.Start, Until: w.End})
		}
	}
	return f
}

// photoBytes is the mean size of the photos of late; 0 where there are none.
func (a *Agent) photoBytes() int64 {
	q := a.queue.Stats()
	switch f := q.Forecast; {
	case f.In > 0:
		return int64(f.InBytes / f.In)
	case q.Waiting > 0:
		return q.WaitingBytes / q.Waiting
	}
	return 0
}

// kbps is the goodput of the last uploads; 0 before the first.
func (a *Agent) kbps() int {
	if a.sessions == nil {
		return 0
	}
	return a.sessions.State().Kbps
}

// budget is how much of the month's data is left; not limited where no budget is
// configured.
func (a *Agent) budget() (left int64, limited bool) {
	all := a.o.Config.Link.BudgetBytes()
	if all == 0 {
		return 0, false
	}
	return max(0, all-a.meter.Usage().Bytes), true
}

// advise is what becomes of the backlog by the plan.
func (a *Agent) advise() session.Advice {
	q := a.queue.Stats()
	f := q.Forecast
	return session.Advise(a.plan, a.clock.Now(), session.Load{
		Waiting: q.Waiting, WaitingBytes: q.WaitingBytes, In: f.In, InBytes: f.InBytes, Out: f.Out, Measured: f.Days > 0,
		PhotoBytes: a.photoBytes(), Kbps: a.kbps(),
	})
}

// outlook is what the commands on the schedule ask for.
func (a *Agent) outlook() control.Outlook {
	f, now := a.facts(), a.clock.Now()
	o := control.Outlook{
		Now: now, TimeZone: a.plan.Zone().String(), Config: plan.Digest(a.o.Config),
		Kbps: f.Kbps, PhotoBytes: f.PhotoBytes, FreeBytes: f.FreeBytes, BacklogPhotos: f.BacklogPhotos, BacklogBytes: f.BacklogBytes,
		MonthBytes: f.MonthBytes, Pause: control.PauseOf(f.Pause, now),
	}
	for _, w := range f.Windows {
		o.Windows = append(o.Windows, control.Window{Name: w.Name, Class: w.Class, From: w.From, Until: w.Until})
	}
	return o
}
