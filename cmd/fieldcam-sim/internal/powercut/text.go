package powercut

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// width is that of the narrowest terminal.
	width = 80
	// statesShown and faultsShown bound what a person is shown of what went wrong;
	// the rest is in the JSON.
	statesShown = 5
	faultsShown = 3
)

// WriteText writes the report for a person.
func (r Report) WriteText(w io.Writer) error {
	p := printer{w: w}
	for _, t := range r.Writer {
		verdict := fmt.Sprintf("%d states, nothing lost", t.States)
		switch {
		case !t.DirSync && t.OK():
			verdict = fmt.Sprintf("caught in %d of %d states", len(t.Lost), t.States)
		case !t.DirSync:
			verdict = "NOT CAUGHT: the sweep proves nothing"
		case !t.OK():
			verdict = fmt.Sprintf("LOST in %d states", len(t.Lost)+len(t.Broken))
		}
		p.line("self-test   %s: %s", t, verdict)
	}
	for _, d := range r.Daemon {
		p.daemon(d)
	}
	verdict := "no photo lost, doubled or half visible; no slot unaccounted for"
	if !r.OK() {
		verdict = "FAILED"
	}
	p.line("")
	p.line("powercut: %s", verdict)
	p.line("seed %d, %s", r.Seed, seconds(r.Seconds))
	if r.Kept != "" {
		p.line("images and logs: %s", r.Kept)
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

// line writes one line, cut where a terminal ends.
func (p *printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > width {
		text = text[:width-3] + "..."
	}
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, text)
	}
}

func (p *printer) daemon(d DaemonTest) {
	p.line("")
	p.line("the daemon, ext4 with %s", d.Mount)
	p.line("  photos      %d accepted, %d filed by the hub, %s", d.Accepted, d.Filed, seconds(d.Seconds))
	p.line("  disk        %d writes, %d of them flushes", d.Writes, d.Flushes)
	p.line("  states      %d, at most %d whole photos in one, %s", d.States, d.Photos, seconds(d.Result.Seconds))
	p.line("  at fault    %d", len(d.Lost)+len(d.Broken))
	if d.Mended > 0 {
		p.line("  mended      e2fsck had work in %d states after the journal", d.Mended)
	}
	if n := len(d.Late.Lost); n > 0 {
		p.line("  self-test   a drive that flushes late: caught in %d of %d states", n, d.Late.States)
	} else {
		p.line("  self-test   a drive that flushes late: NOT CAUGHT: the sweep proves nothing")
	}
	if len(d.Revived) == 0 {
		p.line("  revived     all is in the hub, each picture once")
	}
	for _, f := range d.Revived {
		p.line("  revived     %s", f)
	}
	for i, s := range slices.Concat(d.Lost, d.Broken) {
		if i == statesShown {
			p.line("  ... and %d more states", len(d.Lost)+len(d.Broken)-i)
			break
		}
		p.line("  %s:", s.Cut)
		for j, f := range s.Faults {
			if j == faultsShown {
				p.line("    ... and %d more", len(s.Faults)-j)
				break
			}
			p.line("    %s", f)
		}
		if s.Image != "" {
			p.line("    image %s", filepath.Base(s.Image))
		}
	}
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
