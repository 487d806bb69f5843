package due

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// nextReach is how long the next slot may take to be found, in microseconds.
	nextReach = 5
	// nextSessions and nextEvents are what the schedule holds.
	nextSessions, nextEvents = 20, 5
	// nextInstants are the times of a year from which the next slot is asked for,
	// nextRepeats how often each, as one measurement.
	nextInstants, nextRepeats = 20_000, 20
)

func nextSlot() measurement {
	return measurement{[]figure.Figure{
		{Name: "next-slot", Unit: "us", Reach: figure.AtMost(nextReach), What: fmt.Sprintf("next slot of %d sessions and %d events, mean over a year", nextSessions, nextEvents)},
		{Name: "next-slot-allocations", Unit: "allocations", Reach: figure.AtMost(0), What: "allocations of that"},
	}, measureNext}
}

func measureNext(ctx context.Context, l *lab) ([]figure.Outcome, error) {
	l.say("next-slot: %d instants of a year", nextInstants)
	plan, err := fullPlan()
	if err != nil {
		return nil, err
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const step = 365 * 24 * time.Hour / nextInstants
	micros := make([]float64, 0, nextInstants)
	var sum float64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range nextInstants {
		// Into every fraction of a day, in the order of the year.
		at := begin.Add(time.Duration(i) * step)
		began := time.Now()
		for range nextRepeats {
			if _, ok := plan.Next(schedule.Capture, at); !ok {
				return nil, errors.New("no next slot")
			}
		}
		t := float64(time.Since(began)) / float64(time.Microsecond) / nextRepeats
		micros, sum = append(micros, t), sum+t
	}
	runtime.ReadMemStats(&after)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	calls := float64(nextInstants * nextRepeats)
	allocations := float64(after.Mallocs-before.Mallocs) / calls
	if allocations < 0.01 { // the runtime's own, of the whole run
		allocations = 0
	}
	n := figure.Number
	return []figure.Outcome{
		{Value: sum / nextInstants, Beside: fmt.Sprintf("median %s, p99 %s, max %s us; an instant each %v", n(figure.Median(micros)), n(figure.Quantile(micros, 0.99)), n(figure.Quantile(micros, 1)), step)},
		{Value: allocations, Beside: fmt.Sprintf("%d calls", int(calls))},
	}, nil
}
