package panel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

const (
	// HoldTime is how long the button must be held for HoldCommand.
	HoldTime = 5 * time.Second
	// lookEvery is how often a lit light is compared with what it should show.
	lookEvery = time.Second
	// again is how long after a fault the lines are tried again.
	again = time.Minute
)

// Options are what a Panel works with. Board and Look are required.
type Options struct {
	Board hal.Board
	// Look tells what the light should show. It must not wait.
	Look func() Look
	// Press takes a photo and has it uploaded; it is bounded by ctx. nil: a press only
	// lights the light.
	Press func(ctx context.Context) error
	// Hold runs Config.HoldCommand; it is bounded by ctx. nil, or without a command:
	// nothing happens.
	Hold func(ctx context.Context, command []string) error
	Log  zerolog.Logger
}

// Panel is the light and the button.
type Panel struct {
	cfg Config
	o   Options
}

// New makes a Panel, which does nothing before Run. The Config must be valid.
func New(cfg Config, o Options) *Panel { return &Panel{cfg: cfg, o: o} }

// Run shows and listens until ctx ends, and then returns nil. A line that can't be
// taken, or fails, is logged, and tried again. It may be run again. The light is dark
// after it.
func (p *Panel) Run(ctx context.Context) error {
	for told := ""; ctx.Err() == nil; {
		err := p.once(ctx)
		if ctx.Err() != nil {
			break
		}
		if text := err.Error(); text != told { // once, not for each attempt
			p.o.Log.Warn().Err(err).Msg("light and button can't be used")
			told = text
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
	return nil
}

// once shows and listens until ctx ends, or a line fails.
func (p *Panel) once(ctx context.Context) (err error) {
	l, err := openLight(p.cfg, p.o.Board)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	defer others.Wait()
	defer cancel()
	changes, ended := make(chan bool), make(chan error, 1)
	if p.cfg.ButtonLine != "" {
		button, err := p.o.Board.OpenInput(hal.Line{Name: p.cfg.ButtonLine, ActiveLow: p.cfg.ButtonActiveLow}, hal.InputConfig{Debounce: debounce})
		if err != nil {
			return fmt.Errorf("take the button's line: %w", err)
		}
		others.Go(func() {
			err := listen(ctx, button, changes)
			ended <- errors.Join(err, button.Close())
		})
	}
	s := &shift{Panel: p, light: l, others: &others, done: make(chan error, 1), base: Starting, awake: time.Now()}
	s.begin(s.base.pattern())
	return s.run(ctx, changes, ended)
}

// shift is a Panel that runs. All of it belongs to Run's goroutine.
type shift struct {
	*Panel
	light  *light
	others *sync.WaitGroup
	done   chan error // how what the button began has ended

	base    Look      // what the light tells where nothing else is to be told
	shown   pattern   // what it shows,
	since   time.Time // and since when
	awake   time.Time // when the button was pressed last, or the start
	pressed time.Time // zero: it is not
	lit     bool      // the light was lit when it was pressed
	running bool      // what the button began runs
}

func (s *shift) run(ctx context.Context, changes <-chan bool, ended <-chan error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait, err := s.show()
		if err != nil {
			return fmt.Errorf("set the light: %w", err)
		}
		timer.Stop()
		var next <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			next = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("read the button: %w", err)
		case on := <-changes:
			s.change(ctx, on)
		case err := <-s.done:
			s.running = false
			s.begin(taken())
			if err != nil {
				s.o.Log.Warn().Err(err).Msg("what the button asked for was not done")
				s.begin(missed())
			}
		case <-next:
			if !s.pressed.IsZero() && time.Since(s.pressed) >= HoldTime {
				s.hold(ctx)
			}
		}
	}
}

// begin shows a pattern from now on.
func (s *shift) begin(p pattern) { s.shown, s.since = p, time.Now() }

// show sets the light, and tells when it should be looked at again; 0: not before
// something happens.
func (s *shift) show() (wait time.Duration, err error) {
	now := time.Now()
	own := s.running || s.shown.times > 0 && !s.shown.over(now.Sub(s.since))
	lit := s.cfg.DarkAfter == 0 || now.Before(s.awake.Add(s.cfg.DarkAfter))
	if !own {
		s.base = s.o.Look()
		p := s.base.pattern()
		if !lit {
			p = pattern{}
		}
		if p != s.shown {
			s.begin(p)
		}
	}
	c, wait := s.shown.at(now.Sub(s.since))
	if lit && (wait == 0 || wait > lookEvery) {
		wait = lookEvery
	}
	if !s.pressed.IsZero() {
		if left := s.pressed.Add(HoldTime).Sub(now); wait == 0 || left < wait {
			wait = max(left, time.Millisecond)
		}
	}
	return wait, s.light.show(c)
}

// change is the button being pressed or released.
func (s *shift) change(ctx context.Context, on bool) {
	now := time.Now()
	if on {
		s.lit = s.cfg.DarkAfter == 0 || now.Before(s.awake.Add(s.cfg.DarkAfter))
		s.pressed, s.awake = now, now
		return
	}
	short := !s.pressed.IsZero()
	s.pressed, s.awake = time.Time{}, now
	if short && s.lit && !s.running && s.o.Press != nil {
		s.start(busy(), func() error { return s.o.Press(ctx) })
	}
}

// hold is the button having been held long enough.
func (s *shift) hold(ctx context.Context) {
	s.pressed = time.Time{} // its release is no press
	if s.running || len(s.cfg.HoldCommand) == 0 || s.o.Hold == nil {
		return
	}
	s.o.Log.Info().Msg("button held")
	s.start(held(), func() error { return s.o.Hold(ctx, s.cfg.HoldCommand) })
}

// start begins what the button asks for.
func (s *shift) start(p pattern, do func() error) {
	s.running = true
	s.begin(p)
	s.others.Go(func() { s.done <- do() })
}
