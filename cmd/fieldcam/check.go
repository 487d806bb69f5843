package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/queue"
)

// checkResult is what `queue check --json` prints.
type checkResult struct {
	Findings []string `json:"findings"` // all that is wrong
	// Photos and Bytes were read.
	Photos int64 `json:"photos"`
	Bytes  int64 `json:"bytes"`
	// Recovery is what opening the queue mended; left out with the daemon running.
	Recovery []string `json:"recovery,omitempty"`
}

func newQueueCheck(p *places) *cobra.Command {
	var q control.CheckRequest
	c := &cobra.Command{
		Use:   "check",
		Short: "Look for damage in the index and the spool",
		Long: `Check everything that must hold between index, ledger and spool, and print each
finding. With --photos, also read every photo that the cloud has not got and
compare it with its SHA-256; a damaged one becomes lost. The daemon goes on
meanwhile.

Exit codes: 0 nothing is wrong, 1 there are findings.`,
		Example: `  fieldcam queue check
  fieldcam queue check --photos`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.through(c, func(ctx context.Context, d *door) error {
				return check(ctx, c, d, q, p.json)
			})
		},
	}
	c.Flags().BoolVar(&q.Photos, "photos", false, "read the photos, too")
	return c
}

func check(ctx context.Context, c *cobra.Command, d *door, q control.CheckRequest, asJSON bool) error {
	w := c.OutOrStdout()
	r := checkResult{Findings: []string{}}
	if d.here {
		if r.Recovery = recoveryLines(d.recovery); len(r.Recovery) > 0 && !asJSON {
			fmt.Fprintln(w, "Opening the queue mended it:")
			printList(w, r.Recovery)
		}
	}
	show, quiet := newLine(c.ErrOrStderr()), progress(c.ErrOrStderr(), "checking index and spool")
	stopped := false
	stop := func() { // the first event tells that the photos are being read
		if !stopped {
			quiet()
			stopped = true
		}
		show.clear()
	}
	start := time.Now()
	err := d.Check(ctx, q, func(e control.CheckEvent) {
		stop()
		r.Photos, r.Bytes = max(r.Photos, e.Photos), max(r.Bytes, e.Bytes)
		if e.Finding != "" {
			if r.Findings = append(r.Findings, e.Finding); !asJSON {
				printList(w, []string{e.Finding})
			}
		}
		if e.OfBytes > 0 && !e.Done {
			show.set(workText("reading", e.Photos, e.OfPhotos, e.Bytes, e.OfBytes, time.Since(start)))
		}
	})
	stop()
	if err != nil {
		return err
	}
	if asJSON {
		if err := printJSON(w, r); err != nil {
			return err
		}
	} else if len(r.Findings) == 0 {
		fmt.Fprintln(w, "index and spool: nothing is wrong")
	}
	if q.Photos && !asJSON {
		fmt.Fprintf(w, "%s read (%s)\n", plural(int(r.Photos), "photo"), bytesText(r.Bytes))
	}
	if n := len(r.Findings); n > 0 {
		return fmt.Errorf("%s: see docs/queue.md for what to do", plural(n, "finding"))
	}
	return nil
}

// printList writes one thing a line, and long ones over several.
func printList(w io.Writer, all []string) {
	for _, s := range all {
		for i, part := range fold(s, 76) {
			fmt.Fprintf(w, "%s%s\n", [2]string{"  - ", "    "}[min(i, 1)], part)
		}
	}
}

// fold breaks s into lines of at most n columns, at spaces where it has them.
func fold(s string, n int) (lines []string) {
	line := []rune{}
	for word := range strings.FieldsSeq(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > n {
			lines, line = append(lines, string(line)), nil
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for line = append(line, w...); len(line) > n; line = line[n:] {
			lines = append(lines, string(line[:n]))
		}
	}
	return append(lines, string(line))
}

// recoveryLines says in words what opening the queue found and did.
func recoveryLines(r queue.Recovery) (lines []string) {
	say := func(format string, a ...any) { lines = append(lines, fmt.Sprintf(format, a...)) }
	count := func(n int, noun, what string) {
		if n > 0 {
			say("%s %s", plural(n, noun), what)
		}
	}
	switch {
	case r.Damage != "":
		say("the index was damaged (%s); it is kept in %s", cut(r.Damage, 300), r.SetAside)
	case r.SetAside != "":
		say("the old index is kept in %s", r.SetAside)
	}
	if r.Rebuilt {
		say("the index was made anew from the photos in the spool")
		count(r.Adopted, "photo", "taken into it")
	} else {
		count(r.Adopted, "photo", "taken in that the index did not know")
	}
	count(r.Unread, "photo", "of those by name and size, without reading them")
	count(r.Unadopted, "file", "left in the spool, since there is no room for them in the index")
	count(r.Removed, "file", "removed: pictures that were never finished, or deleted ones")
	count(r.Damaged, "photo", "damaged, and set aside in the directory damaged")
	count(r.Lost, "photo", "lost: the file is gone")
	count(r.Found, "photo", "found again that had been lost")
	if r.Foreign > 0 {
		say("%s in the spool not made by fieldcam, left alone: %s", plural(r.Foreign, "file"), strings.Join(r.ForeignNames, ", "))
	}
	return lines
}

func newQueueRebuild(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Make the index anew from the photos; the daemon must be stopped",
		Long: `Make the index anew from the photos in the spool, and set the old one aside. The
daemon does this itself where it finds the index damaged; by hand it is needed
only where "queue check" says so. No photo is touched.

What can be read of the old index is kept: the ledger, what the cloud has, what
is held. What was refused is tried once more, and what the second copy has is
looked at again.`,
		Example: `  sudo systemctl stop fieldcam
  sudo fieldcam queue rebuild
  sudo systemctl start fieldcam`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			asked := progress(c.ErrOrStderr(), "asking the daemon")
			_, err := p.client().Status(c.Context())
			asked()
			if err == nil {
				return errors.New("the daemon is running, and has the queue open: stop it (sudo systemctl stop fieldcam), rebuild, and start it (sudo systemctl start fieldcam)")
			}
			if !errors.Is(err, control.ErrNotRunning) {
				return err
			}
			cfg, err := p.ownQueue(err)
			if err != nil {
				return err
			}
			if _, err := becomeOwner(p.state); err != nil {
				return err
			}
			done := progress(c.ErrOrStderr(), "making the index anew")
			r, err := queue.Rebuild(c.Context(), queueOptions(p, cfg))
			done()
			if err != nil {
				return explainOpen(err)
			}
			r.Damage = "" // that it was asked for is no damage
			lines := recoveryLines(r)
			if p.json {
				return printJSON(c.OutOrStdout(), checkResult{Findings: []string{}, Recovery: lines})
			}
			printList(c.OutOrStdout(), lines)
			return nil
		},
	}
}
