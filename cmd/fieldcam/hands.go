package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/queue"
)

// hand is a command that changes the state of photos that are named, or of all.
type hand struct {
	use, short, long, example, all string
	states                         []queue.State // of the photos that it can change
	do                             func(d *door, ctx context.Context, q control.Choice) (int, error)
	result                         func(n int) any
	said                           string // what the photos are then
}

func newHand(p *places, h hand) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:               h.use + " PHOTO... | --all",
		Short:             h.short,
		Long:              h.long,
		Example:           h.example,
		ValidArgsFunction: p.completePhotos(h.states...),
		RunE: func(c *cobra.Command, a []string) error {
			if all == (len(a) > 0) {
				return usageError{fmt.Errorf("queue %s: name photos, or --all", h.use)}
			}
			ids, err := parseIDs(a)
			if err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				done := progress(c.ErrOrStderr(), "changing the queue")
				n, err := h.do(d, ctx, control.Choice{IDs: ids, All: all})
				done()
				if errors.Is(err, queue.ErrUnknown) {
					return fmt.Errorf("%w; nothing was changed", err)
				}
				if err != nil {
					return err
				}
				if p.json {
					return printJSON(c.OutOrStdout(), h.result(n))
				}
				fmt.Fprintf(c.OutOrStdout(), "%s %s\n", plural(n, "photo"), h.said)
				if n < len(ids) {
					fmt.Fprintf(c.OutOrStdout(), "%d were in another state and are left as they were: see \"queue show\"\n", len(ids)-n)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, h.all)
	return c
}

func newQueueRetry(p *places) *cobra.Command {
	return newHand(p, hand{
		use: "retry", short: "Let photos that the cloud refused wait for upload again",
		long: `Let photos that the cloud refused wait for upload again. Named ones may also be
kept (of a kind that is not uploaded), or lost where their file is back, whole.`,
		example: `  fieldcam queue retry 20261121T070316Z-000042-9f3ac1
  fieldcam queue retry --all`,
		all: "all that were refused", states: []queue.State{queue.Refused, queue.Kept, queue.Lost},
		do:     func(d *door, ctx context.Context, q control.Choice) (int, error) { return d.Retry(ctx, q) },
		result: func(n int) any { return control.RetryResult{Waiting: n} }, said: "waiting again",
	})
}

func newQueueHold(p *places) *cobra.Command {
	return newHand(p, hand{
		use: "hold", short: "Keep waiting photos from being sent until they are released",
		long: `Keep waiting photos from being sent until "queue release". The photo being sent
may still arrive.`,
		example: `  fieldcam queue hold 20261121T070316Z-000042-9f3ac1
  fieldcam queue hold --all     all that wait now; later photos are sent`,
		all: "all that wait now", states: []queue.State{queue.Waiting},
		do:     func(d *door, ctx context.Context, q control.Choice) (int, error) { return d.Hold(ctx, q) },
		result: func(n int) any { return control.HoldResult{Held: n} }, said: "held",
	})
}

func newQueueRelease(p *places) *cobra.Command {
	return newHand(p, hand{
		use: "release", short: "Let held photos wait for upload again",
		example: `  fieldcam queue release 20261121T070316Z-000042-9f3ac1
  fieldcam queue release --all`,
		all: "all that are held", states: []queue.State{queue.Held},
		do:     func(d *door, ctx context.Context, q control.Choice) (int, error) { return d.Release(ctx, q) },
		result: func(n int) any { return control.RetryResult{Waiting: n} }, said: "waiting again",
	})
}
