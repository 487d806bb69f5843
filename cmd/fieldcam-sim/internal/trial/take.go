package trial

import (
	"fmt"
	"sync"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// take is one scenario being played. Its methods are for the scenario's goroutine.
type take struct {
	o     Options
	name  string
	began time.Time
	said  *sync.Mutex // held while a line of progress is written
	Result
}

// say tells a person how far it is.
func (t *take) say(format string, args ...any) {
	t.said.Lock()
	defer t.said.Unlock()
	fmt.Fprintf(t.o.Progress, "%5.0f s  %-8s  %s\n", time.Since(t.began).Seconds(), t.name, fmt.Sprintf(format, args...))
}

func (t *take) fault(format string, args ...any) {
	t.Faults = append(t.Faults, fmt.Sprintf(format, args...))
	t.say("at fault: "+format, args...)
}

func (t *take) fact(format string, args ...any) {
	t.Facts = append(t.Facts, fmt.Sprintf(format, args...))
	t.say(format, args...)
}

// measured adds a figure.
func (t *take) measured(f figure.Figure, value float64, beside string) {
	t.Figures = append(t.Figures, figure.Result{Figure: f, Outcome: figure.Outcome{Value: value, Beside: beside}})
}
