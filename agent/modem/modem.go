package modem

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

const (
	// startTime is how long a modem may take from its switch to its first answer and
	// network; until then silence is no fault.
	startTime = 90 * time.Second
	// lookTime bounds one look, with all commands.
	lookTime = 30 * time.Second
	// restartTime bounds a restart by command.
	restartTime = 30 * time.Second
	// maxPause bounds the pause between two presses that STATUS does not follow.
	maxPause = time.Hour
	// maxWait bounds the wait between two restarts.
	maxWait = 24 * time.Hour
)

// Options are what a Modem works with. Board is required.
type Options struct {
	Board hal.Board
	// Source tells how the modem fares, in the place of the AT commands that
	// Config.Ask may name; nil: those, or nobody.
	Source Source
	// Silent tells how long the cloud has been out of reach without anything to
	// excuse it; 0: it is not. It must not wait. nil: the modem is never restarted.
	Silent func() time.Duration
	// There tells whether something shows that the modem is on, such as its network
	// card: a STATUS line that says otherwise is not believed. False says nothing. It must
	// not wait. nil: nothing does.
	There func() bool
	// Report is told after each look how the modem fares, or why that can't be known.
	// It is called from Run's goroutine and must not wait. nil: nobody is.
	Report func(State, error)
	Log    zerolog.Logger
}

// Modem looks after one modem. New makes it, Run runs it; State may be called from
// any goroutine.
type Modem struct {
	cfg Config
	o   Options
	ask Source // nil: nobody
	at  *asker // nil: not by AT

	// Of Run's goroutine, by package time:
	began time.Time // when it was switched or restarted last
	due   time.Time // the next restart; zero: none
	tries int       // restarts since the cloud was reached last

	press time.Time     // when the key may be pressed again; zero: at once
	pause time.Duration // the newest pause before that; 0: none, STATUS has followed

	missing int    // looks in a row that found no modem
	lines   *lines // taken by Prepare, and not yet Run's; nil: none

	mu       sync.Mutex // guards all below
	state    State
	err      error
	restarts int
}

// New makes a Modem, which does nothing before Run. The Config must be valid.
func New(cfg Config, o Options) *Modem {
	m := &Modem{cfg: cfg, o: o, ask: o.Source}
	if m.ask == nil && cfg.Ask == AskAT {
		m.at = &asker{board: o.Board, port: cfg.Port, baud: cfg.Baud, halt: cfg.module().Halt}
		m.ask = m.at
	}
	return m
}

// State is what the last look found, why it found nothing, and how many times the
// modem was restarted since Run began first.
func (m *Modem) State() (s State, restarts int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, m.restarts, m.err
}

// Prepare takes the modem's lines before Run, which uses them and lets them go: a line
// that was held over a restart is in good hands at once. Lines that can't be taken are
// Run's to report.
func (m *Modem) Prepare() {
	if l, err := openLines(m.cfg, m.o.Board); err == nil {
		m.lines = l
	}
}

// Run looks after the modem until ctx ends, and then returns nil. Lines that can't be
// taken are reported, and tried again. It may be run again. The modem stays on.
func (m *Modem) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		l, err := m.lines, error(nil)
		if m.lines = nil; l == nil {
			l, err = openLines(m.cfg, m.o.Board)
		}
		if err != nil {
			m.tell(State{}, err)
			sleep(ctx, jittered(m.cfg.Every))
			continue
		}
		m.began = time.Now()
		m.keep(ctx, l)
		if err := l.close(); err != nil {
			m.o.Log.Warn().Err(err).Msg("modem's lines not let go")
		}
	}
	return nil
}

// keep looks after the modem until ctx ends.
func (m *Modem) keep(ctx context.Context, l *lines) {
	for ctx.Err() == nil {
		s, silent, err := m.look(ctx, l)
		if ctx.Err() != nil {
			return
		}
		if !silent || time.Since(m.began) > startTime { // else it may be starting
			m.tell(s, err)
		}
		if m.wanted() {
			m.restart(ctx, l)
		}
		sleep(ctx, jittered(m.cfg.Every))
	}
}

// jittered is d, or up to a tenth more.
func jittered(d time.Duration) time.Duration { return d + rand.N(d/10) }

func (m *Modem) tell(s State, err error) {
	m.mu.Lock()
	m.state, m.err = s, err
	m.mu.Unlock()
	if m.o.Report != nil {
		m.o.Report(s, err)
	}
}

// wanted tells whether it is time for a restart.
func (m *Modem) wanted() bool {
	if m.cfg.RestartAfter == 0 || m.o.Silent == nil {
		return false
	}
	silent := m.o.Silent()
	if silent == 0 {
		m.due, m.tries = time.Time{}, 0
		return false
	}
	if m.due.IsZero() {
		m.due = time.Now().Add(max(jittered(m.cfg.RestartAfter)-silent, 0))
	}
	return !time.Now().Before(m.due)
}

// restart restarts the modem in the way whose turn it is, and where that fails in
// the next.
func (m *Modem) restart(ctx context.Context, l *lines) {
	type way struct {
		name string
		do   func(context.Context) error
	}
	var ways []way
	if m.ask != nil {
		ways = append(ways, way{"command", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, restartTime)
			defer cancel()
			return m.ask.Restart(ctx)
		}})
	}
	if l.key != nil {
		ways = append(ways, way{"key", func(ctx context.Context) error { return m.byKey(ctx, l) }})
	}
	if l.power != nil {
		ways = append(ways, way{"power", l.cycle})
	}
	wait := m.cfg.RestartAfter
	for n := 0; n < m.tries && wait < maxWait; n++ {
		wait *= 2
	}
	first := min(m.tries, len(ways)-1)
	m.tries++
	m.followed() // it may be off after this, and is to be switched on at once
	m.due = time.Now().Add(jittered(min(wait*2, max(maxWait, m.cfg.RestartAfter))))
	if len(ways) == 0 {
		m.o.Log.Warn().Err(errNoWay).Msg("modem not restarted")
		return
	}
	for _, w := range ways[first:] {
		m.began = time.Now()
		err := w.do(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			m.o.Log.Warn().Str("by", w.name).Time("next", m.due).Msg("modem restarted: the cloud has been out of reach for long")
			m.mu.Lock()
			m.restarts++
			m.mu.Unlock()
			return
		}
		m.o.Log.Warn().Err(err).Str("by", w.name).Msg("modem not restarted")
	}
}

// byKey switches the modem off, by its own command where it takes that, and on.
func (m *Modem) byKey(ctx context.Context, l *lines) error {
	halted := false
	if m.at != nil && m.at.halt != "" {
		bound, cancel := context.WithTimeout(ctx, restartTime)
		err := m.at.haltNow(bound)
		cancel()
		if err == nil && l.status != nil {
			halted, err = Await(ctx, l.status, false, l.module.OffWait)
		} else if err == nil {
			halted = sleep(ctx, l.module.OffWait)
		}
		if err != nil {
			m.o.Log.Debug().Err(err).Msg("modem has not ended by its command")
		}
	}
	on, known, err := l.isOn()
	if err != nil {
		return err
	}
	if !halted && (on || !known) {
		if err := l.switchOff(ctx); err != nil {
			return err
		}
	}
	return l.switchOn(ctx)
}
