package trial

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// WriteText writes the report for a person: a table, what each scenario found, the
// figures, and a line for each figure that a script can read.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SCENARIO\tVERDICT\tSECONDS\tWHAT")
	var figures []figure.Result
	for _, s := range r.Results {
		verdict := "ok"
		if len(s.Faults) > 0 {
			verdict = "FAILED"
		}
		fmt.Fprintf(t, "%s\t%s\t%.0f\t%s\n", s.Name, verdict, s.Seconds, s.What)
		for _, f := range s.Facts {
			fmt.Fprintf(t, "\t\t\t  %s\n", f)
		}
		for _, f := range s.Faults {
			fmt.Fprintf(t, "\t\t\t  AT FAULT: %s\n", f)
		}
		figures = append(figures, s.Figures...)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(&b)
	if len(figures) > 0 {
		if err := figure.Report(&b, figures); err != nil {
			return err
		}
		fmt.Fprintln(&b)
	}
	verdict := "the daemon holds its promises on the emulated controller"
	if !r.OK() {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "emulated: %s, in %.0f s\n", verdict, r.Seconds)
	if r.Kept != "" {
		fmt.Fprintf(&b, "logs and disks: %s\n", r.Kept)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
