package due

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// Options say where things are.
type Options struct {
	// Dir is where the measurements write, on the disk that is to be loaded. A
	// directory "bench-schedule" is made in it, and removed at the end.
	Dir string
	// Self is this program, which is called again for its parts.
	Self string
	// Source is the top directory of fieldcam's source.
	Source string
	// Only are the names of the figures to measure; empty: all.
	Only []string
	// Progress is told what is being done.
	Progress io.Writer
}

// measurement takes some figures at once.
type measurement struct {
	figures []figure.Figure
	// measure gives an outcome for each figure.
	measure func(ctx context.Context, l *lab) ([]figure.Outcome, error)
}

// measurements are those that there are, in their order: one at a time, since
// all depend on the processor.
func measurements() []measurement {
	return []measurement{nextSlot(), shutterLate(), reconnects(), simulatedYear()}
}

// Names lists the figures.
func Names() []string {
	var all []string
	for _, m := range measurements() {
		for _, f := range m.figures {
			all = append(all, f.Name)
		}
	}
	return all
}

// Run measures and prints the figures to w. Its error tells of measurements that
// went wrong, after the rest was printed.
func Run(ctx context.Context, o Options, w io.Writer) (err error) {
	l, err := openLab(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.dir)) }()
	var all []figure.Result
	for _, m := range measurements() {
		wanted := func(f figure.Figure) bool { return len(o.Only) == 0 || slices.Contains(o.Only, f.Name) }
		if !slices.ContainsFunc(m.figures, wanted) {
			continue
		}
		outcomes, err := m.measure(ctx, l)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for i, f := range m.figures {
			r := figure.Result{Figure: f, Err: err}
			if err == nil {
				r.Outcome = outcomes[i]
			}
			l.say("%s", r.Line())
			if wanted(f) {
				all = append(all, r)
			}
		}
	}
	if err := figure.Report(w, all); err != nil {
		return err
	}
	return figure.Failures(all)
}

// lab is where a run works.
type lab struct {
	dir, self, source string
	began             time.Time
	progress          io.Writer
}

func openLab(o Options) (*lab, error) {
	for _, name := range o.Only {
		if names := Names(); !slices.Contains(names, name) {
			return nil, fmt.Errorf("figure %q: want some of %s", name, strings.Join(names, ", "))
		}
	}
	dir, err := filepath.Abs(filepath.Join(o.Dir, "bench-schedule"))
	if err != nil {
		return nil, fmt.Errorf("find directory: %w", err)
	}
	l := &lab{dir: dir, self: o.Self, source: o.Source, began: time.Now(), progress: o.Progress}
	if err := os.RemoveAll(l.dir); err != nil {
		return nil, fmt.Errorf("empty %s: %w", l.dir, err)
	}
	return l, os.MkdirAll(l.dir, 0o755)
}

// say reports progress.
func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(l.progress, "bench-schedule: %3.0f s  %s\n", time.Since(l.began).Seconds(), fmt.Sprintf(format, args...))
}
