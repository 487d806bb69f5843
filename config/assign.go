package config

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// assignment reads `key = value` in the table t.
func (d *document) assignment(t *table, n *unstable.Node) {
	keys := d.keys(n)
	k := keys[len(keys)-1]
	for _, down := range keys[:len(keys)-1] {
		t = d.step(t, down)
	}
	from, to := d.valueRange(n, k)
	d.hideUnlessHarmless(t, k, from, to)
	if first := t.entries[k.name]; first != nil {
		d.reportAgain(k, t.join(k.name), first)
		return
	}
	e := &entry{offset: k.offset, opened: true}
	t.entries[k.name] = e
	f, isKnown := t.field(k.name)
	if !isKnown {
		d.reportUnknown(t, k)
		return
	}
	d.places[t.join(k.name)] = from
	d.assign(t, e, k, f, n.Value(), from)
}

// valueRange is where the value of the key-value n stands; k is the last part
// of its key. Arrays and inline tables don't know it themselves.
func (d *document) valueRange(n *unstable.Node, k part) (from, to int) {
	to = int(n.Raw.Offset + n.Raw.Length)
	rest := d.source.data[k.end:to]
	return to - len(bytes.TrimLeft(rest, " \t=")), to
}

// hideUnlessHarmless keeps the value of a secret or an unknown key out of the
// snippets.
func (d *document) hideUnlessHarmless(t *table, k part, from, to int) {
	if f, isKnown := t.field(k.name); !isKnown || f.secret {
		d.source.hide(from, to)
	}
}

// assign puts the value n into the field f of t.
func (d *document) assign(t *table, e *entry, k part, f field, n *unstable.Node, offset int) {
	path := t.join(k.name)
	v := t.value.FieldByIndex(f.index)
	switch shapeOf(f.typ) {
	case aTable:
		if n.Kind != unstable.InlineTable {
			d.reportf(offset, path, "%s: want a table, [%s]", kindName(n.Kind), path)
			return
		}
		e.table = newTable(path, v)
		d.inline(e.table, n)
	case aTableArray:
		if n.Kind != unstable.Array {
			d.reportf(offset, path, "%s: want tables, [[%s]]", kindName(n.Kind), path)
			return
		}
		d.clear(t, k)
		for it := n.Children(); it.Next(); {
			if it.Node().Kind != unstable.InlineTable {
				d.reportf(offset, path, "%s in the list: want tables, [[%s]]", kindName(it.Node().Kind), path)
				d.bad[path] = true
				continue
			}
			d.inline(d.newRow(t, k.name, v.Len(), offset), it.Node())
		}
	default:
		if problem := setValue(v, n, path, f.secret); problem != "" {
			d.bad[path] = true
			d.report(offset, path, problem)
		}
	}
}

// inline reads the keys of the inline table n into t.
func (d *document) inline(t *table, n *unstable.Node) {
	for it := n.Children(); it.Next(); {
		if it.Node().Kind == unstable.KeyValue {
			d.assignment(t, it.Node())
		}
	}
}

// hiddenInConfig is what Show writes in place of a secret.
const hiddenInConfig = "(set)"

// setValue puts the scalar n, the value of the key at path, into v; or says what
// is wrong with it.
func setValue(v reflect.Value, n *unstable.Node, path string, secret bool) (problem string) {
	kind, want := expected(shapeOf(v.Type()))
	text := string(n.Data)
	if n.Kind != kind && !(isNumber(v.Type()) && (n.Kind == unstable.Float || n.Kind == unstable.Integer)) {
		found := kindName(n.Kind)
		if !secret && isScalar(n.Kind) {
			found += fmt.Sprintf(" %.40s", text)
		}
		return found + ": want " + want
	}
	switch shapeOf(v.Type()) {
	case aText:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(n.Data); err != nil {
			return err.Error()
		}
	case aString:
		if secret && text == hiddenInConfig {
			return "the placeholder of a shown configuration: want the secret itself"
		}
		v.SetString(text)
	case aList:
		return setList(v, n, secret)
	case aBool:
		v.SetBool(text == "true")
	case aDuration:
		dur, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Sprintf("%.40q: want %s", text, want)
		}
		v.SetInt(int64(dur))
	case anInteger:
		if !setInteger(v, text) {
			return fmt.Sprintf("%.40s: want %s", text, allowedAt(path))
		}
	}
	return ""
}

// setList puts the texts of the array n into v. A list without any is nil.
func setList(v reflect.Value, n *unstable.Node, secret bool) (problem string) {
	list := reflect.Zero(v.Type())
	for it := n.Children(); it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if problem := setValue(item, it.Node(), "", secret); problem != "" {
			return "in the list " + problem
		}
		list = reflect.Append(list, item)
	}
	v.Set(list)
	return ""
}

// expected is the kind of TOML value that holds a value of shape s, and how to
// ask a person for it.
func expected(s shape) (unstable.Kind, string) {
	switch s {
	case aText, aString:
		return unstable.String, "a text in quotes"
	case aList:
		return unstable.Array, `a list of texts in quotes, such as ["a", "b"]`
	case aDuration:
		return unstable.String, `a duration in quotes, such as "15m" or "2h30m"`
	case anInteger:
		return unstable.Integer, "a whole number, without quotes"
	case aBool:
		return unstable.Bool, "true or false, without quotes"
	}
	return unstable.Invalid, "nothing: this program cannot read it"
}

// isNumber tells whether a value of type t, which has a text form, may stand in the
// file without quotes: it has a method Number() that says so.
func isNumber(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[interface{ Number() }]())
}

// isScalar tells whether a value of kind k can be repeated in a message.
func isScalar(k unstable.Kind) bool { return k != unstable.Array && k != unstable.InlineTable }

// kindName names a value's kind for a person.
func kindName(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "the text"
	case unstable.Integer:
		return "the number"
	case unstable.Float:
		return "the fraction"
	case unstable.Bool:
		return "the truth value"
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return "a table"
	}
	return "the date or time"
}

// setInteger puts the TOML integer text into v, if v is wide enough for it.
func setInteger(v reflect.Value, text string) bool {
	if v.CanUint() {
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, v.Type().Bits())
		v.SetUint(n)
		return err == nil
	}
	n, err := strconv.ParseInt(text, 0, v.Type().Bits())
	v.SetInt(n)
	return err == nil
}
