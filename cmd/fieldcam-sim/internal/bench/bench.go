package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// Options say where things are.
type Options struct {
	// Bin is the directory of the programs fieldcam, fieldcam-hub and
	// fieldcam-armv7. A directory "bench" is made in it, and removed at the end.
	Bin string
	// Self is this program, which is called again for its parts.
	Self string
	// Only are the names of the figures to measure; empty: all.
	Only []string
	// Progress is told what is being done.
	Progress io.Writer
}

// rounds are the figures in the order of measuring: those of a round at once.
// What depends on the processor or the disk is measured alone.
func rounds() [][]measurement {
	return [][]measurement{
		{diskFigure()},
		{syncFigure(), binaryFigure()},
		{idleFigure(), wakeFigure()},
		{rawFigure()},
		{memoryFigure(), heartbeatFigure(), goodputFigure(fastLink()), goodputFigure(lossyLink())},
		{captureFigure()},
	}
}

// Names lists the figures.
func Names() []string {
	var all []string
	for _, round := range rounds() {
		for _, f := range round {
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
	defer func() { err = l.close(err) }()
	var all []figure.Result
	for _, round := range rounds() {
		var wanted []measurement
		for _, f := range round {
			if o.wants(f.Name) {
				wanted = append(wanted, f)
			}
		}
		results := make([]figure.Result, len(wanted))
		var measuring sync.WaitGroup
		for i, f := range wanted {
			measuring.Go(func() {
				l.say("%s: %s", f.Name, f.What)
				out, err := f.measure(ctx, l)
				results[i] = figure.Result{Figure: f.Figure, Outcome: out, Err: err}
				l.say("%s", results[i].Line())
			})
		}
		measuring.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all = append(all, results...)
	}
	if err := figure.Report(w, all); err != nil {
		return err
	}
	return figure.Failures(all)
}

func (o Options) wants(name string) bool {
	if len(o.Only) == 0 {
		return true
	}
	for _, n := range o.Only {
		if n == name {
			return true
		}
	}
	return false
}

// lab is where a run works.
type lab struct {
	bin, dir, self string
	began          time.Time

	mu       sync.Mutex // guards progress
	progress io.Writer
}

func openLab(o Options) (*lab, error) {
	bin, err := filepath.Abs(o.Bin)
	if err != nil {
		return nil, fmt.Errorf("find programs: %w", err)
	}
	l := &lab{bin: bin, dir: filepath.Join(bin, "bench"), self: o.Self, began: time.Now(), progress: o.Progress}
	for _, name := range []string{"fieldcam", "fieldcam-hub", "fieldcam-armv7"} {
		if _, err := os.Stat(l.program(name)); err != nil {
			return nil, fmt.Errorf("find programs (\"make bench\" builds them): %w", err)
		}
	}
	for _, name := range o.Only {
		if names := strings.Join(Names(), ", "); !strings.Contains(", "+names+",", ", "+name+",") {
			return nil, fmt.Errorf("figure %q: want some of %s", name, names)
		}
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return nil, fmt.Errorf("empty %s: %w", l.dir, err)
	}
	return l, os.MkdirAll(l.dir, 0o755)
}

// close removes what a good run wrote. After an error the logs of the programs
// stay.
func (l *lab) close(err error) error {
	if err != nil {
		return fmt.Errorf("%w (logs are in %s)", err, l.dir)
	}
	return os.RemoveAll(l.dir)
}

func (l *lab) program(name string) string { return filepath.Join(l.bin, name) }

// room makes a directory for one measurement.
func (l *lab) room(elements ...string) (string, error) {
	dir := filepath.Join(append([]string{l.dir}, elements...)...)
	return dir, os.MkdirAll(dir, 0o755)
}

// say reports progress.
func (l *lab) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.progress, "bench: %3.0f s  %s\n", time.Since(l.began).Seconds(), fmt.Sprintf(format, args...))
}
