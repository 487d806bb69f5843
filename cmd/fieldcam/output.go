package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// keeper writes to w, and keeps the first error, after which it writes no more: a
// table is printed line by line, and who prints it need not look.
type keeper struct {
	w   io.Writer
	err error
}

func (k *keeper) Write(b []byte) (n int, err error) {
	if k.err == nil {
		if n, err = k.w.Write(b); err != nil {
			k.err = fmt.Errorf("write output: %w", err)
		}
	}
	return n, k.err
}

// printJSON prints v as a script reads it: indented, one value, a newline.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// bytesText prints a size in at most eight columns: "1.2 MB", in powers of 1000
// as cards and data plans are sold.
func bytesText(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, prefix := float64(n), ""
	for _, p := range []string{"k", "M", "G", "T"} {
		f, prefix = f/unit, p
		if f < 999.5 {
			break
		}
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f %sB", f, prefix)
	}
	return fmt.Sprintf("%.0f %sB", f, prefix)
}

// sinceText prints how long ago t was at now, or how far ahead, in one unit or
// two: "3m ago", "in 1h20m".
func sinceText(now, t time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + spanText(-d)
	}
	return spanText(d) + " ago"
}

// spanText prints a duration in the units that a person would use.
func spanText(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

// zone loads the site's zone for printing; UTC where it cannot.
func zone(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil {
		return z
	}
	return time.UTC
}

// clockText prints an instant as the site's wall shows it.
func clockText(t time.Time, z *time.Location) string {
	return t.In(z).Format("Mon 2006-01-02 15:04:05")
}

// plural prints a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
