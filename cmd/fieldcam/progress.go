package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

// line is one line of a terminal that is written over and over; nothing at all
// where w is no terminal.
type line struct {
	w     io.Writer
	shown bool
}

func newLine(w io.Writer) *line {
	if f, ok := w.(*os.File); !ok || !isatty.IsTerminal(f.Fd()) {
		w = nil
	}
	return &line{w: w}
}

func (l *line) set(s string) {
	if l.w != nil {
		fmt.Fprintf(l.w, "\r\x1b[K%s", s)
		l.shown = true
	}
}

func (l *line) clear() {
	if l.shown {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

// progressDelay is how long a command may be silent.
const progressDelay = 2 * time.Second

// progress shows what and for how long, from progressDelay on, until the
// returned function is called.
func progress(w io.Writer, what string) (done func()) {
	l := newLine(w)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		defer l.clear()
		start := time.Now()
		tick := time.NewTicker(progressDelay / 2)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if d := time.Since(start); d >= progressDelay {
					l.set(fmt.Sprintf("%s, %ds", what, int(d.Seconds())))
				}
			}
		}
	}()
	return func() { close(stop); <-stopped }
}
