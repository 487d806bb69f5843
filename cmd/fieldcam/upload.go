package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
)

// watchInterval is how often `fieldcam upload` looks at the session.
const watchInterval = 300 * time.Millisecond

func newUpload(p *places) *cobra.Command {
	var photos int
	var detach bool
	c := &cobra.Command{
		Use:   "upload",
		Short: "Start an upload session now and watch it",
		Example: `  fieldcam upload              as many photos as possible
  fieldcam upload --photos 5   the five newest
  fieldcam upload --detach     start it and return`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if photos < 0 {
				return usageError{errors.New("--photos: want 0 (as many as possible) or more")}
			}
			if err := p.client().Upload(c.Context(), photos); err != nil {
				return err
			}
			if detach {
				return nil
			}
			s, err := watchUpload(c.Context(), p.client(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			if p.json {
				err = printJSON(c.OutOrStdout(), s.Upload)
			} else {
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s sent (%s), %d waiting\n", plural(s.Upload.Sent, "photo"), bytesText(s.Upload.SentBytes), s.Queue.Waiting)
			}
			if err == nil && s.Upload.LastError != "" {
				err = fmt.Errorf("upload session: %s", s.Upload.LastError)
			}
			return err
		},
	}
	c.Flags().IntVar(&photos, "photos", 0, "send so many of the newest; 0 is as many as possible")
	c.Flags().BoolVar(&detach, "detach", false, "do not wait for the session's end")
	return c
}

// watchUpload waits for the end of the session and shows on w how it goes.
func watchUpload(ctx context.Context, client *control.Client, w io.Writer) (control.Status, error) {
	show := newLine(w)
	defer show.clear()
	for {
		s, err := client.Status(ctx)
		if err != nil || !s.Upload.Running {
			return s, err
		}
		show.set(fmt.Sprintf("%s sent (%s), %d waiting", plural(s.Upload.Sent, "photo"), bytesText(s.Upload.SentBytes), s.Queue.Waiting))
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(watchInterval):
		}
	}
}
