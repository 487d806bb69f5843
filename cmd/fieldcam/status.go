package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/agent/control"
)

func newStatus(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how the controller is doing",
		Args:  args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			done := progress(c.ErrOrStderr(), "asking the daemon")
			s, err := p.client().Status(c.Context())
			done()
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), s)
			}
			printStatus(c.OutOrStdout(), s)
			return nil
		},
	}
}

// printStatus writes what a person wants to know, one thing a line, within 80
// columns.
func printStatus(w io.Writer, s control.Status) {
	z := zone(s.TimeZone)
	line := func(name, format string, a ...any) {
		fmt.Fprintf(w, "%-10s "+format+"\n", append([]any{name}, a...)...)
	}

	line("device", "%s", s.Device)
	line("controller", "%s, fieldcam %s, up %s", s.Model, s.Version, spanText(s.Now.Sub(s.Started)))
	synced := ""
	if !s.ClockSynced {
		synced = ", NOT SYNCED"
	}
	line("clock", "%s %s%s", clockText(s.Now, z), s.TimeZone, synced)

	if m := s.Capture.LastPhoto; m != nil {
		line("photo", "%s, %s, %s", sinceText(s.Now, m.Taken), bytesText(m.Size), m.ID)
	} else {
		line("photo", "none yet")
	}
	if m := s.Capture.LastMiss; m != nil {
		line("missed", "%s, %s: %s", sinceText(s.Now, m.To), plural(m.Slots, "slot"), m.Cause)
		if m.Detail != "" {
			line("", "%s", cut(m.Detail, 69))
		}
	}
	printPlans(line, s, z)
	printSupply(line, s)
	switch {
	case s.Capture.Shooting != nil:
		line("capture", "taking the photo of %s", clockText(*s.Capture.Shooting, z))
	case dormant(s):
		line("capture", "NONE: the battery is nearly empty; again once it is charged")
	case s.Pause != nil:
		line("capture", "paused; it goes on %s", sinceText(s.Now, s.Pause.Until))
	case s.Capture.Next != nil:
		line("capture", "next %s, at %s", sinceText(s.Now, *s.Capture.Next), clockText(*s.Capture.Next, z))
	default:
		line("capture", "NO CAPTURE IS SCHEDULED")
	}

	printCamera(line, s.Camera)
	printBulk(line, s)
	q := s.Queue
	line("queue", "%s waiting (%s), %d refused, %d confirmed", plural(int(q.Waiting), "photo"), bytesText(q.WaitingBytes), q.Refused, q.Confirmed)
	if q.Held+q.Kept+q.Lost > 0 {
		line("", "%d held, %d kept, %d lost", q.Held, q.Kept, q.Lost)
	}
	if q.Oldest != nil {
		line("", "the oldest is from %s, %s", clockText(*q.Oldest, z), sinceText(s.Now, *q.Oldest))
	}
	line("card", "%s free", bytesText(int64(q.FreeBytes)))
	printSecond(line, s.Second)
	printUpload(line, s, z)
	switch {
	case !s.Broker.Configured:
		line("broker", "not configured")
	case s.Broker.Connected:
		line("broker", "connected")
	case s.Returns != nil: // as announced
		line("broker", "not connected")
	default:
		line("broker", "NOT CONNECTED")
	}
	printModem(line, s.Modem)
	if len(s.Conditions) == 0 {
		line("conditions", "none")
	}
	for _, c := range s.Conditions {
		line("CONDITION", "%s (%s), since %s", c.Name, c.Severity, sinceText(s.Now, c.First))
		line("", "%s", cut(c.Text, 69))
	}
}

// printPlans writes what changes the schedule's course now.
func printPlans(line func(name, format string, a ...any), s control.Status, z *time.Location) {
	if p := s.Pause; p != nil && p.Reason != "" {
		line("paused", "%s", cut(p.Reason, 69))
	}
	if w := s.Window; w != nil {
		line("window", "%s (%s), until %s", cut(w.Name, 30), w.Class, clockText(w.Until, z))
	}
	if s.Returns != nil {
		name := "" // below its window
		if s.Window == nil {
			name = "window" // it is over, and this controller's own moment not there yet
		}
		line(name, "tries the cloud gently, and returns at %s", clockText(*s.Returns, z))
	}
}

// printBulk writes how Low Power Mode fares.
func printBulk(line func(name, format string, a ...any), s control.Status) {
	b := s.Capture.Bulk
	if b == nil {
		return
	}
	line("camera", "fired %d times, %d fetched, %d missing, %d on the camera", b.Fired, b.Fetched, b.Missing, b.Open)
	if b.AheadSeconds != 0 {
		line("", "its clock is %+.0f s ahead of this one", b.AheadSeconds)
	}
	if b.Error != "" {
		line("", "not fetched: %s", cut(b.Error, 55))
	}
}

// printUpload writes the upload's lines.
func printUpload(line func(name, format string, a ...any), s control.Status, z *time.Location) {
	u := s.Upload
	switch {
	case !u.Configured:
		line("upload", "no destination is configured")
		return
	case u.Running && u.Fetching:
		line("upload", "fetching pictures from the camera first")
	case u.Running && u.Photo != "":
		line("upload", "sending %s, %d sent (%s)", u.Photo, u.Sent, bytesText(u.SentBytes))
	case u.Running:
		line("upload", "session running, %d sent (%s)", u.Sent, bytesText(u.SentBytes))
	case u.Retry != nil:
		what := "broken off"
		or := ", or when the link returns"
		if !u.CloudReached {
			what = "THE CLOUD TAKES NOTHING"
		}
		if s.Returns != nil {
			what, or = "photos wait for the cloud", ""
		}
		line("upload", "%s; again %s%s", what, sinceText(s.Now, *u.Retry), or)
	case u.Saving && uploadsNothing(s):
		line("upload", "none: the battery is low; again once it is charged")
	case s.Pause != nil:
		line("upload", "paused; it goes on %s", sinceText(s.Now, s.Pause.Until))
	case u.Next != nil:
		line("upload", "next %s, at %s", sinceText(s.Now, *u.Next), clockText(*u.Next, z))
	default:
		line("upload", "no upload is scheduled")
	}
	if u.BudgetUsed {
		line("", "photos wait: the month's data budget is used up (link.budget_mb)")
	}
	if u.LastError != "" {
		line("", "last error: %s", cut(u.LastError, 57))
	}
}

// printModem writes how the modem fares.
func printModem(line func(name, format string, a ...any), m *control.Modem) {
	if m == nil {
		return
	}
	text := "NOT RUNNING"
	switch {
	case m.Error != "":
		text = "not known: " + m.Error
	case m.SIM != "" && m.SIM != "ready":
		text = "the SIM card is " + strings.ToUpper(m.SIM)
	case m.Registration != "":
		text = strings.TrimSpace(m.Registration + " " + m.Operator + " " + m.Technology)
		if m.DBm != 0 {
			text += fmt.Sprintf(", %d dBm", m.DBm)
		}
	case m.Running:
		text = "running"
	}
	line("modem", "%s", cut(text, 69))
	if m.Restarts > 0 {
		line("", "restarted %s", plural(m.Restarts, "time"))
	}
}

// cut shortens s to n columns, showing that it did.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
