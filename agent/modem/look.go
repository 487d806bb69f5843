package modem

import (
	"context"
	"fmt"
	"time"
)

// look switches the modem on where it is off, and asks how it fares. silent tells
// that err is that it does not answer.
func (m *Modem) look(ctx context.Context, l *lines) (s State, silent bool, err error) {
	on, known, err := l.isOn()
	if err == nil && known && !on {
		var is bool
		if s, is, err = m.contradicts(ctx); is || ctx.Err() != nil {
			return s, false, err
		}
		err = m.pressOn(ctx, l)
		on = err == nil
	} else if on {
		m.followed()
	}
	if m.ask == nil || err != nil {
		return State{Running: on}, false, err
	}
	s, err = m.asked(ctx)
	if known {
		s.Running = on
	}
	// Without a STATUS line silence alone tells that it is off, where it lasts.
	if err == nil || !gone(err) {
		m.missing = 0
	} else {
		m.missing++
	}
	if m.missing > 1 && !known && l.key != nil && time.Since(m.began) > startTime && ctx.Err() == nil {
		m.missing = 0
		m.o.Log.Info().Err(err).Msg("modem does not answer: its key is pressed")
		m.began = time.Now()
		if errKey := l.switchOn(ctx); errKey != nil {
			return s, false, errKey
		}
		return s, false, err // told now: the next silence may be its start
	}
	return s, err != nil, err
}

// asked is what the Source tells, in a bounded time.
func (m *Modem) asked(ctx context.Context) (State, error) {
	bound, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return m.ask.State(bound)
}

// contradicts finds out whether a modem that is off by its STATUS line is on, by its answer
// where there is whom to ask, or by Options.There: then the line is wrong, and a press would
// switch the modem off.
func (m *Modem) contradicts(ctx context.Context) (s State, is bool, err error) {
	if m.ask != nil {
		s, err = m.asked(ctx)
		switch {
		case err == nil:
			s.Running = true
			return s, true, errStatus
		case s.Running: // it answered, and not what was asked
			return s, true, fmt.Errorf("%w; %w", errStatus, err)
		}
	}
	if m.o.There != nil && m.o.There() {
		return State{Running: true}, true, errCard
	}
	return State{}, false, nil
}

// pressOn presses the key of a modem that is off by its STATUS line. Where that does not
// follow, the next press waits for twice as long as this one did, for the line may be what
// is wrong: then each press switches to and fro.
func (m *Modem) pressOn(ctx context.Context, l *lines) error {
	switch {
	case l.key == nil:
		return errOff
	case time.Now().Before(m.press):
		return errNotOn
	}
	m.o.Log.Info().Msg("modem is off: its key is pressed")
	m.began = time.Now()
	err := l.switchOn(ctx)
	if err == nil || ctx.Err() != nil {
		m.followed()
		return err
	}
	m.pause = min(max(m.pause, m.cfg.Every)*2, max(maxPause, m.cfg.Every))
	m.press = time.Now().Add(m.pause)
	return err
}

// followed takes note that the key may be pressed at once where that is due.
func (m *Modem) followed() { m.press, m.pause = time.Time{}, 0 }
