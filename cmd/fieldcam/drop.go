package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func newQueueDrop(p *places) *cobra.Command {
	var f choice
	var yes bool
	c := &cobra.Command{
		Use:   "drop PHOTO... | --only STATES ...",
		Short: "Delete photos, whether the cloud has them or not; asks first",
		Long: `Delete photos from the card for good, whether the cloud has them or not. It says
first what would be lost, and asks; without a terminal it needs --yes. The
ledger keeps that a person deleted them. "queue export" saves them before.

Exit codes: 0 deleted, or there were none; 1 you said no, or it failed; 2 there
is nobody to ask and no --yes.`,
		Example: `  fieldcam queue drop 20261121T070316Z-000042-9f3ac1
  fieldcam queue drop --only refused
  fieldcam queue drop --only waiting --to 2026-09-30
  fieldcam queue drop --only waiting --oldest --limit 100 --yes`,
		ValidArgsFunction: p.completePhotos(),
		RunE: func(c *cobra.Command, a []string) error {
			if f.any() == (len(a) > 0) {
				return usageError{errors.New("queue drop: name photos, or choose them by --only, --from, --to, --kind or --limit")}
			}
			ids, err := parseIDs(a)
			if err == nil {
				err = f.check()
			}
			if err != nil {
				return err
			}
			return p.through(c, func(ctx context.Context, d *door) error {
				q, err := f.query(d.zone())
				if err != nil {
					return err
				}
				l, err := doomed(ctx, c, d, ids, q)
				if err != nil {
					return err
				}
				return drop(ctx, c, d, l, yes, p.json, func() (int, error) {
					if len(ids) > 0 {
						return d.Drop(ctx, ids...)
					}
					return dropChosen(ctx, d, q, l.seqs)
				})
			})
		},
	}
	f.flags(c, 0)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// loss is what would go.
type loss struct {
	// seqs are the photos' numbers alone: of a backlog of years the IDs would be
	// more than a controller's memory.
	seqs           []uint64
	bytes          int64
	unsent         int // the cloud has not got them
	unsentBytes    int64
	copied         int           // of unsent, those that the second copy has
	oldest, newest control.Photo // by the time of exposure
}

func (l *loss) photos() int { return len(l.seqs) }

func (l *loss) add(p control.Photo) {
	if l.photos() == 0 || p.Taken.Before(l.oldest.Taken) {
		l.oldest = p
	}
	if l.photos() == 0 || !p.Taken.Before(l.newest.Taken) {
		l.newest = p
	}
	l.seqs, l.bytes = append(l.seqs, p.Seq()), l.bytes+p.Size
	if p.State != queue.Confirmed {
		l.unsent, l.unsentBytes = l.unsent+1, l.unsentBytes+p.Size
		if p.Copied || p.Away {
			l.copied++
		}
	}
}

// doomed looks up the photos that are named, or chosen by q.
func doomed(ctx context.Context, c *cobra.Command, d *door, ids []photo.ID, q control.Query) (l loss, err error) {
	defer progress(c.ErrOrStderr(), "counting the photos")()
	for _, id := range ids {
		p, err := d.Photo(ctx, id)
		if err != nil {
			return loss{}, fmt.Errorf("%w; nothing was deleted", err)
		}
		l.add(p)
	}
	if len(ids) > 0 {
		return l, nil
	}
	return l, d.Each(ctx, q, func(p control.Photo) error {
		l.add(p)
		return nil
	})
}

// drop says what would be lost, asks, and deletes by remove.
func drop(ctx context.Context, c *cobra.Command, d *door, l loss, yes, asJSON bool, remove func() (int, error)) error {
	said := c.OutOrStdout()
	if asJSON { // standard output is the script's
		said = c.ErrOrStderr()
	}
	if l.photos() > 0 {
		printLoss(said, l, d.zone())
		in := c.InOrStdin()
		switch {
		case yes:
		case !isTerminal(in):
			return usageError{errors.New("queue drop: nothing was deleted: on a terminal it asks, elsewhere it needs --yes")}
		default:
			agreed, err := ask(ctx, in, c.ErrOrStderr(), l.photos())
			if err != nil {
				return err
			}
			if !agreed {
				return errors.New("nothing was deleted")
			}
		}
	}
	done := progress(c.ErrOrStderr(), "deleting")
	n, err := remove()
	done()
	if err != nil {
		return fmt.Errorf("%w (%s deleted before that)", err, plural(n, "photo"))
	}
	if asJSON {
		return printJSON(c.OutOrStdout(), control.DropResult{Dropped: n})
	}
	if l.photos() == 0 {
		fmt.Fprintln(said, "no such photos: nothing was deleted")
		return nil
	}
	fmt.Fprintf(said, "%s deleted\n", plural(n, "photo"))
	if gone := l.photos() - n; gone > 0 {
		fmt.Fprintf(said, "%d were gone already, or in another state meanwhile\n", gone)
	}
	return nil
}

// dropBatch is how many photos go in one request: little enough memory.
const dropBatch = 256

// dropChosen deletes those that q still chooses and whose numbers are seqs: what a
// person agreed to, and nothing that came since. It changes the order of seqs.
func dropChosen(ctx context.Context, d *door, q control.Query, seqs []uint64) (n int, err error) {
	slices.Sort(seqs)
	var batch []photo.ID
	flush := func() error {
		some, err := d.Drop(ctx, batch...)
		n, batch = n+some, batch[:0]
		return err
	}
	past := errors.New("that was all")
	q.Limit = 0 // as new photos would move what it counts
	err = d.Each(ctx, q, func(p control.Photo) error {
		seq := p.Seq()
		if len(seqs) == 0 || q.Oldest && seq > seqs[len(seqs)-1] || !q.Oldest && seq < seqs[0] {
			return past
		}
		if _, agreed := slices.BinarySearch(seqs, seq); agreed {
			batch = append(batch, p.ID)
		}
		if len(batch) == dropBatch {
			return flush()
		}
		return nil
	})
	if err == nil || errors.Is(err, past) {
		err = flush()
	}
	return n, err
}

// printLoss says what would be lost, within 80 columns.
func printLoss(w io.Writer, l loss, z *time.Location) {
	fmt.Fprintf(w, "%s (%s) would be deleted for good:\n", plural(l.photos(), "photo"), bytesText(l.bytes))
	if l.photos() == 1 {
		fmt.Fprintf(w, "  %s  %s, %s\n", l.oldest.ID, clockText(l.oldest.Taken, z), l.oldest.State)
	} else {
		fmt.Fprintf(w, "  oldest  %s  %s\n", l.oldest.ID, clockText(l.oldest.Taken, z))
		fmt.Fprintf(w, "  newest  %s  %s\n", l.newest.ID, clockText(l.newest.Taken, z))
	}
	switch {
	case l.unsent == 0:
		fmt.Fprintln(w, "The cloud has all of that.")
	case l.unsent == l.photos():
		fmt.Fprintf(w, "THE CLOUD HAS NOTHING OF THAT (%s).\n", bytesText(l.unsentBytes))
	default:
		fmt.Fprintf(w, "THE CLOUD HAS NOT GOT %d OF THEM (%s).\n", l.unsent, bytesText(l.unsentBytes))
	}
	if l.copied > 0 {
		fmt.Fprintf(w, "The second copy has %d of those; its files stay.\n", l.copied)
	}
}

// isTerminal tells whether a person can answer.
func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

const (
	// longestAnswer bounds what is read of an answer, in bytes.
	longestAnswer = 100
	// answerTime bounds the wait for it: where no daemon runs, none can start, and
	// no photo is taken, as long as this process has the queue open.
	answerTime = 2 * time.Minute
)

// ask lets a person type the number of photos: unlike a letter, nobody types that
// by habit. It ends with ctx, and after answerTime; what reads the terminal then
// ends with the process.
func ask(ctx context.Context, in io.Reader, w io.Writer, n int) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, fmt.Errorf("no answer within %s", spanText(answerTime)))
	defer cancel()
	fmt.Fprintf(w, "To delete, type how many photos (%d) within %s; anything else stops: ", n, spanText(answerTime))
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(in, longestAnswer)).ReadString('\n') // an end is a no
		said <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w)
		return false, fmt.Errorf("%w: nothing was deleted", context.Cause(ctx))
	case line := <-said:
		return line == strconv.Itoa(n), nil
	}
}
