package powercut

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

const (
	// writerDir is the writer's, on the guest's disk and in its image.
	writerDir = "/records"
	// writerFiles and writerStates are enough to catch a missing fsync many times
	// over: it shows in most states.
	writerFiles  = 25
	writerStates = 25
	// writerTime bounds the writer's run with the boot, on a busy machine.
	writerTime = 5 * time.Minute
)

//go:embed writer.sh
var writerScript string

// WriterTest is the self-test with one kind of writer.
type WriterTest struct {
	// DirSync: the writer syncs the directory after it has given a file its name,
	// as it has to.
	DirSync bool `json:"dir_sync"`
	Result
}

// OK tells whether the sweep has told the good writer from the bad one.
func (t WriterTest) OK() bool { return len(t.Broken) == 0 && t.DirSync == (len(t.Lost) == 0) }

// String says which writer it is.
func (t WriterTest) String() string {
	if t.DirSync {
		return "a writer that syncs the directory"
	}
	return "a writer that does not sync the directory"
}

// selfTest sweeps both writers.
func selfTest(ctx context.Context, o Options, work string) (all []WriterTest, err error) {
	for _, dirSync := range []bool{true, false} {
		t := WriterTest{DirSync: dirSync}
		fmt.Fprintf(o.Progress, "self-test: %s\n", t)
		dir := filepath.Join(work, fmt.Sprintf("writer-%t", dirSync))
		if t.Result, err = sweepWriter(ctx, o, dir, dirSync); err != nil {
			return all, err
		}
		all = append(all, t)
	}
	return all, nil
}

// written is a file that the writer reported, and the log's length then.
type written struct {
	name, sum string
	at        int64
}

func sweepWriter(ctx context.Context, o Options, dir string, dirSync bool) (r Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, writerTime)
	defer cancel()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return r, fmt.Errorf("make directory: %w", err)
	}
	base, disk, log := filepath.Join(dir, "before.img"), filepath.Join(dir, "disk.img"), filepath.Join(dir, "disk.log")
	if err := emulated.MakeDisk(ctx, base, diskBytes); err != nil {
		return r, err
	}
	if err := copyImage(base, disk); err != nil {
		return r, err
	}
	sync := "true" // does nothing
	if dirSync {
		sync = "sync" // busybox's, which syncs the directory it is given
	}
	files, from, err := runWriter(ctx, emulated.Options{
		Files: o.Files, Dir: dir, Disk: disk, Log: log,
		Run: strings.NewReplacer("@DIR@", "/data"+writerDir, "@DIRSYNC@", sync, "@FILES@", fmt.Sprint(writerFiles)).Replace(writerScript),
	})
	if err != nil {
		return r, fmt.Errorf("%w (see %s)", err, filepath.Join(dir, emulated.ConsoleLog))
	}
	writes, err := readLog(log)
	if err != nil {
		return r, err
	}
	s := sweep{
		base: base, log: writes, dir: writerDir, work: dir, states: writerStates, seed: o.Seed,
		progress: o.Progress, judge: files.judge,
	}
	for s.from < len(writes) && writes[s.from].End < from {
		s.from++
	}
	return s.run(ctx)
}

// records are the files that a writer reported.
type records []written

// runWriter runs the writer's script to its end and cuts the power there. from is
// the log's length at its begin.
func runWriter(ctx context.Context, eo emulated.Options) (files records, from int64, err error) {
	var mu sync.Mutex // guards files and from while the guest runs
	done := make(chan struct{})
	eo.Console = func(line string) {
		info, err := os.Stat(eo.Log)
		if err != nil {
			return // readLog will say so
		}
		mu.Lock()
		defer mu.Unlock()
		words := strings.Fields(line)
		switch {
		case line == "writer ready":
			from = info.Size()
		case line == "writer done":
			close(done)
		case len(words) == 3 && words[0] == "written":
			files = append(files, written{name: words[1], sum: words[2], at: info.Size()})
		}
	}
	m, err := emulated.Start(ctx, eo)
	if err != nil {
		return nil, 0, err
	}
	select {
	case <-done:
	case <-m.Ended():
		err = errors.Join(errors.New("the guest ended on its own"), m.Wait())
	case <-ctx.Done():
		err = ctx.Err()
	}
	m.Cut()
	if err == nil && len(files) != writerFiles {
		err = fmt.Errorf("the writer reported %d files, want %d", len(files), writerFiles)
	}
	return files, from, err
}

// judge wants each file that was reported before the cut, whole.
func (f records) judge(_ context.Context, dir string, at int64) (faults []string, found int) {
	for _, w := range f {
		b, err := os.ReadFile(filepath.Join(dir, w.name))
		switch {
		case err == nil && witness.Sum(b) == w.sum:
			found++
		case w.at > at: // it may be there or not
		case err != nil:
			faults = append(faults, fmt.Sprintf("file %s was reported and is gone", w.name))
		default:
			faults = append(faults, fmt.Sprintf("file %s was reported and has other bytes", w.name))
		}
	}
	return faults, found
}
