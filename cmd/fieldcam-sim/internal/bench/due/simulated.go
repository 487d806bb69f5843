package due

import (
	"context"
	"fmt"
	"path/filepath"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// reconnectReach is how much more than the mean a broker may see in the busiest
	// second after a window.
	reconnectReach = 2
	// yearReach is what a simulated year may take, in seconds of one processor,
	// and yearSeeds are how many years are simulated.
	yearReach = 60
	yearSeeds = 3
)

func reconnects() measurement {
	return measurement{[]figure.Figure{{
		Name: "reconnect-peak", Unit: "times", Reach: figure.AtMost(reconnectReach),
		What: "busiest second at a broker, 10,000 controllers after a window, over the mean",
	}}, measureReconnects}
}

func measureReconnects(ctx context.Context, l *lab) ([]figure.Outcome, error) {
	const dir = "agent/mqtt"
	l.say("reconnect-peak: 10,000 control links after a window with 10 minutes of spread")
	program, err := buildTest(ctx, l, dir)
	if err != nil {
		return nil, err
	}
	run, err := runTest(ctx, l, dir, program, nil, "-test.run", "^$", "-test.bench", "^BenchmarkFleetReturnsAfterAWindow$", "-test.benchtime", "1x")
	if err != nil {
		return nil, err
	}
	ratio, err := metric(run.text, "peak/mean")
	if err != nil {
		return nil, err
	}
	peak, err := metric(run.text, "peak/s")
	if err != nil {
		return nil, err
	}
	n := figure.Number
	return []figure.Outcome{{Value: ratio, Beside: fmt.Sprintf("%s in the busiest second, %s on average", n(peak), n(peak/ratio))}}, nil
}

func simulatedYear() measurement {
	return measurement{[]figure.Figure{{
		Name: "simulated-year", Unit: "s", Reach: figure.AtMost(yearReach),
		What: fmt.Sprintf("a year in the field simulated on one core, the longest of %d", yearSeeds),
	}}, measureYear}
}

func measureYear(ctx context.Context, l *lab) ([]figure.Outcome, error) {
	const dir = "agent"
	program, err := buildTest(ctx, l, dir, "-tags", "year")
	if err != nil {
		return nil, err
	}
	var longest, sum float64
	for seed := range yearSeeds {
		l.say("simulated-year: seed %d", seed+1)
		run, err := runTest(ctx, l, dir, program, []string{
			fmt.Sprintf("FIELDCAM_YEAR_SEED=%d", seed+1),
			"FIELDCAM_YEAR_SUMMARY=" + filepath.Join(l.dir, fmt.Sprint("year-", seed+1)),
		}, "-test.run", "^TestAYearInTheField$", "-test.timeout", "20m")
		if err != nil {
			return nil, err
		}
		longest, sum = max(longest, run.seconds), sum+run.seconds
	}
	return []figure.Outcome{{Value: longest, Beside: fmt.Sprintf("processor time, without the race detector; the mean %s s", figure.Number(sum/yearSeeds))}}, nil
}
