package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam/internal/export"
	"fieldcam/queue"
)

func newQueueExport(p *places) *cobra.Command {
	var f choice
	var sameDisk bool
	c := &cobra.Command{
		Use:   "export DIR",
		Short: "Copy photos to a USB stick, with checksums",
		Long: `Copy photos to a USB stick that is mounted at DIR: all that the cloud has not
got, or those that you choose. They come into DIR/fieldcam-DEVICE-TIME, a
directory for each UTC day, each with its metadata as JSON. README.txt there
says how "sha256sum -c SHA256SUMS" checks them. Each file is read back from the
stick after it was written.

Nothing is deleted from the queue, and the daemon goes on. An export that was
broken off goes on when you run it again into the same DIR.

Exit codes: 0 all were copied, 1 some were not (each is named), or it failed.`,
		Example: `  sudo mount /dev/sda1 /mnt && sudo fieldcam queue export /mnt
  sudo fieldcam queue export /mnt --from 2026-11-01 --kind jpeg
  sudo fieldcam queue export /mnt --only waiting,confirmed
  cd /mnt/fieldcam-pole-17-20261121T104839Z && sha256sum -c --quiet SHA256SUMS`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if err := checkStick(a[0], p.state, sameDisk); err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				q, err := f.query(d.zone())
				if err == nil {
					err = d.asRoot() // a stick is root's, as a rule
				}
				if err != nil {
					return err
				}
				if len(q.States) == 0 {
					q.States = []queue.State{queue.Waiting, queue.Held, queue.Refused, queue.Kept}
				}
				return exportPhotos(ctx, c, d, q, a[0], p.json)
			})
		},
	}
	f.flags(c, 0)
	c.Flags().BoolVar(&sameDisk, "same-disk", false, "copy even where DIR is on the controller's own card")
	return c
}

// checkStick tells whether dir can be a stick's: to fill the card, because none is
// mounted there, would end the taking of photos.
func checkStick(dir, state string, sameDisk bool) error {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no directory %s: mount the stick first, such as by \"sudo mount /dev/sda1 /mnt\"", dir)
	case err != nil:
		return fmt.Errorf("look at the stick: %w", err)
	case !st.IsDir():
		return fmt.Errorf("%s is no directory: name the one where the stick is mounted", dir)
	case sameDisk:
		return nil
	}
	on, ok := st.Sys().(*syscall.Stat_t)
	for _, own := range []string{"/", state} {
		other, err := os.Stat(own)
		if err != nil || !ok {
			continue // not allowed to look, perhaps
		}
		if of, ok := other.Sys().(*syscall.Stat_t); ok && of.Dev == on.Dev {
			return fmt.Errorf("%s is on the controller's own card: no stick is mounted there (\"lsblk\" lists them); --same-disk copies all the same", dir)
		}
	}
	return nil
}

// source is the queue as package export reads it. The bytes come through the
// control socket: then who may talk to the daemon may export, whatever the spool's
// permissions are, and the daemon finds photos that only the second copy has. That
// costs one more copy in memory; a stick is slower.
type source struct {
	d *door
	q control.Query
}

func (s source) Each(ctx context.Context, f func(photo.Meta) error) error {
	return s.d.Each(ctx, s.q, func(p control.Photo) error { return f(p.Meta) })
}

func (s source) Open(ctx context.Context, m photo.Meta) (io.ReadCloser, error) {
	f, err := s.d.Open(ctx, m.ID)
	var refusal *control.Refusal
	switch {
	case errors.Is(err, queue.ErrUnknown):
		return nil, export.ErrGone
	case errors.As(err, &refusal):
		return nil, fmt.Errorf("%w: %w", export.ErrUnreadable, err)
	}
	return f, err
}

func exportPhotos(ctx context.Context, c *cobra.Command, d *door, q control.Query, dir string, asJSON bool) error {
	w, show := c.OutOrStdout(), newLine(c.ErrOrStderr())
	start, shown, checking := time.Now(), time.Time{}, false
	listing := progress(c.ErrOrStderr(), "counting the photos")
	listed := false
	stop := func() {
		if !listed {
			listing()
			listed = true
		}
		show.clear()
	}
	r, err := export.Run(ctx, export.Options{
		Source: source{d, q}, Device: d.status.Device, Now: d.status.Now, Dir: dir,
		Progress: func(p export.Progress) {
			stop()
			if p.Checking != checking {
				checking, start = p.Checking, time.Now()
			}
			if time.Since(shown) < watchInterval {
				return
			}
			shown = time.Now()
			if p.Checking {
				show.set(fmt.Sprintf("reading what is there from before: %d of %s", p.Photos, plural(int(p.OfPhotos), "photo")))
				return
			}
			show.set(workText("copied", p.Photos, p.OfPhotos, p.Bytes, p.OfBytes, time.Since(start)))
		},
	})
	stop()
	for _, f := range r.Failed {
		fmt.Fprintf(c.ErrOrStderr(), "not copied: %s\n", f.ID)
		for _, part := range fold(f.Err, 76) {
			fmt.Fprintf(c.ErrOrStderr(), "    %s\n", part)
		}
	}
	if err != nil {
		return explainExport(err, r)
	}
	if asJSON {
		err = printJSON(w, r)
	} else {
		printExport(w, r)
	}
	if err == nil && len(r.Failed) > 0 {
		err = fmt.Errorf("%s could not be copied; \"fieldcam queue check --photos\" says more", plural(len(r.Failed), "photo"))
	}
	return err
}

// explainExport says what to do about an export that failed.
func explainExport(err error, r export.Result) error {
	switch {
	case errors.Is(err, export.ErrBusy):
		return fmt.Errorf("%w: wait for its end, or take another directory", err)
	case errors.Is(err, export.ErrSpace):
		return fmt.Errorf("%w: take a larger stick, or choose photos by --from, --to, --kind or --limit", err)
	case errors.Is(err, export.ErrNotKept):
		return fmt.Errorf("%w; nothing is lost: the queue has them all", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: use sudo, or mount the stick so that you may write to it", err)
	case r.Dir != "":
		return fmt.Errorf("%w; %s are on the stick; run it again into the same directory to go on", err, plural(int(r.Photos+r.There), "photo"))
	}
	return err
}

func printExport(w io.Writer, r export.Result) {
	if r.Dir == "" {
		fmt.Fprintln(w, "no such photos: nothing was copied")
		return
	}
	fmt.Fprintf(w, "%s copied (%s) and read back", plural(int(r.Photos), "photo"), bytesText(r.Bytes))
	if r.There > 0 {
		fmt.Fprintf(w, "; %d were there already", r.There)
	}
	fmt.Fprintln(w)
	if r.Gone > 0 {
		fmt.Fprintf(w, "%s left the queue meanwhile\n", plural(int(r.Gone), "photo"))
	}
	fmt.Fprintf(w, "in %s\n", r.Dir)
	fmt.Fprintln(w, "check them there by: sha256sum -c --quiet SHA256SUMS")
	fmt.Fprintln(w, "unmount the stick before you pull it out")
}
