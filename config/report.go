package config

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"fieldcam/config/invalid"

	"github.com/pelletier/go-toml/v2/unstable"
)

// finding is a problem before its snippet is made: reading goes on to learn
// what the snippet must hide.
type finding struct {
	Problem
	offset int
}

// report records a problem at offset.
func (d *document) report(offset int, key, message string) {
	if d.full() {
		d.more++
		return
	}
	f := finding{Problem: Problem{Key: printable(key), Message: printable(withoutUserinfo(message))}, offset: offset}
	f.Line, f.Column = d.source.position(offset)
	d.findings = append(d.findings, f)
}

// full tells whether further problems are only counted.
func (d *document) full() bool { return len(d.findings) >= MaxProblems }

func (d *document) reportf(offset int, key, format string, args ...any) {
	d.report(offset, key, fmt.Sprintf(format, args...))
}

// reportAgain records that a key is used twice.
func (d *document) reportAgain(k part, path string, first *entry) {
	d.reportf(k.offset, path, "given twice, first on line %d", d.source.line(first.offset)+1)
}

// reportUnknown records a key that t does not have. Below an unknown key there
// is nothing more to say.
func (d *document) reportUnknown(t *table, k part) {
	if !t.value.IsValid() {
		return
	}
	path := t.join(k.name)
	if d.full() {
		d.report(k.offset, path, "")
		return
	}
	near := nearest(t.path, t.value.Type(), k.name)
	if near == "" {
		var here []string
		for _, f := range fields(t.value.Type()) {
			here = append(here, f.key)
		}
		d.reportf(k.offset, path, "unknown key; known here: %s", strings.Join(here, ", "))
		return
	}
	d.reportf(k.offset, path, "unknown key; did you mean %s?", near)
	d.findings[len(d.findings)-1].Nearest = near
}

// reportSyntax records where the text stops being TOML.
func (d *document) reportSyntax(err error) {
	offset, message := len(d.source.data), err.Error()
	var at *unstable.ParserError
	if errors.As(err, &at) {
		offset = min(int(d.parser.Range(at.Highlight).Offset), offset)
	}
	if d.hideUnread(offset) {
		message = characterForm.ReplaceAllString(message, "")
	}
	if strings.HasSuffix(message, "at start of value") {
		message += " (a text needs quotes)"
	}
	d.report(offset, "", "not TOML: "+message+"; nothing after this was checked")
}

// validate checks the values that were read, and finds the place of each that
// cannot be used.
func (d *document) validate(c Config) {
	for _, v := range invalid.Values(c.Validate()) {
		if d.bad[v.Key] {
			continue
		}
		got := v.Got
		if isSecret(v.Key) {
			got = ""
		}
		offset, given := d.place(v.Key)
		switch {
		case given && got != "":
			d.reportf(offset, v.Key, "%s: want %s", got, v.Want)
		case given:
			d.reportf(offset, v.Key, "want %s", v.Want)
		case got != "":
			d.reportf(offset, v.Key, "not in the file, so %s: want %s", got, v.Want)
		default:
			d.reportf(offset, v.Key, "not in the file: want %s", v.Want)
		}
	}
}

// place is where path stands in the text; where it does not, the place of the
// table that it belongs to, and of the text's beginning if that is not there
// either.
func (d *document) place(path string) (offset int, given bool) {
	offset, given = d.places[path]
	for !given && path != "" {
		path = parent(path)
		if at, found := d.places[path]; found {
			return at, false
		}
	}
	return offset, given
}

// parent is the path without its last part: "session[2].every" is in
// "session[2]", and that in "session".
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// isSecret tells whether path names a secret.
func isSecret(path string) bool {
	return slices.ContainsFunc(allKnown(Config{}), func(k known) bool { return k.field.secret && k.path == path })
}

// error is what was found, in the order of the file; nil for nothing.
func (d *document) error(name string) error {
	if len(d.findings) == 0 {
		return nil
	}
	sort.SliceStable(d.findings, func(i, j int) bool { return d.findings[i].offset < d.findings[j].offset })
	e := &Error{Name: name, More: d.more}
	for _, f := range d.findings {
		f.Source, f.Caret = d.source.snippet(f.offset)
		e.Problems = append(e.Problems, f.Problem)
	}
	return e
}
