package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "queuebench:", err)
		os.Exit(1)
	}
}

// wordPart is the first argument of a part, wordWithin of the run in a mount
// namespace of its own.
const (
	wordPart   = "part"
	wordWithin = "within"
)

func run(ctx context.Context, args []string) error {
	const partArguments = 3
	switch {
	case len(args) == partArguments && args[0] == wordPart:
		return servePart(ctx, args[1], args[2], os.Stdout)
	case len(args) > 0 && args[0] == wordWithin:
		return bench(ctx, os.Getppid(), args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	o.owner = os.Getpid()
	defer os.RemoveAll(o.room())
	// What is mounted below is seen by no one else, and ends with that process.
	c := exec.CommandContext(ctx, self, append([]string{wordWithin}, args...)...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err = c.Run(); errors.Is(err, syscall.EPERM) {
		return bench(ctx, os.Getpid(), args)
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) && ctx.Err() == nil {
		return errors.New("not everything was measured")
	}
	return errors.Join(ctx.Err(), err)
}

// options are what the command line says.
type options struct {
	only        []string // names of figures; none: all
	json, small bool
	dir         string
	owner       int // the process that a person started
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("queuebench", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprint(f.Output(), `Usage: queuebench [--only NAME,…] [--json] [--small] [--dir DIR]

Measures the queue beside its peers and a floor. The table ends with a line
for each figure that a script can read:

  figure NAME VALUE UNIT reach BOUND ok     (or SHORT; VALUE "-" where the
                                             machine cannot give it)

`)
		f.PrintDefaults()
		fmt.Fprintf(f.Output(), "\nFigures: %s\n", strings.Join(names(), " "))
	}
	only := f.String("only", "", "measure the figures of these `names` alone")
	f.BoolVar(&o.json, "json", false, "print JSON in place of the table")
	f.BoolVar(&o.small, "small", false, "tiny numbers, no figure lines: shows in seconds that all still measures")
	f.StringVar(&o.dir, "dir", "", "`directory` to work in, with 4 GB free (default: memory, else build)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("argument %q: want none", f.Arg(0))
	}
	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		if known := " " + strings.Join(names(), " ") + " "; !strings.Contains(known, " "+name+" ") {
			return o, fmt.Errorf("figure %q: want some of%s", name, known)
		}
		o.only = append(o.only, name)
	}
	if o.dir == "" {
		o.dir = defaultDir()
	}
	return o, nil
}
