package subprocess

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"
)

const (
	// readSize is a Linux pipe's own.
	readSize = 64 << 10
	// tailBytes is how much of stderr is kept.
	tailBytes = 4 << 10
	// maxLine bounds the line of stderr that an error repeats, in bytes.
	maxLine = 150
)

// pump passes on what comes from the file until its end, until the program has ended
// and nothing more comes, or until ctx ends; at most limit bytes, where that is not 0.
func (p *process) pump(ctx context.Context, from *os.File, to io.Writer, limit int64) error {
	buf := make([]byte, readSize)
	for total := int64(0); ; {
		n, err := from.Read(buf)
		if total += int64(n); limit > 0 && total > limit {
			return ErrTooMuch
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return &sinkError{err}
			}
			if p.hasEnded() && ctx.Err() == nil {
				// The time to write this part does not count.
				_ = from.SetReadDeadline(time.Now().Add(lingerTime))
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ctx.Err() // nil: somebody holds it open, and is silent
		case err == io.EOF:
			return nil
		default:
			return err
		}
	}
}

// hear reads what the program says to people, until its end.
func (p *process) hear(t *tail) {
	// A fault leaves the message short. Nobody's writing holds this up, so that the
	// deadline that the program's end sets is never moved.
	_, _ = io.Copy(t, p.stderr)
}

// sinkError is a fault of Spec.Stdout: not the program's.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return "pass on its output: " + e.err.Error() }
func (e *sinkError) Unwrap() error { return e.err }

// IsSink tells whether err, of Run, is a fault of Spec.Stdout, so that the program
// is not to blame.
func IsSink(err error) bool {
	var sink *sinkError
	return errors.As(err, &sink)
}

// tail keeps the end of what is written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if over := len(t.b) + n - tailBytes; over > 0 {
		cut := min(over, len(t.b))
		t.b = append(t.b[:0], t.b[cut:]...)
		p = p[over-cut:]
	}
	t.b = append(t.b, p...)
	return n, nil
}

// userForm is user and password in an address; rather too much than a password too
// many.
var userForm = regexp.MustCompile(`://[^\s"']*@`)

// text is what was kept, fit for a log: lines, without what commands a terminal.
func (t *tail) text() string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(t.b), " "))
	return userForm.ReplaceAllString(s, "://…@")
}

// lastLine is the last line of text that says something, within bounds.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "") + "…"
	}
	return line
}
