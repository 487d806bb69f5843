package programsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// Main is the program, where the process was started as one, and does not return
// then. Called from TestMain.
//
// The program takes "-o FILE", or "-o -" for stdout, among its arguments.
func Main() {
	if len(os.Args) < 3 || os.Args[1] != called {
		return
	}
	args := os.Args[3:]
	r, err := dial(os.Args[2], args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulated program:", err)
		os.Exit(2)
	}
	if len(args) == 1 && args[0] == childArg {
		r.child()
	}
	os.Exit(r.run(args))
}

// childArg is what the child that is left behind is called with.
const childArg = "--left-behind"

// run is one run of the program.
type run struct {
	conn  net.Conn
	order Order
	out   io.Writer
}

func dial(socket string, args []string) (*run, error) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	r := &run{conn: c}
	e := Event{Kind: Started, Args: args, Env: os.Environ()}
	if len(args) == 1 && args[0] == childArg {
		e = Event{Kind: ChildRuns}
	} else {
		e.Dir, _ = os.Getwd()
		n, _ := io.Copy(io.Discard, os.Stdin)
		e.Input = int(n)
	}
	r.tell(e)
	in := json.NewDecoder(c)
	if err := in.Decode(&r.order); err != nil {
		return nil, err
	}
	go func() { // until the Program is closed
		_, _ = io.Copy(io.Discard, c)
		os.Exit(3)
	}()
	return r, nil
}

func (r *run) tell(e Event) {
	e.PID = os.Getpid()
	_ = json.NewEncoder(r.conn).Encode(e)
}

// child only holds what it has open, or writes to it.
func (r *run) child() {
	if r.order.Writing {
		for {
			if _, err := os.Stdout.Write(make([]byte, 1024)); err != nil {
				break
			}
		}
	}
	select {}
}

// run does what the order says, and returns the exit code.
func (r *run) run(args []string) int {
	r.listen()
	o := r.order
	if o.Chatty > 0 {
		fmt.Fprint(os.Stderr, strings.Repeat("warming up …\n", o.Chatty/14+1))
	}
	if o.Complaint != "" {
		fmt.Fprintln(os.Stderr, o.Complaint)
	}
	if o.Child {
		if err := r.leave(); err != nil {
			fmt.Fprintln(os.Stderr, "simulated program:", err)
			return 2
		}
	}
	if o.Hang {
		r.hang()
	}
	if o.Nothing {
		return o.Code
	}
	out, err := output(args, o.Elsewhere)
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulated program:", err)
		return 2
	}
	r.out = out
	if err := r.write(); err != nil {
		fmt.Fprintln(os.Stderr, "simulated program:", err)
		return 2
	}
	return o.Code
}

// output is where the picture goes.
func output(args []string, elsewhere bool) (io.Writer, error) {
	for i, a := range args {
		if a != "-o" || i+1 == len(args) {
			continue
		}
		if args[i+1] == "-" {
			return os.Stdout, nil
		}
		if elsewhere {
			return os.Create("elsewhere.jpg")
		}
		return os.Create(args[i+1])
	}
	return os.Stdout, nil
}

// write writes the picture, as far as it goes.
func (r *run) write() error {
	o := r.order
	if o.Garbage {
		_, err := io.WriteString(r.out, strings.Repeat("no picture here\n", o.Size/16+1))
		return err
	}
	picture := Picture(o.Seed, o.Size)
	for _, cut := range []int{o.HangAt, o.CutAt} {
		if cut > 0 && cut < len(picture) {
			picture = picture[:cut]
		}
	}
	if _, err := r.out.Write(picture); err != nil {
		return err
	}
	if o.HangAt > 0 {
		r.hang()
	}
	for o.Endless {
		if _, err := r.out.Write(make([]byte, 1<<16)); err != nil {
			return err
		}
	}
	return nil
}

// hang never returns.
func (r *run) hang() {
	r.tell(Event{Kind: Hangs})
	select {}
}

// listen makes the program as deaf as the order says.
func (r *run) listen() {
	var deaf []os.Signal
	if r.order.Deaf {
		deaf = append(deaf, syscall.SIGINT, syscall.SIGTERM)
	} else if r.order.DeafToInterrupt {
		deaf = append(deaf, syscall.SIGINT)
	}
	if len(deaf) == 0 {
		return
	}
	got := make(chan os.Signal, 10)
	signal.Notify(got, deaf...)
	go func() {
		for s := range got {
			if n, ok := s.(syscall.Signal); ok {
				r.tell(Event{Kind: Signalled, Signal: int(n)})
			}
		}
	}()
}

// leave starts the child, and returns when it runs.
func (r *run) leave() error {
	c := exec.Command(os.Args[0], called, os.Args[2], childArg)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: r.order.Escaped}
	return c.Start()
}
