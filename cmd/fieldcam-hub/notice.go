package main

import (
	"cmp"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
)

// noticeKey is the key that signs notices, and its public half for
// configurations.
func noticeKey(data string) (ed25519.PrivateKey, string, error) {
	key, err := authority.NoticeKey(filepath.Join(data, "tls"))
	if err != nil {
		return nil, "", err
	}
	return key, authority.PublicText(key), nil
}

func newNotice(data *string) *cobra.Command {
	c := &cobra.Command{
		Use:   "notice",
		Short: "Announce maintenance windows to the controllers, list them, call them off",
		Long: "Announces maintenance windows to all controllers, or to one. In a window of class maintenance or hot-fix controllers\n" +
			"go on taking photos, try uploads gently, raise no alarm for a silent cloud, and come back one by one after it, over\n" +
			"the spread. Routine work changes nothing.\n\n" +
			"A running hub publishes a change within seconds, signed with the key tls/notice.key; a controller believes notices\n" +
			"where its configuration has the public half (maintenance.notice_key; \"device add\" prints it, and \"notice list\").",
	}
	c.AddCommand(newNoticeAdd(data), newNoticeList(data), newNoticeCancel(data))
	return c
}

// added and listed windows as --json prints them.
type windowJSON struct {
	Device string `json:"device"`
	message.NoticeWindow
	Spread    uint32     `json:"spread,omitempty"`
	NextStart *time.Time `json:"next_start,omitempty"`
	NextEnd   *time.Time `json:"next_end,omitempty"`
}

func newNoticeAdd(data *string) *cobra.Command {
	var w message.NoticeWindow
	var class, device string
	var duration, spread time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "add NAME --start TIME --duration TIME",
		Short: "Announce a maintenance window, or a series of them",
		Example: "  # four a year, in UTC\n" +
			"  fieldcam-hub notice add winter --start \"2026-12-06 19:00\" --duration 3h --rule \"FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU\"\n" +
			"  fieldcam-hub notice add summer --start \"2027-06-06 20:00\" --duration 3h --rule \"FREQ=YEARLY;BYMONTH=6,9;BYDAY=1SU\"\n\n" +
			"  # each month's last Saturday night in Denver\n" +
			"  fieldcam-hub notice add monthly --start \"2026-11-28 22:00\" --duration 4h --zone America/Denver --rule \"FREQ=MONTHLY;BYDAY=-1SA\"\n\n" +
			"  # once, soon, for one controller\n" +
			"  fieldcam-hub notice add \"new disk\" --class hot-fix --start \"2026-11-21 15:00\" --duration 30m --device tempo-0001",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			book, _, err := openBookIn(*data)
			if err != nil {
				return err
			}
			w.Name, w.Class, w.DurationSeconds = args[0], message.WindowClass(class), seconds(duration)
			if spread < 0 || spread > 0 && spread < time.Second || spread > message.MaxSpreadSeconds*time.Second {
				return fmt.Errorf("--spread %v: want 1s to %v", spread, message.MaxSpreadSeconds*time.Second)
			}
			if device != message.Fleet {
				warnUnknown(c.ErrOrStderr(), *data, device)
			}
			if err := book.Add(device, w, spread); err != nil {
				return err
			}
			all, err := windows(book, device)
			if err != nil {
				return err
			}
			for _, o := range all {
				if o.Name == w.Name {
					if o.NextStart == nil {
						fmt.Fprintln(c.ErrOrStderr(), "warning: this window does not begin within the next 400 days")
					}
					return o.print(c.OutOrStdout(), asJSON)
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&class, "class", string(message.Maintenance), "`class`: routine, maintenance or hot-fix")
	f.StringVar(&w.Start, "start", "", "the (first) begin, by the clock of --zone: \"2026-12-06 19:00\"")
	f.DurationVar(&duration, "duration", 0, "how long it lasts, from 1m to 24h")
	f.StringVar(&w.Rule, "rule", "", "how it comes again: an RRULE of RFC 5545 without that word; none: once")
	f.StringVar(&w.Zone, "zone", "", "IANA time `zone` of --start and --rule (default UTC)")
	f.StringVar(&device, "device", message.Fleet, "the `name` of the one controller that it is for")
	f.DurationVar(&spread, "spread", 0, "over how long the fleet returns after each window, up to 6h, for all windows of the same\n"+
		"--device (default: as the controllers are configured)")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	for _, name := range []string{"start", "duration"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // the flags are above
		}
	}
	return c
}

func newNoticeList(data *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the announced windows, and the key that signs them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			book, key, err := openBookIn(*data)
			if err != nil {
				return err
			}
			all, err := windows(book, "")
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(struct {
					Key     string       `json:"notice_key"`
					Windows []windowJSON `json:"windows"`
				}{key, all})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "DEVICE\tNAME\tCLASS\tNEXT\tUNTIL\tRULE\tZONE")
			for _, o := range all {
				next, until := "none", ""
				if o.NextStart != nil {
					next, until = o.NextStart.Format(noticeTime), o.NextEnd.Format(noticeTime)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Device, o.Name, o.Class, next, until, cmp.Or(o.Rule, "once"), cmp.Or(o.Zone, "UTC"))
			}
			fmt.Fprintf(w, "\nnotice_key = %q\n", key)
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newNoticeCancel(data *string) *cobra.Command {
	var device string
	c := &cobra.Command{
		Use: "cancel NAME", Short: "Call a window off, or a series of them", Args: cobra.ExactArgs(1),
		Example: "  fieldcam-hub notice cancel monthly\n  fieldcam-hub notice cancel \"new disk\" --device tempo-0001",
		RunE: func(_ *cobra.Command, args []string) error {
			book, _, err := openBookIn(*data)
			if err != nil {
				return err
			}
			return book.Cancel(device, args[0])
		},
	}
	c.Flags().StringVar(&device, "device", message.Fleet, "the `name` of the one controller that it was for")
	return c
}

// noticeTime is how windows are told.
const noticeTime = "2006-01-02 15:04 UTC"

func (o windowJSON) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(o)
	}
	if o.NextStart == nil {
		return nil
	}
	_, err := fmt.Fprintf(w, "%s, %s, for %s: next from %s to %s\n", o.Name, o.Class, o.Device, o.NextStart.Format(noticeTime), o.NextEnd.Format(noticeTime))
	return err
}

// windows lists what is announced to address; empty: to all.
func windows(book *notices.Book, address string) ([]windowJSON, error) {
	entries, err := book.Entries()
	if err != nil {
		return nil, err
	}
	all := []windowJSON{}
	for _, e := range entries {
		if address != "" && e.Address != address {
			continue
		}
		next, err := book.Next(e, time.Now())
		if err != nil {
			return nil, err
		}
		for _, w := range e.Windows {
			o := windowJSON{Device: e.Address, NoticeWindow: w, Spread: e.Spread}
			if n, ok := next[w.Name]; ok {
				o.NextStart, o.NextEnd = &n.Start, &n.End
			}
			all = append(all, o)
		}
	}
	return all, nil
}

// seconds is d for a notice; what is too long or too short is refused there.
func seconds(d time.Duration) uint32 {
	return uint32(min(max(d/time.Second, 0), 2*message.MaxWindowSeconds)) //nolint:gosec // it is within
}

// openBookIn also makes the folder: windows may be announced before the first run.
func openBookIn(data string) (*notices.Book, string, error) {
	if err := os.MkdirAll(data, dirMode); err != nil {
		return nil, "", fmt.Errorf("open data folder: %w", err)
	}
	return openBook(data)
}

// warnUnknown says where a window is for a controller that is not registered here.
func warnUnknown(w io.Writer, data, device string) {
	r, err := openRegistry(data)
	if err == nil && !r.Known(device) {
		err = errors.New("it is not registered here")
	}
	if err != nil {
		fmt.Fprintf(w, "warning: --device %s: %s\n", strings.ToValidUTF8(device, "?"), err)
	}
}
