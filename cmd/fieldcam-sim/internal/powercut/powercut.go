package powercut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Options describe what Run does.
type Options struct {
	// Bin is the directory of this machine's program fieldcam-hub.
	Bin string
	// Guest is the daemon's program for arm64.
	Guest string
	// Files is the directory that scripts/emulated has filled.
	Files string
	// Dir keeps all disks, logs and the images of states at fault; it has none of
	// an earlier run. Empty: they go.
	Dir string
	// Mounts are the mount options to try: a run and a sweep for each.
	Mounts []string
	// Photos is how many are taken in each run, States in how many states each
	// run's disk is looked at.
	Photos, States int
	// Seed is that of the choice of states.
	Seed uint64
	// Progress is where a person reads how far it is.
	Progress io.Writer
}

// Validate tells what cannot be.
func (o Options) Validate() error {
	switch {
	case o.Photos < 2 || o.Photos > 2000:
		return fmt.Errorf("%d photos: want 2 to 2000, which the disk has room for", o.Photos)
	case o.States < 4 || o.States > 100_000:
		return fmt.Errorf("%d states: want 4 to 100000, to try each kind", o.States)
	case len(o.Mounts) == 0:
		return fmt.Errorf("no mount options: want one kind at least, such as data=ordered")
	}
	return nil
}

// Report is what Run found.
type Report struct {
	Writer []WriterTest `json:"writer"`
	Daemon []DaemonTest `json:"daemon"`
	Seed   uint64       `json:"seed"`
	// Seconds is how long all of it took.
	Seconds float64 `json:"seconds"`
	// Kept is the directory with the images and logs of a run that found a loss.
	Kept string `json:"kept,omitempty"`
}

// DaemonTest is a run of the daemon, and its sweep.
type DaemonTest struct {
	Mount string `json:"mount"`
	// Accepted and Filed are how many photos this machine saw the daemon take, and
	// the hub file.
	Accepted int `json:"accepted"`
	Filed    int `json:"filed"`
	Writes   int `json:"writes"` // entries of the log
	Flushes  int `json:"flushes"`
	// Seconds is how long the run took, without its sweep.
	Seconds float64 `json:"seconds"`
	Result
	// Revived is what was wrong when the controller had its power back.
	Revived []string `json:"revived"`
	// Late is the same log as that of a drive that flushes late. It must find
	// losses.
	Late Result `json:"late_drive"`
}

// OK tells whether nothing was lost, and a loss would have been found.
func (r Report) OK() bool {
	for _, w := range r.Writer {
		if !w.OK() {
			return false
		}
	}
	for _, d := range r.Daemon {
		if !d.OK() {
			return false
		}
	}
	return true
}

// OK tells whether nothing was lost, and a loss would have been found.
func (d DaemonTest) OK() bool { return d.sound() && len(d.Revived) == 0 && len(d.Late.Lost) > 0 }

const (
	// lateStates is in how many states the log is looked at again with a drive that
	// flushes late; a third or more of them show it.
	lateStates = 30
	// lateBy is by how many entries it is late: as many as two photos write.
	lateBy = 32
)

// Run does the self-test, then a run and a sweep for each kind of mount.
func Run(ctx context.Context, o Options) (r Report, err error) {
	if err := o.Validate(); err != nil {
		return r, err
	}
	// The last file that scripts/emulated writes.
	if _, err := os.Stat(filepath.Join(o.Files, "complete")); err != nil {
		return r, fmt.Errorf("no emulated controller: run scripts/emulated: %w", err)
	}
	r.Seed = o.Seed
	began := time.Now()
	work := o.Dir
	if work == "" {
		if work, err = os.MkdirTemp("", "fieldcam-powercut-"); err != nil {
			return r, fmt.Errorf("make directory: %w", err)
		}
		defer func() {
			switch {
			case ctx.Err() != nil:
			case err != nil:
				err = fmt.Errorf("%w (logs are kept in %s)", err, work)
				return
			case !r.OK(): // another run writes other bytes
				r.Kept = work
				return
			}
			_ = os.RemoveAll(work) // what is left of it is in the way of nobody
		}()
	} else if err := os.MkdirAll(work, 0o755); err != nil {
		return r, fmt.Errorf("make directory: %w", err)
	}
	if r.Writer, err = selfTest(ctx, o, work); err != nil {
		return r, fmt.Errorf("self-test: %w", err)
	}
	for i, mount := range o.Mounts {
		d, err := testDaemon(ctx, o, filepath.Join(work, fmt.Sprintf("daemon-%d", i+1)), mount)
		if err != nil {
			return r, fmt.Errorf("with %s: %w", mount, err)
		}
		r.Daemon = append(r.Daemon, d)
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// testDaemon records a run, sweeps it, and revives the controller.
func testDaemon(ctx context.Context, o Options, dir, mount string) (d DaemonTest, err error) {
	fmt.Fprintf(o.Progress, "%s: the daemon takes %d photos\n", mount, o.Photos)
	began := time.Now()
	r, err := openRig(ctx, o, dir)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	rec, err := r.record(ctx, mount, o.Photos)
	if err != nil {
		return d, err
	}
	d = DaemonTest{
		Mount: mount, Accepted: len(rec.seen.Accepted), Filed: len(rec.seen.Filed),
		Writes: len(rec.log), Flushes: rec.log.Flushes(), Seconds: time.Since(began).Seconds(),
	}
	fmt.Fprintf(o.Progress, "%s: %d states of %d disk writes\n", mount, o.States, d.Writes)
	s := sweep{
		base: rec.base, log: rec.log, dir: stateDir, work: dir, states: o.States, seed: o.Seed,
		judge: oracle(rec.seen).judge, keep: o.Dir != "", progress: o.Progress,
	}
	if d.Result, err = s.run(ctx); err != nil {
		return d, err
	}
	s.late, s.keep, s.progress, s.states = lateBy, false, io.Discard, lateStates
	if d.Late, err = s.run(ctx); err != nil {
		return d, err
	}
	fmt.Fprintf(o.Progress, "%s: the power comes back\n", mount)
	d.Revived, err = r.revive(ctx, rec, mount)
	return d, err
}
