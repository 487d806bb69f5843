package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// DefaultFile is a complete file with every key, its default, and a comment on
// what it means and what may stand there. Only the device's name is missing:
// once it is filled in, Parse makes Default of it.
func DefaultFile() []byte {
	w := newWriter(Default(), true)
	w.comment("Configuration of a fieldcam controller. Every key may be left out, but for")
	w.comment("device; what is left out has the default given here. Durations are texts")
	w.comment(`such as "90s", "15m" or "1h30m". The defaults are those of the model given`)
	w.comment("here; another model may have others.")
	w.write(Default())
	return []byte(w.String())
}

// Show is the configuration in effect as TOML, every key with its value; where
// that differs from the default, the default stands beside it. A secret that is
// set is shown as "(set)", which Parse refuses, so that the text cannot become a
// file by mistake with a wrong password in it. c must be valid.
func Show(c Config) string {
	w := newWriter(DefaultFor(c.Model), false)
	w.comment("The configuration in effect, defaults included.")
	w.write(c)
	return w.String()
}

// writer writes a Config as TOML.
type writer struct {
	strings.Builder
	notes    map[string]note
	defaults map[string]string // the text of each default; below arrays that of a new row
	inRows   map[string]bool   // the keys below arrays
	explain  bool              // comment on every key
}

func newWriter(defaults Config, explain bool) *writer {
	w := &writer{notes: map[string]note{}, defaults: map[string]string{}, inRows: map[string]bool{}, explain: explain}
	for _, n := range notes() {
		w.notes[n.path] = n
	}
	for _, k := range allKnown(defaults) {
		if isValue(k.field.typ) {
			w.defaults[k.path], w.inRows[k.path] = valueText(k.value, false), k.inRow
		}
	}
	return w
}

// isValue tells whether type t is written as `key = value`.
func isValue(t reflect.Type) bool {
	s := shapeOf(t)
	return s != aTable && s != aTableArray
}

func (w *writer) write(c Config) { w.table("", reflect.ValueOf(c)) }

// table writes the values of the table at path, then the tables in it: TOML has
// no way back up.
func (w *writer) table(path string, v reflect.Value) {
	for _, f := range fields(v.Type()) {
		if isValue(f.typ) {
			w.value(join(path, f.key), f, v.FieldByIndex(f.index))
		}
	}
	for _, f := range fields(v.Type()) {
		in, down := v.FieldByIndex(f.index), join(path, f.key)
		switch shapeOf(f.typ) {
		case aTable:
			w.WriteString("\n")
			w.explanation(down, "")
			fmt.Fprintf(w, "[%s]\n", down)
			w.table(down, in)
		case aTableArray:
			w.rows(down, in)
		}
	}
}

// rows writes an array of tables. Only the first row's keys are explained. Of an
// array that is empty the explained file has an example, as comments.
func (w *writer) rows(path string, list reflect.Value) {
	explain := w.explain
	if explain && list.Len() == 0 {
		w.example(path, list.Type().Elem())
		return
	}
	for i := range list.Len() {
		w.WriteString("\n")
		if i == 0 {
			w.explanation(path, "")
		}
		fmt.Fprintf(w, "[[%s]]\n", path)
		w.table(path, list.Index(i))
		w.explain = false
	}
	w.explain = explain
}

// example writes a row of the array at path as comments, with the values of its
// notes.
func (w *writer) example(path string, row reflect.Type) {
	w.WriteString("\n")
	w.explanation(path, "")
	fmt.Fprintf(w, "#[[%s]]\n", path)
	for _, f := range fields(row) {
		down := join(path, f.key)
		if n := w.notes[down]; isValue(f.typ) {
			w.WriteString("#\n")
			w.explanation(down, w.standard(down))
			text := cmp.Or(n.example, n.sample, w.defaults[down])
			fmt.Fprintf(w, "#%s = %s\n", f.key, text)
		}
	}
	for _, f := range fields(row) {
		if shapeOf(f.typ) != aTableArray {
			continue
		}
		in := join(path, f.key)
		w.WriteString("#\n")
		w.explanation(in, "")
		fmt.Fprintf(w, "#[[%s]]\n", in)
		for _, f := range fields(f.typ.Elem()) {
			if text := w.notes[join(in, f.key)].example; text != "" {
				fmt.Fprintf(w, "#%s = %s\n", f.key, text)
			}
		}
	}
}

// value writes one key.
func (w *writer) value(path string, f field, v reflect.Value) {
	text, standard := valueText(v, f.secret), w.standard(path)
	if w.explain {
		w.WriteString("\n")
		w.explanation(path, standard)
	}
	fmt.Fprintf(w, "%s = %s", f.key, text)
	switch {
	case w.explain:
	case f.secret && text != standard:
		w.WriteString(" # not shown")
	case !w.inRows[path] && standard != "" && standard != text:
		w.WriteString(" # default: " + standard)
	}
	w.WriteString("\n")
}

// standard is the text of the default of the key at path; empty for a key that
// is required.
func (w *writer) standard(path string) string {
	if w.notes[path].example != "" || path == "device" {
		return ""
	}
	return w.defaults[path]
}

// explanation writes the comment on path.
func (w *writer) explanation(path, standard string) {
	if !w.explain {
		return
	}
	n := w.notes[path]
	w.comment(n.text)
	if facts := n.facts(standard); facts != "" {
		w.comment(facts)
	}
}

// facts says what may stand at the key, what the zero value means (which is the
// default wherever it means something), and the default.
func (n note) facts(standard string) string {
	var s []string
	if n.allowed != "" {
		s = append(s, capital(n.allowed)+".")
	}
	switch {
	case n.zero == "":
	case strings.HasPrefix(standard, `"`):
		s = append(s, "Default empty: "+n.zero+".")
	default:
		s = append(s, "Default "+standard+": "+n.zero+".")
	}
	if standard != "" && n.zero == "" {
		s = append(s, "Default "+standard+".")
	}
	return strings.Join(s, " ")
}

// capital is text as the beginning of a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// commentWidth leaves a terminal of 80 columns some air.
const commentWidth = 76

// comment writes text as comment lines.
func (w *writer) comment(text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > commentWidth && line != "#" {
			w.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	w.WriteString(line + "\n")
}

// valueText is v as it stands behind the '='.
func valueText(v reflect.Value, secret bool) string {
	switch shapeOf(v.Type()) {
	case aDuration:
		return tomlString(durationText(time.Duration(v.Int())))
	case aText:
		if m, ok := v.Interface().(encoding.TextMarshaler); ok {
			text, err := m.MarshalText()
			if err != nil {
				return `""`
			}
			if isNumber(v.Type()) && len(text) > 0 {
				return string(text)
			}
			return tomlString(string(text))
		}
	case aString:
		if secret && v.String() != "" {
			return tomlString(hiddenInConfig)
		}
		return tomlString(v.String())
	case aList:
		all := make([]string, v.Len())
		for i := range all {
			all[i] = valueText(v.Index(i), secret)
		}
		return "[" + strings.Join(all, ", ") + "]"
	case aBool:
		return strconv.FormatBool(v.Bool())
	}
	return fmt.Sprint(v.Interface())
}

// durationText is d without the parts that are zero: "5m", not "5m0s".
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// tomlString is s as a TOML basic string.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
