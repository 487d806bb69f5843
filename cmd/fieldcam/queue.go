package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func newQueue(p *places) *cobra.Command {
	c := group("queue", "Look at the photos on the card and mend the queue",
		newQueueList(p), newQueueShow(p), newQueueStats(p), newQueueDays(p),
		newQueueRetry(p), newQueueHold(p), newQueueRelease(p), newQueueDrop(p),
		newQueueExport(p), newQueueCheck(p), newQueueRebuild(p))
	c.Long = `Look at the photos on the card and mend the queue.

A photo is in one of these states:
  waiting    the cloud has not got it yet
  held       as waiting, but a person said: not now
  refused    the cloud refuses these bytes; "queue retry" sends it again
  kept       its kind is not uploaded (queue.upload in the configuration)
  confirmed  the cloud has it; deleted from the card when space is needed
  lost       its file vanished or changed before the cloud had it

With the daemon running these commands talk to it; without, they open the queue
themselves, which mends what a power cut left.`
	return c
}

func newQueueList(p *places) *cobra.Command {
	var f choice
	c := &cobra.Command{
		Use:   "list",
		Short: "List photos, newest first",
		Long:  `List photos, newest first. Times are the site's; a day in --to is included.`,
		Example: `  fieldcam queue list
  fieldcam queue list --only refused,lost --limit 0
  fieldcam queue list --from 2026-11-20 --to 2026-11-21 --oldest
  fieldcam queue list --json | jq -r '.[].id'`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				q, err := f.query(d.zone())
				if err != nil {
					return err
				}
				if p.json {
					return listJSON(ctx, c.OutOrStdout(), d, q)
				}
				return listPhotos(ctx, c.OutOrStdout(), d, q)
			})
		},
	}
	f.flags(c, 20)
	return c
}

// listJSON writes one array, a photo at a time: a backlog of months must not be in
// memory at once.
func listJSON(ctx context.Context, w io.Writer, d *door, q control.Query) error {
	separator := "[\n  "
	err := d.Each(ctx, q, func(p control.Photo) error {
		b, err := json.MarshalIndent(p, "  ", "  ")
		if err == nil {
			_, err = fmt.Fprintf(w, "%s%s", separator, b)
		}
		separator = ",\n  "
		return err
	})
	if err != nil {
		return err
	}
	if separator[0] == '[' {
		fmt.Fprint(w, "[")
	}
	_, err = fmt.Fprint(w, "\n]\n")
	return err
}

// listPhotos writes a table within 80 columns.
func listPhotos(ctx context.Context, w io.Writer, d *door, q control.Query) error {
	n := 0
	if err := d.Each(ctx, q, func(p control.Photo) error {
		if n == 0 {
			fmt.Fprintf(w, "%-32s  %-11s  %8s  %s\n", "PHOTO", "TAKEN", "SIZE", "STATE")
		}
		n++
		return printRow(w, p, d.status.Now)
	}); err != nil {
		return err
	}
	if n == 0 {
		fmt.Fprintln(w, "no such photos")
	}
	s, err := d.Stats(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "in all:", totals(s))
	return nil
}

// printRow writes one photo, and why it is in its state.
func printRow(w io.Writer, p control.Photo, now time.Time) error {
	state := string(p.State)
	switch {
	case p.Resumes:
		state += ", partly sent"
	case p.Away:
		state += ", on the disk"
	}
	text := fmt.Sprintf("%-32s  %-11s  %8s  %s\n", p.ID, sinceText(now, p.Taken), bytesText(p.Size), state)
	if p.Verdict.Bad() {
		text += fmt.Sprintf("    picture: %s\n", checksText(p.Verdict))
	}
	if p.Reason != "" {
		text += fmt.Sprintf("    %s\n", cut(p.Reason, 75))
	}
	_, err := io.WriteString(w, text)
	return err
}

// totals counts photos by state: those of which there are any.
func totals(s control.Stats) string {
	text, all := "", int64(0)
	for _, sum := range s.States {
		if all += sum.Photos; sum.Photos > 0 {
			text += fmt.Sprintf(", %d %s", sum.Photos, sum.State)
		}
	}
	if text == "" {
		return "no photos"
	}
	return text[2:]
}

func newQueueShow(p *places) *cobra.Command {
	return &cobra.Command{
		Use:               "show PHOTO",
		Short:             "Say everything about one photo",
		Example:           `  fieldcam queue show 20261121T070316Z-000042-9f3ac1`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: p.completePhotos(),
		RunE: func(c *cobra.Command, a []string) error {
			ids, err := parseIDs(a)
			if err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				m, err := d.Photo(ctx, ids[0])
				if err != nil {
					return err
				}
				if p.json {
					return printJSON(c.OutOrStdout(), m)
				}
				printPhoto(c.OutOrStdout(), m, d.status)
				return nil
			})
		},
	}
}

func printPhoto(w io.Writer, m control.Photo, s control.Status) {
	z := zone(s.TimeZone)
	line := func(name string, v any) { fmt.Fprintf(w, "%-9s %v\n", name, v) }
	line("photo", m.ID)
	line("state", m.State)
	if m.Reason != "" {
		line("reason", m.Reason)
	}
	if m.Since != nil {
		line("since", fmt.Sprintf("%s, %s", clockText(*m.Since, z), sinceText(s.Now, *m.Since)))
	}
	switch {
	case s.Upload.Running && s.Upload.Photo == m.ID:
		line("upload", "it is being sent now")
	case m.Resumes:
		line("upload", "a part of it is in the cloud; its upload goes on there")
	case m.State == queue.Waiting || m.State == queue.Held:
		line("upload", "not begun")
	}
	if m.Trigger != "manual" {
		line("slot", m.Slot.UTC().Format(time.RFC3339))
		line("session", m.Session)
	}
	line("taken", m.Taken.UTC().Format(time.RFC3339Nano))
	line("", fmt.Sprintf("at the site %s, %s", clockText(m.Taken, z), sinceText(s.Now, m.Taken)))
	if !m.ClockSynced {
		line("", "the clock was not synced")
	}
	line("trigger", m.Trigger)
	if m.Shot != "" {
		line("shot", m.Shot)
	}
	line("camera", m.Camera)
	if m.Serial != "" {
		line("serial", m.Serial)
	}
	if !m.Exposed.IsZero() {
		line("exposed", m.Exposed.UTC().Format(time.RFC3339)+" by the camera's clock")
	}
	if m.Site != (photo.Place{}) {
		line("site", fmt.Sprintf("%v, %v", m.Site.Latitude, m.Site.Longitude))
	}
	line("attempts", m.Attempts)
	printLook(line, m.Look)
	line("format", m.Format)
	line("size", fmt.Sprintf("%d (%s)", m.Size, bytesText(m.Size)))
	line("sha256", m.SHA256)
	switch {
	case m.Away:
		line("copy", "only the second copy has it; the card does not")
	case m.Copied:
		line("copy", "on the second copy, too")
	}
	if m.Path != "" {
		dir, name := path.Split(m.Path)
		if i := strings.LastIndex(dir, "/spool/"); i >= 0 {
			dir = "in the state directory: " + dir[i+1:]
		}
		line("file", dir)
		line("", name)
	}
}
