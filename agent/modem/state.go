package modem

import (
	"context"
	"fmt"
	"time"

	"fieldcam/agent/modem/at"
	"fieldcam/hal"
)

// State is how a modem fares.
type State struct {
	// Running tells whether the modem is on: by its STATUS line, else because it
	// answers. What follows is known only where it answers.
	Running bool
	// SIM is the state of its card; empty: not known.
	SIM at.SIM
	// Registration is its state at the network; empty: not known.
	Registration at.Registration
	// DBm is the strength of the signal, where HasSignal.
	DBm       int
	HasSignal bool
	// Operator is whose network it is in.
	Operator at.Operator
}

// Source tells how a modem fares. Its methods are called from one goroutine.
type Source interface {
	// State asks. It is bounded by ctx.
	State(ctx context.Context) (State, error)
	// Restart has the modem start anew, by a command. It is bounded by ctx.
	Restart(ctx context.Context) error
}

const (
	// answerTime bounds a command that only asks; the slowest, AT+COPS?, has been
	// given 1 s to 3 s by makers where a network is known.
	answerTime = 5 * time.Second
	// greetings is how many times "AT" is sent before a modem counts as silent: the
	// first may be lost while it finds the rate or wakes.
	greetings    = 3
	greetingTime = time.Second
)

// asker is a Source by AT commands. The port is open only while it asks: whoever
// else wants it, a technician with a terminal, finds it free.
type asker struct {
	board hal.Board
	port  string
	baud  int
	halt  string
}

// with calls f with a modem that answers.
func (a asker) with(ctx context.Context, f func(*at.Conn) error) error {
	port, err := a.board.OpenPort(a.port, a.baud)
	if err != nil {
		return err
	}
	defer port.Close()
	c := at.New(port)
	for n := 1; ; n++ {
		// Without echo, and with numbers for errors: AT+CMEE=1 holds until the next start
		// (TS 27.007, 9.1).
		if _, err = c.Command(ctx, "ATE0+CMEE=1", "", greetingTime); err == nil {
			return f(c)
		}
		if n == greetings || ctx.Err() != nil {
			return fmt.Errorf("greet modem on %s: %w", a.port, err)
		}
	}
}

// State implements Source.
func (a asker) State(ctx context.Context) (s State, err error) {
	err = a.with(ctx, func(c *at.Conn) error {
		s.Running = true
		if s.SIM, err = simOf(ctx, c); err != nil {
			return err
		}
		if err := one(ctx, c, "AT+CSQ", "+CSQ:", func(line string) (err error) {
			s.DBm, s.HasSignal, err = at.ParseCSQ(line)
			return err
		}); err != nil {
			return err
		}
		// CEREG is LTE's; modems without LTE know CREG alone.
		for _, name := range []string{"+CEREG", "+CREG"} {
			err = one(ctx, c, "AT"+name+"?", name+":", func(line string) (err error) {
				s.Registration, err = at.ParseREG(line, name)
				return err
			})
			if err == nil && s.Registration.On() {
				break
			}
		}
		if err != nil || !s.Registration.On() {
			return err
		}
		return one(ctx, c, "AT+COPS?", "+COPS:", func(line string) (err error) {
			s.Operator, err = at.ParseCOPS(line)
			return err
		})
	})
	return s, err
}

// one sends a command whose answer has one line.
func one(ctx context.Context, c *at.Conn, command, prefix string, use func(string) error) error {
	lines, err := c.Command(ctx, command, prefix, answerTime)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return fmt.Errorf("%s: the answer has no %s", command, prefix)
	}
	return use(lines[len(lines)-1]) // what comes before may be unsolicited
}

// simOf asks for the card; an error that tells of it is an answer.
func simOf(ctx context.Context, c *at.Conn) (sim at.SIM, err error) {
	err = one(ctx, c, "AT+CPIN?", "+CPIN:", func(line string) (err error) {
		sim, err = at.ParseCPIN(line)
		return err
	})
	if result, ok := asResult(err); ok {
		if told, ok := at.SIMOfError(result.Code); ok {
			return told, nil
		}
		return "", nil // "SIM busy" (14) while it starts, and what makers add
	}
	return sim, err
}

// Restart implements Source: AT+CFUN=1,1 (TS 27.007, 8.2), full functionality after
// a reset.
func (a asker) Restart(ctx context.Context) error {
	return a.with(ctx, func(c *at.Conn) error {
		_, err := c.Command(ctx, "AT+CFUN=1,1", "", answerTime)
		return err
	})
}

// haltNow asks for a clean end.
func (a asker) haltNow(ctx context.Context) error {
	return a.with(ctx, func(c *at.Conn) error {
		_, err := c.Command(ctx, a.halt, "", answerTime)
		return err
	})
}
