package figure

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Report prints the table and the lines.
func Report(w io.Writer, results []Result) error {
	if err := Table(w, results); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteByte('\n')
	for _, r := range results {
		fmt.Fprintln(&b, r.Line())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Table prints the table alone, and below it why a figure has no value.
func Table(w io.Writer, results []Result) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FIGURE\tMEASURED\tREACH\t\tBESIDE IT")
	for _, r := range results {
		measured := r.text()
		if r.Err == nil {
			measured += " " + r.Unit
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.What, measured, r.Reach, r.verdict(), r.Beside)
		for _, m := range r.More {
			fmt.Fprintf(t, "  %s\t%s\t\t\t%s\n", m.What, m.Measured, m.Beside)
		}
	}
	t.Flush() // into memory: cannot fail
	for _, r := range results {
		if r.Err != nil {
			fmt.Fprintf(&b, "%s: %v\n", r.Name, r.Err)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inJSON is a result as ReportJSON prints it.
type inJSON struct {
	Name   string   `json:"name"`
	What   string   `json:"what"`
	Value  *float64 `json:"value"` // null where there is none
	Unit   string   `json:"unit"`
	Reach  string   `json:"reach"`
	OK     bool     `json:"ok"`
	Beside string   `json:"beside,omitempty"`
	More   []Row    `json:"more,omitempty"`
	Error  string   `json:"error,omitempty"`
}

// ReportJSON prints the same as one JSON array.
func ReportJSON(w io.Writer, results []Result) error {
	all := make([]inJSON, 0, len(results))
	for _, r := range results {
		j := inJSON{
			Name: r.Name, What: r.What, Unit: r.Unit, Reach: r.Reach.String(), OK: r.verdict() == "ok",
			Beside: r.Beside, More: r.More,
		}
		if r.Err != nil {
			j.Error = r.Err.Error()
		} else {
			j.Value = &r.Value
		}
		all = append(all, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(all)
}
