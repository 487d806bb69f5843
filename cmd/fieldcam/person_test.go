package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// typist is who types into a person's terminal.
type typist struct {
	*testing.T
	w   *io.PipeWriter
	out bytes.Buffer
	p   *person
}

func newTypist(t *testing.T) *typist {
	r, w := io.Pipe()
	s := &typist{T: t, w: w}
	s.p = &person{in: r, out: &s.out}
	t.Cleanup(func() {
		w.Close()
		if s.p.lines != nil {
			for range s.p.lines { // until the reader ends
			}
		}
	})
	return s
}

func (s *typist) types(text string) {
	// What nobody reads to its end ends with the terminal.
	if _, err := io.WriteString(s.w, text); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		s.Error(err)
	}
}

func TestWhatWasTypedAheadAnswersNoQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTypist(t)
		go s.types("y\ny\ny\n") // all before the first question
		time.Sleep(time.Second)
		time.AfterFunc(time.Second, func() { s.types("y\n\ny\ny\n") })
		for i, want := range []bool{true, false} {
			if i == 1 {
				time.Sleep(time.Second) // what follows the first answer was typed ahead, too
				time.AfterFunc(time.Second, func() { s.types("\n") })
			}
			if got, err := s.p.ask(t.Context(), "Switch it?"); err != nil || got != want {
				t.Errorf("answer %d: %v, %v, want %v", i, got, err, want)
			}
		}
	})
}

func TestADangerIsTakenByItsWordsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTypist(t)
		for typed, want := range map[string]bool{
			"cut modem_key": true, " cut modem_key ": true, "y": false, "yes": false, "": false, "cut": false, "Cut modem_key": false,
			strings.Repeat("y", 1000): false,
		} {
			time.AfterFunc(time.Second, func() { s.types(typed + "\n") })
			if got, err := s.p.confirm(t.Context(), "The network goes.", "cut modem_key"); err != nil || got != want {
				t.Errorf("%q: %v, %v, want %v", typed, got, err, want)
			}
		}
		if text := s.out.String(); !strings.Contains(text, "The network goes.") || !strings.Contains(text, `"cut modem_key"`) {
			t.Errorf("it asks %q", text)
		}
	})
}

func TestAnAnswerIsWaitedForWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTypist(t)
		start := time.Now()
		if yes, err := s.p.ask(t.Context(), "Switch it?"); yes || err == nil {
			t.Errorf("nobody answers: %v, %v, want an error", yes, err)
		}
		if d := time.Since(start); d != answerTime {
			t.Errorf("it took %v, want %v", d, answerTime)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if yes, err := s.p.ask(ctx, "Switch it?"); yes || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ends: %v, %v", yes, err)
		}
		s.w.Close()
		if yes, err := s.p.ask(t.Context(), "Switch it?"); yes || err != nil {
			t.Errorf("the terminal has gone: %v, %v, want a no", yes, err)
		}
	})
}
