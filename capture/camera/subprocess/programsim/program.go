package programsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// Program is the program as a test sees it. Its methods may be called from any
// goroutine.
type Program struct {
	socket string
	listen net.Listener
	served sync.WaitGroup
	events chan Event

	mu     sync.Mutex
	order  Order             // of the next run; guarded by mu
	runs   int               // guarded by mu
	conns  map[net.Conn]bool // of the runs; guarded by mu
	closed bool              // guarded by mu
}

// Order is what a run does.
type Order struct {
	// Seed and Size make the picture; see Picture. Size is at least MinSize.
	Seed uint64
	Size int
	Faults
}

// Faults are what goes wrong in a run. The zero Faults are none.
type Faults struct {
	// Hang: it stops, for ever, before anything is written.
	Hang bool
	// HangAt: it stops after so many bytes of the picture; 0: it does not.
	HangAt int
	// DeafToInterrupt and Deaf: it does not react to SIGINT, or neither to SIGTERM.
	DeafToInterrupt, Deaf bool
	// CutAt: the picture ends there, and it exits with Code; 0: it does not.
	CutAt int
	// Nothing: it writes nothing at all, and exits with Code.
	Nothing bool
	// Garbage: what it writes is no picture.
	Garbage bool
	// Endless: it goes on writing for ever.
	Endless bool
	// Code is its exit code.
	Code int
	// Complaint is what it says on stderr.
	Complaint string
	// Chatty is how many bytes it says there besides, before that.
	Chatty int
	// Child: it leaves a child behind that holds its output open. Escaped: which has
	// a session of its own. Writing: and which writes for ever.
	Child, Escaped, Writing bool
	// Elsewhere: it writes to a file of another name in its directory.
	Elsewhere bool
}

// Event is what a run tells.
type Event struct {
	// Kind is one of the Event constants.
	Kind string
	// PID is of the process.
	PID int
	// Args are what it was called with, and Env and Dir what it found; of Started.
	Args []string `json:",omitempty"`
	Env  []string `json:",omitempty"`
	Dir  string   `json:",omitempty"`
	// Input is how many bytes it could read from its input; of Started.
	Input int `json:",omitempty"`
	// Signal is the number; of Signalled.
	Signal int `json:",omitempty"`
}

// The kinds of Event.
const (
	Started   = "started"
	Hangs     = "hangs"     // it has come to where it hangs
	Signalled = "signalled" // it got a signal, and does not end by it
	ChildRuns = "child"     // the child that it leaves behind runs
	Gone      = "gone"      // the process has ended, whether it told or not
)

// called is the first argument by which the test's binary knows that it is the
// program.
const called = "programsim"

// Open makes a program whose socket is in dir. Close ends it.
func Open(dir string) (*Program, error) {
	p := &Program{
		socket: filepath.Join(dir, "program.sock"),
		events: make(chan Event, 1000), // more than any test's runs tell
		order:  Order{Seed: 1, Size: DefaultSize},
		conns:  map[net.Conn]bool{},
	}
	var err error
	if p.listen, err = net.Listen("unix", p.socket); err != nil {
		return nil, fmt.Errorf("simulated program: %w", err)
	}
	p.served.Add(1)
	go p.accept()
	return p, nil
}

// Close ends every run, and waits until their connections are gone.
func (p *Program) Close() error {
	err := p.listen.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.served.Wait()
	return err
}

// Argv is the program with the arguments args.
func (p *Program) Argv(args ...string) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return append([]string{self, called, p.socket}, args...)
}

// SetOrder says what the next runs do.
func (p *Program) SetOrder(o Order) {
	p.mu.Lock()
	p.order = o
	p.mu.Unlock()
}

// SetFaults is SetOrder with the picture as it is.
func (p *Program) SetFaults(f Faults) {
	p.mu.Lock()
	p.order.Faults = f
	p.mu.Unlock()
}

// Order is what the next run does.
func (p *Program) Order() Order {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.order
}

// Runs is how often the program was started.
func (p *Program) Runs() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs
}

// Events gives what the runs tell, in the order in which it comes.
func (p *Program) Events() <-chan Event { return p.events }

func (p *Program) accept() {
	defer p.served.Done()
	for {
		c, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		closed := p.closed
		p.conns[c] = true
		p.mu.Unlock()
		if closed {
			c.Close()
		}
		p.served.Add(1)
		go p.serve(c)
	}
}

// serve is one process's connection.
func (p *Program) serve(c net.Conn) {
	defer p.served.Done()
	defer func() {
		c.Close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}()
	in := json.NewDecoder(c)
	for pid := 0; ; {
		var e Event
		if err := in.Decode(&e); err != nil {
			p.tell(Event{Kind: Gone, PID: pid})
			return
		}
		pid = e.PID
		if e.Kind == Started || e.Kind == ChildRuns {
			p.mu.Lock()
			o := p.order
			if e.Kind == Started {
				p.runs++
			}
			p.mu.Unlock()
			if err := json.NewEncoder(c).Encode(o); err != nil && !errors.Is(err, net.ErrClosed) {
				continue // the reading will say so
			}
		}
		p.tell(e)
	}
}

// tell drops what nobody reads.
func (p *Program) tell(e Event) {
	select {
	case p.events <- e:
	default:
	}
}
