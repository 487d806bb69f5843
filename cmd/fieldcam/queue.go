package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func newQueue(p *places) *cobra.Command {
	return group("queue", "Look at the photos on the card and mend the queue", newQueueList(p), newQueueShow(p), newQueueRetry(p))
}

func newQueueList(p *places) *cobra.Command {
	var only string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List photos, newest first",
		Example: `  fieldcam queue list
  fieldcam queue list --only refused --limit 0
  fieldcam queue list --json | jq -r '.[].id'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			switch queue.State(only) {
			case "", queue.Waiting, queue.Refused, queue.Confirmed, queue.Lost:
			default:
				return usageError{fmt.Errorf("--only %q: want waiting, refused, confirmed or lost", only)}
			}
			if limit < 0 {
				return usageError{errors.New("--limit: want 0 (all) or more")}
			}
			photos, err := p.client().List(c.Context(), queue.State(only), limit)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), photos)
			}
			s, err := p.client().Status(c.Context())
			if err != nil {
				return err
			}
			printPhotos(c.OutOrStdout(), photos, s)
			return nil
		},
	}
	c.Flags().StringVar(&only, "only", "", "only those waiting, refused, confirmed or lost")
	c.Flags().IntVar(&limit, "limit", 20, "how many; 0 is all")
	return c
}

// printPhotos writes a table within 80 columns.
func printPhotos(w io.Writer, photos []control.Photo, s control.Status) {
	if len(photos) == 0 {
		fmt.Fprintln(w, "no photos")
		return
	}
	fmt.Fprintf(w, "%-32s  %-11s  %8s  %s\n", "PHOTO", "TAKEN", "SIZE", "STATE")
	for _, p := range photos {
		state := string(p.State)
		if p.Resumes {
			state += ", partly sent"
		}
		fmt.Fprintf(w, "%-32s  %-11s  %8s  %s\n", p.ID, sinceText(s.Now, p.Taken), bytesText(p.Size), state)
		if p.Reason != "" {
			fmt.Fprintf(w, "    %s\n", cut(p.Reason, 75))
		}
	}
	q := s.Queue
	fmt.Fprintf(w, "%d waiting, %d refused, %d confirmed, %d lost\n", q.Waiting, q.Refused, q.Confirmed, q.Lost)
}

func newQueueShow(p *places) *cobra.Command {
	return &cobra.Command{
		Use:               "show PHOTO",
		Short:             "Say everything about one photo",
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: p.completePhotos(""),
		RunE: func(c *cobra.Command, a []string) error {
			id, err := photo.ParseID(a[0])
			if err != nil {
				return usageError{err}
			}
			m, err := p.client().Photo(c.Context(), id)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), m)
			}
			printPhoto(c.OutOrStdout(), m)
			return nil
		},
	}
}

func printPhoto(w io.Writer, m control.Photo) {
	line := func(name string, v any) { fmt.Fprintf(w, "%-9s %v\n", name, v) }
	line("photo", m.ID)
	line("state", m.State)
	if m.Reason != "" {
		line("reason", m.Reason)
	}
	if m.Since != nil {
		line("since", m.Since.Format(time.RFC3339))
	}
	if m.Resumes {
		line("", "a part of it is in the cloud; its upload goes on there")
	}
	line("slot", m.Slot.Format(time.RFC3339))
	line("taken", m.Taken.Format(time.RFC3339Nano))
	if !m.ClockSynced {
		line("", "the clock was not synced")
	}
	line("session", m.Session)
	line("trigger", m.Trigger)
	line("camera", m.Camera)
	line("size", fmt.Sprintf("%d (%s)", m.Size, bytesText(m.Size)))
	line("sha256", m.SHA256)
	line("attempts", m.Attempts)
}

func newQueueRetry(p *places) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "retry PHOTO... | --all",
		Short: "Let photos that the cloud refused wait for upload again",
		Example: `  fieldcam queue retry 20261121T070316Z-000042-9f3ac1
  fieldcam queue retry --all`,
		ValidArgsFunction: p.completePhotos(queue.Refused),
		RunE: func(c *cobra.Command, a []string) error {
			if all == (len(a) > 0) {
				return usageError{errors.New("queue retry: name photos, or --all")}
			}
			q := control.RetryRequest{All: all}
			for _, s := range a {
				id, err := photo.ParseID(s)
				if err != nil {
					return usageError{err}
				}
				q.IDs = append(q.IDs, id)
			}
			n, err := p.client().Retry(c.Context(), q)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), control.RetryResult{Waiting: n})
			}
			fmt.Fprintf(c.OutOrStdout(), "%s waiting again\n", plural(n, "photo"))
			return nil
		},
	}
	c.Flags().BoolVar(&all, "all", false, "all that were refused")
	return c
}

// maxCompletions bounds what a shell is offered.
const maxCompletions = 100

// completePhotos completes photo IDs in the shell from the running daemon.
func (p *places) completePhotos(state queue.State) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		photos, err := p.client().List(c.Context(), state, maxCompletions)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var ids []string
		for _, i := range photos {
			ids = append(ids, string(i.ID))
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
