package bench

import (
	"context"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// measurement is a figure and how it is taken.
type measurement struct {
	figure.Figure
	measure func(ctx context.Context, l *lab) (figure.Outcome, error)
}
