//go:build year

package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the command behind scripts/year: with "years" as its first
// argument the program plays years, each in a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "years" {
		os.Exit(years(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// command is scripts/year.
type command struct {
	seed, count   uint64
	jobs, days    int
	history, keep string
	bound         time.Duration
	stopped       context.Context // ends where a person stops it

	mu    sync.Mutex // guards what follows, and the output
	ok    int
	bad   []string
	cpu   time.Duration // of all, and of the searches for shorter histories
	most  time.Duration // of a year
	total map[string]int
}

func years(args []string) int {
	c := command{total: map[string]int{}}
	f := flag.NewFlagSet("year", flag.ExitOnError)
	f.Uint64Var(&c.seed, "seed", 1, "the first seed")
	f.Uint64Var(&c.count, "count", 1, "how many seeds")
	f.IntVar(&c.jobs, "jobs", 2, "how many at once")
	f.IntVar(&c.days, "days", 365, "how long the year is")
	f.StringVar(&c.history, "history", "", "a file with a history to play, as a failure leaves it, in place of seeds")
	f.StringVar(&c.keep, "keep", "build/years", "where histories and output of failures go")
	f.DurationVar(&c.bound, "bound", 3*time.Hour, "how long a year may take")
	_ = f.Parse(args) // exits on errors
	var stop context.CancelFunc
	c.stopped, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := os.MkdirAll(c.keep, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, "year:", err)
		return 2
	}
	began := time.Now()
	if c.history != "" {
		h, err := loadHistory(c.history)
		if err != nil {
			fmt.Fprintln(os.Stderr, "year:", err)
			return 2
		}
		c.one(filepath.Base(c.history), h)
	} else {
		c.all()
	}
	c.finish(time.Since(began))
	if len(c.bad) > 0 {
		return 1
	}
	return 0
}

// all plays each seed; a failure stops no other.
func (c *command) all() {
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range c.jobs {
		workers.Go(func() {
			for seed := range seeds {
				c.one(fmt.Sprintf("seed %d", seed), weather(seed, c.days))
			}
		})
	}
	for seed := c.seed; seed < c.seed+c.count && c.stopped.Err() == nil; seed++ {
		seeds <- seed
	}
	close(seeds)
	workers.Wait()
}

func (c *command) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Printf(time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}

// one plays a history, and looks for a shorter one where it fails.
func (c *command) one(name string, h history) {
	o := c.play(h)
	if c.stopped.Err() != nil {
		return
	}
	c.mu.Lock()
	c.cpu += o.cpu
	c.most = max(c.most, o.cpu)
	for k, n := range o.numbers {
		c.total[k] += n
	}
	if o.failure == "" {
		c.ok++
	} else {
		c.bad = append(c.bad, name)
	}
	c.mu.Unlock()
	if o.failure == "" {
		c.say("%s: ok, %s (%.0f s)", name, o.line(), o.cpu.Seconds())
		if c.count == 1 {
			fmt.Print(indent(o.summary))
		}
		return
	}
	file := filepath.Join(c.keep, strings.ReplaceAll(name, " ", "-"))
	if err := errors.Join(os.WriteFile(file+".history", []byte(h.text()), 0o644), os.WriteFile(file+".log", o.output, 0o644)); err != nil {
		c.say("%s: %v", name, err)
	}
	c.say("%s: FAILED (%.0f s): %s\n  all of it: %s.log; now looking for the shortest history that fails so", name, o.cpu.Seconds(), o.failure, file)
	s := shrinker{tries: shrinkTries, until: time.Now().Add(shrinkTime)}
	s.say = func(format string, args ...any) { c.say("%s: "+format, append([]any{name}, args...)...) }
	s.fails = func(h history) bool {
		// A short year is tried again: not all chances are the seed's.
		for range 2 {
			if c.stopped.Err() != nil {
				return false
			}
			again := c.play(h)
			c.mu.Lock()
			c.cpu += again.cpu
			c.mu.Unlock()
			if again.kind() == o.kind() {
				return true
			}
			if again.cpu > 10*time.Second {
				break
			}
		}
		return false
	}
	least := s.shrink(c.hinted(h, o, &s))
	if err := os.WriteFile(file+".least", []byte(least.text()), 0o644); err != nil {
		c.say("%s: %v", name, err)
	}
	c.say("%s: FAILED: %s\n%s  play it: scripts/year -history %s.least", name, o.failure, indent(least.text()), file)
}

// hinted cuts off what comes after the failure, where o tells when that was: it
// ended the year, or is of a slot whose time is told.
func (c *command) hinted(h history, o outcome, s *shrinker) history {
	days := func(at time.Time) int { return int(at.Sub(h.dawn)/(24*time.Hour)) + 1 }
	if !o.when.IsZero() {
		return cutAfter(h, days(o.when))
	}
	const after = 3 // for what a day later brings to light
	for _, text := range someDay.FindAllString(o.failure, -1) {
		at, err := time.Parse(time.DateOnly, text)
		if n := days(at) + after; err == nil && n > after && n < h.days {
			if next := cutAfter(h, n); s.try(next) {
				s.say("%d days are enough, with %d events", n, len(next.events))
				return next
			}
		}
	}
	return h
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// outcome is what came of a year.
type outcome struct {
	failure string    // the first; empty: none
	when    time.Time // in the year; zero: at its end
	output  []byte
	summary string
	numbers map[string]int
	cpu     time.Duration
}

// line is the summary in a line.
func (o outcome) line() string {
	n := o.numbers
	return fmt.Sprintf("%d slots, %d photos, %d missed, %d cuts, %d outages, backlog up to %d", n["slots"], n["photos"], n["missed"], n["cuts"], n["outages"], n["backlog"])
}

// kind is the same for failures of the same kind: the words without a figure in
// them.
func (o outcome) kind() string {
	words := slices.DeleteFunc(strings.Fields(o.failure), func(w string) bool { return strings.ContainsAny(w, "0123456789") })
	return strings.Join(words[:min(len(words), 8)], " ")
}

// failedAt is what a year says that fails before its end, with the moment.
const failedAt = "the year failed at"

// What a failed test says first, and when it failed.
var (
	failed     = regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: (.*)$|^(panic: .*|fatal error: .*)$`)
	failedWhen = regexp.MustCompile(failedAt + ` (\S+)`)
	someDay    = regexp.MustCompile(`\d{4}-\d\d-\d\d`)
)

// play plays one history in a process of its own.
func (c *command) play(h history) (o outcome) {
	ctx, cancel := context.WithTimeout(c.stopped, c.bound)
	defer cancel()
	dir, err := os.MkdirTemp("", "fieldcam-year-")
	if err != nil {
		return outcome{failure: err.Error()}
	}
	defer os.RemoveAll(dir)
	state, err := os.MkdirTemp("/dev/shm", "fieldcam-year-")
	if err != nil {
		return outcome{failure: err.Error()}
	}
	defer os.RemoveAll(state)
	file, summary := filepath.Join(dir, "history"), filepath.Join(dir, "summary")
	if err := os.WriteFile(file, []byte(h.text()), 0o644); err != nil {
		return outcome{failure: err.Error()}
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestAYearInTheField$", "-test.v", "-test.timeout", "0")
	cmd.Env = append(os.Environ(), yearHistory+"="+file, yearSummary+"="+summary, yearState+"="+state, "GOMAXPROCS=1", "GODEBUG=adaptivestackstart=1,asyncpreemptoff=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	o.output = out.Bytes()
	if cmd.ProcessState != nil {
		o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if text, errRead := os.ReadFile(summary); errRead == nil {
		head, rest, _ := strings.Cut(string(text), "\n")
		o.summary = rest
		if errJSON := json.Unmarshal([]byte(head), &o.numbers); errJSON != nil && err == nil {
			err = errJSON
		}
	}
	if m := failedWhen.FindSubmatch(o.output); m != nil {
		o.when, _ = time.Parse(stamp, string(m[1])) // at its end, else
	}
	switch m := failed.FindSubmatch(o.output); {
	case err == nil:
	case ctx.Err() != nil:
		o.failure = fmt.Sprintf("not over after %v", c.bound)
	case m == nil:
		o.failure = err.Error()
	default:
		o.failure = string(m[1]) + string(m[2])
	}
	return o
}

// finish says what came of all.
func (c *command) finish(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed := ""
	if len(c.bad) > 0 {
		failed = ": " + strings.Join(c.bad, ", ")
	}
	fmt.Printf("%d years clean, %d failed%s\n", c.ok, len(c.bad), failed)
	fmt.Printf("  %.1f machine-hours in %v; a year took %.0f s of a processor at the most\n", c.cpu.Hours(), took.Round(time.Second), c.most.Seconds())
	if c.ok+len(c.bad) < 2 {
		return
	}
	for _, k := range slices.Sorted(maps.Keys(c.total)) {
		if k != "backlog" {
			fmt.Printf("  %-9s %s\n", k, many(c.total[k]))
		}
	}
}
