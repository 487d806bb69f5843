package agent

import (
	"fmt"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/link"
	"fieldcam/agent/message"
	"fieldcam/agent/modem"
	"fieldcam/agent/modem/at"
	"fieldcam/agent/modem/manager"
)

// networkless is how long a modem may be without a network before that is a
// condition: longer than it takes to start, or to change cells.
const networkless = 5 * time.Minute

// makeModem makes what looks after the modem, where one is configured.
func (a *Agent) makeModem() {
	c := a.o.Config.Modem
	if !c.Configured() {
		return
	}
	o := modem.Options{Board: a.o.Board, Silent: a.cloudMissing, Report: a.modemTold, Log: a.log}
	if a.o.Root != "" {
		o.There = func() bool { return link.Mobile(a.o.Root) }
	}
	if c.Ask == modem.AskManager {
		o.Source = manager.Manager{}
	}
	a.modem = modem.New(c, o)
	a.modem.Prepare() // before the lines that nobody wants are let go
}

// cloudMissing is how long the cloud has been out of reach with nothing to excuse
// it; 0: it is not. It answers that a modem can be blamed for it: a cloud that
// answers with errors is there.
func (a *Agent) cloudMissing() time.Duration {
	if a.monitor == nil {
		return 0
	}
	if _, _, quiet := a.windows.Quiet(a.clock.Now()); quiet {
		return 0
	}
	since, _ := a.monitor.Outage()
	if since.IsZero() {
		return 0
	}
	return time.Since(since)
}

// modemTold turns what the modem says into conditions. It is of the modem's
// goroutine, as a.networkAt is.
func (a *Agent) modemTold(s modem.State, err error) {
	if err != nil {
		a.raise(health.ModemFault, err.Error())
		return
	}
	a.health.Clear(health.ModemFault)
	now := time.Now()
	if s.SIM == "" { // nobody was asked, or the card is starting
		a.networkAt = now
		return
	}
	if s.SIM != at.SIMReady {
		a.raise(health.SIMFault, "the modem's SIM card is "+map[at.SIM]string{
			at.SIMLocked: "locked: take its PIN off in a phone", at.SIMMissing: "missing, or not read", at.SIMFault: "broken, or not for this modem",
		}[s.SIM])
	} else {
		a.health.Clear(health.SIMFault)
	}
	if s.Registration.On() || a.networkAt.IsZero() {
		a.networkAt = now
	}
	switch {
	case s.Registration.On():
		a.health.Clear(health.NoNetwork)
	case now.Sub(a.networkAt) >= networkless:
		text := "the modem has no network: " + string(s.Registration)
		if s.HasSignal {
			text += fmt.Sprintf(", signal %d dBm", s.DBm)
		}
		a.raise(health.NoNetwork, text)
	}
}

// modemStatus is how the modem fares; nil where there is none.
func (a *Agent) modemStatus() *control.Modem {
	if a.modem == nil {
		return nil
	}
	s, restarts, err := a.modem.State()
	m := &control.Modem{
		Running: s.Running, SIM: string(s.SIM), Registration: string(s.Registration),
		Operator: s.Operator.Name, Technology: s.Operator.Technology, Restarts: restarts,
	}
	if s.HasSignal {
		m.DBm = s.DBm
	}
	if err != nil {
		m.Error = err.Error()
	}
	return m
}

// messageModem is the same for the hub; nil where nothing is known.
func messageModem(m *control.Modem) *message.Modem {
	if m == nil || m.SIM == "" {
		return nil
	}
	return &message.Modem{SIM: m.SIM, Registration: m.Registration, DBm: m.DBm, Operator: m.Operator, Technology: m.Technology}
}
