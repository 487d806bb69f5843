package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// Options describe what Run does.
type Options struct {
	// Bin is the directory of this machine's program fieldcam-hub.
	Bin string
	// Guest is the daemon's program for the emulated controller, Helper the program
	// guest, and Board hal/linux's tests with the tag "board"; empty: those are left
	// out.
	Guest, Helper, Board string
	// Files is the directory that scripts/emulated has filled.
	Files string
	// Dir keeps all logs and disks; it has none of an earlier run. Empty: they go,
	// unless something is wrong.
	Dir string
	// Only are the scenarios to play; none: all.
	Only []string
	// Lives is how often the daemon is ended and started again while its outputs are
	// recorded, Presses how often the shutter is released while it is timed, and
	// Cuts how often the power is cut.
	Lives, Presses, Cuts int
	// Jobs is how many places scenarios are played at, at the same time.
	Jobs int
	// Within is how long all of it may take; what is not played by then is at fault. 0: as
	// long as its scenarios may.
	Within time.Duration
	// Progress is where a person reads how far it is.
	Progress io.Writer
}

// scenario is one thing that happens in the field. It finds the site as the one
// before it left it, and switches on what it needs: it can be played alone too.
type scenario struct {
	name string // for scripts: no spaces
	what string
	play func(ctx context.Context, s *site) error
}

// place is where scenarios are played, one after another: a boot takes longer than
// most of them.
type place struct {
	name      string
	open      func(ctx context.Context, s *site) error // makes what surrounds the controller
	scenarios []scenario
}

// places are all of them.
func places() []place {
	return []place{
		{"cables", openUART, []scenario{
			{"clock", "the clock begins in 1970", clock},
			{"serial", "a serial camera, good and with faults", serial},
			{"network", "the network's cable is pulled out", network},
		}},
		{"supply", openUART, []scenario{
			{"watchdog", "a silent daemon is started again, and a silent board", watchdog},
			{"power", "power cuts in mid-write", power},
		}},
		{"pins", openPins, []scenario{
			{"edges", "no output moves while the daemon starts, stops and is killed", edges},
			{"shutter", "the shutter's pulse is as long as configured", shutter},
		}},
		{"adapter", openAdapter, []scenario{
			{"usb", "a USB serial adapter is pulled out in mid-picture", usb},
			{"ucam", "the other make of serial camera", otherMake},
		}},
		{"suite", openBoard, []scenario{
			{"board", "the board's conformance suite", board},
		}},
		{"host", func(context.Context, *site) error { return nil }, []scenario{
			{"line", "a large picture as fast as the line carries it, on this machine", line},
		}},
	}
}

// Names lists the scenarios.
func Names() []string {
	var names []string
	for _, p := range places() {
		for _, s := range p.scenarios {
			names = append(names, s.name)
		}
	}
	return names
}

// Validate tells what cannot be.
func (o Options) Validate() error {
	for _, name := range o.Only {
		if !slices.Contains(Names(), name) {
			return fmt.Errorf("no scenario %q: want some of %s", name, strings.Join(Names(), ", "))
		}
	}
	if o.Within < 0 {
		return fmt.Errorf("within %v: want 0 or more", o.Within)
	}
	for _, n := range []struct {
		what              string
		value, least, top int
	}{{"lives", o.Lives, 4, 10_000}, {"presses", o.Presses, 1, 10_000}, {"cuts", o.Cuts, 1, 100}, {"jobs", o.Jobs, 1, 64}} {
		if n.value < n.least || n.value > n.top {
			return fmt.Errorf("%d %s: want %d to %d", n.value, n.what, n.least, n.top)
		}
	}
	return nil
}

// Result is what a scenario found.
type Result struct {
	Name    string          `json:"name"`
	What    string          `json:"what"`
	Faults  []string        `json:"faults"`
	Facts   []string        `json:"facts"`
	Seconds float64         `json:"seconds"`
	Figures []figure.Result `json:"-"`
}

// Report is what Run found, in the order of Names.
type Report struct {
	Results []Result `json:"results"`
	Seconds float64  `json:"seconds"`
	// Kept is the directory with the logs of a run that found a fault.
	Kept string `json:"kept,omitempty"`
}

// OK tells whether nothing was found at fault.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Results, func(s Result) bool { return len(s.Faults) > 0 })
}

// sceneTime bounds a scenario, on a machine that does other work besides.
const sceneTime = 20 * time.Minute

// Run plays the scenarios. One that could not be played to its end is at fault.
func Run(ctx context.Context, o Options) (r Report, err error) {
	if err := o.Validate(); err != nil {
		return r, err
	}
	began := time.Now()
	work, err := workDir(o.Dir)
	if err != nil {
		return r, err
	}
	bound := ctx
	if o.Within > 0 {
		var cancel context.CancelFunc
		bound, cancel = context.WithTimeoutCause(ctx, o.Within, fmt.Errorf("all of it took more than %v", o.Within))
		defer cancel()
	}
	all := o.wanted()
	results := make([][]Result, len(all))
	var next, said sync.Mutex
	left := 0
	var players sync.WaitGroup
	for range min(o.Jobs, len(all)) {
		players.Go(func() {
			for {
				next.Lock()
				n := left
				left++
				next.Unlock()
				if n >= len(all) || ctx.Err() != nil {
					return
				}
				results[n] = visit(bound, o, all[n], filepath.Join(work, all[n].name), &said)
			}
		})
	}
	players.Wait()
	r.Results = slices.Concat(results...)
	r.Seconds = time.Since(began).Seconds()
	switch {
	case o.Dir != "" || !r.OK() && ctx.Err() == nil:
		r.Kept = work
	default:
		_ = os.RemoveAll(work) // what is left of it is in the way of nobody
	}
	return r, ctx.Err()
}

// wanted are the places with what is to be played there.
func (o Options) wanted() (all []place) {
	for _, p := range places() {
		p.scenarios = slices.DeleteFunc(p.scenarios, func(s scenario) bool {
			if len(o.Only) == 0 {
				return s.name == "board" && o.Board == ""
			}
			return !slices.Contains(o.Only, s.name)
		})
		if len(p.scenarios) > 0 {
			all = append(all, p)
		}
	}
	return all
}

func workDir(dir string) (string, error) {
	if dir == "" {
		dir, err := os.MkdirTemp("", "fieldcam-emulated-")
		if err != nil {
			return "", fmt.Errorf("make directory: %w", err)
		}
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	return dir, nil
}

// visit plays the scenarios of a place. One that could not be played to its end is at
// fault, and so are those after it: nobody knows what it left.
func visit(ctx context.Context, o Options, p place, dir string, said *sync.Mutex) (results []Result) {
	s := &site{dir: dir, o: o, journal: newJournal(), stop: func() {}}
	var lost error
	for n, scene := range p.scenarios {
		t := &take{o: o, began: time.Now(), name: scene.name, said: said, Result: Result{Name: scene.name, What: scene.what}}
		s.t = t
		t.say("%s", scene.what)
		err := lost
		if err == nil {
			err = s.play(ctx, p, scene, n == 0)
		}
		if err != nil {
			t.fault("not played to its end: %v", err)
			if lost == nil {
				lost = fmt.Errorf("%s was not", scene.name)
			}
		}
		if n == len(p.scenarios)-1 {
			if err := s.close(); err != nil {
				t.fault("the end: %v", err)
			}
		}
		t.Seconds = time.Since(t.began).Seconds()
		if len(t.Faults) > 0 {
			t.say("FAILED")
		}
		results = append(results, t.Result)
	}
	return results
}

// play plays one scenario, after having made the place where it is the first.
func (s *site) play(ctx context.Context, p place, scene scenario, first bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	if first {
		if err := os.Mkdir(s.dir, 0o755); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
		if err := p.open(ctx, s); err != nil {
			return err
		}
	}
	return scene.play(ctx, s)
}

// errEnded is what a wait for the guest ends with when the emulator has.
var errEnded = errors.New("the machine has ended")
