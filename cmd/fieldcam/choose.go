package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// choice is which photos a command is about, by the flags that several share.
type choice struct {
	only, from, to, kind string
	oldest               bool
	limit                int
}

func (f *choice) flags(c *cobra.Command, limit int) {
	c.Flags().Var(given{&f.only}, "only", "only those in these `states`, such as waiting,held")
	c.Flags().Var(given{&f.from}, "from", "only those taken from that `time` on, or that day")
	c.Flags().Var(given{&f.to}, "to", "only those taken before that `time`, or up to that\nday's end")
	c.Flags().Var(given{&f.kind}, "kind", "only those of that `kind`: jpeg or raw")
	c.Flags().BoolVar(&f.oldest, "oldest", false, "the oldest first, in place of the newest")
	c.Flags().IntVar(&f.limit, "limit", limit, "at most so many; 0 is all")
	c.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(photo.Kinds(), cobra.ShellCompDirectiveNoFileComp))
}

// stateNames lists the states in the order of a photo's way.
func stateNames() []string {
	return []string{string(queue.Waiting), string(queue.Held), string(queue.Refused), string(queue.Kept), string(queue.Confirmed), string(queue.Lost)}
}

// any tells whether the flags choose anything.
func (f *choice) any() bool {
	return f.only != "" || f.from != "" || f.to != "" || f.kind != "" || f.limit != 0
}

// check reports what is wrong with the flags, before anybody is asked.
func (f *choice) check() error {
	_, err := f.query(time.UTC)
	return err
}

// query is the choice with times in the zone z.
func (f *choice) query(z *time.Location) (q control.Query, err error) {
	q = control.Query{Oldest: f.oldest, Limit: f.limit}
	if f.limit < 0 {
		return q, usageError{errors.New("--limit: want 0 (all) or more")}
	}
	for name := range strings.SplitSeq(f.only, ",") {
		if name == "" && f.only == "" {
			continue
		}
		s, err := queue.ParseState(strings.TrimSpace(name))
		if err != nil {
			return q, usageError{fmt.Errorf("--only %q: want one or more of %s", f.only, strings.Join(stateNames(), ","))}
		}
		q.States = append(q.States, s)
	}
	if f.kind != "" {
		if !slices.Contains(photo.Kinds(), f.kind) {
			return q, usageError{fmt.Errorf("--kind %q: want %s", f.kind, strings.Join(photo.Kinds(), " or "))}
		}
		q.Kinds = []string{f.kind}
	}
	if q.From, err = parseWhen(f.from, z, false); err != nil {
		return q, usageError{fmt.Errorf("--from: %w", err)}
	}
	if q.To, err = parseWhen(f.to, z, true); err != nil {
		return q, usageError{fmt.Errorf("--to: %w", err)}
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, usageError{fmt.Errorf("--from %s --to %s: nothing is between", f.from, f.to)}
	}
	return q, nil
}

// parseWhen reads a time in the zone z, or one that names its own zone. A day is
// its first instant, or, where it ends something, its last one's successor. An
// empty text is the zero time.
func parseWhen(s string, z *time.Location, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, z)
	if err == nil && end {
		t = t.AddDate(0, 0, 1)
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if err != nil {
			t, err = time.ParseInLocation(layout, s, z)
		}
	}
	// What the ledger and the index can store.
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, fmt.Errorf("%.40q: want a day such as 2026-11-21, or a time such as 2026-11-21T07:15 (at the site) or 2026-11-21T07:15:00Z", s)
	}
	return t, nil
}

// parseIDs reads photo IDs of a command line; one that is named twice is once in
// ids.
func parseIDs(a []string) (ids []photo.ID, err error) {
	seen := map[photo.ID]bool{}
	for _, s := range a {
		id, err := photo.ParseID(s)
		if err != nil {
			return nil, usageError{err}
		}
		if !seen[id] {
			ids = append(ids, id)
		}
		seen[id] = true
	}
	return ids, nil
}

const (
	// maxCompletions bounds what a shell is offered.
	maxCompletions = 100
	// completionTime bounds how long the shell's user waits for that.
	completionTime = 2 * time.Second
)

// completePhotos completes photo IDs in the shell from the running daemon: those
// in one of the states, or all.
func (p *places) completePhotos(states ...queue.State) cobra.CompletionFunc {
	return func(c *cobra.Command, named []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completionTime)
		defer cancel()
		photos, err := p.client().List(ctx, control.Query{States: states, Limit: maxCompletions})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []string
		for _, i := range photos {
			if !slices.Contains(named, string(i.ID)) {
				ids = append(ids, string(i.ID))
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
