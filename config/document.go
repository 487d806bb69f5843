package config

import (
	"fmt"
	"reflect"

	"fieldcam/agent/maintenance"
	"fieldcam/capture/schedule"

	"github.com/pelletier/go-toml/v2/unstable"
)

// document reads one TOML text into a Config and remembers where each key
// stands, so that every problem has a place.
type document struct {
	source   *source
	parser   unstable.Parser
	root     *table
	current  *table          // the one that the last [header] opened
	places   map[string]int  // where each path stands: the value, or the table's header
	bad      map[string]bool // keys whose value could not be read: the default there is not to blame
	findings []finding       // at most MaxProblems
	more     int             // further findings
	broken   bool            // the text is not TOML: what follows the last finding was not read
}

// table is one table of the text.
type table struct {
	path    string
	value   reflect.Value // the struct it fills; invalid below an unknown key
	entries map[string]*entry
}

// entry is one key that the text has used: a table, an array of tables, or, with
// neither, a value.
type entry struct {
	offset int // of the key's first use
	table  *table
	rows   []*table
	opened bool // by a header of its own, not only as part of a longer key
}

func newTable(path string, v reflect.Value) *table {
	return &table{path: path, value: v, entries: map[string]*entry{}}
}

func newDocument(data []byte, into *Config) *document {
	d := &document{source: newSource(data), places: map[string]int{}, bad: map[string]bool{}}
	d.root = newTable("", reflect.ValueOf(into).Elem())
	d.current = d.root
	return d
}

// read goes through the text from top to bottom.
func (d *document) read() {
	d.parser.Reset(d.source.data)
	for d.parser.NextExpression() {
		switch e := d.parser.Expression(); e.Kind {
		case unstable.Table:
			d.header(d.keys(e), false)
		case unstable.ArrayTable:
			d.header(d.keys(e), true)
		case unstable.KeyValue:
			d.assignment(d.current, e)
		}
	}
	if err := d.parser.Error(); err != nil {
		d.broken = true
		d.reportSyntax(err)
	}
}

// part is one part of a dotted key.
type part struct {
	name   string
	offset int
	end    int
}

func (d *document) keys(n *unstable.Node) []part {
	var all []part
	for it := n.Key(); it.Next(); {
		raw := it.Node().Raw
		all = append(all, part{string(it.Node().Data), int(raw.Offset), int(raw.Offset + raw.Length)})
	}
	return all
}

// header opens the table that [keys], or with array [[keys]], names.
func (d *document) header(keys []part, array bool) {
	t := d.root
	for _, k := range keys[:len(keys)-1] {
		t = d.step(t, k)
	}
	k := keys[len(keys)-1]
	f, isKnown := t.field(k.name)
	shape := unsupported
	if isKnown {
		shape = shapeOf(f.typ)
	}
	switch path := t.join(k.name); {
	case shape == aTable && array:
		d.reportf(k.offset, path, "a single table: want [%s], in single brackets", path)
		array = false
	case shape == aTableArray && !array:
		d.reportf(k.offset, path, "there can be several: want [[%s]], in double brackets", path)
		array = true
	case isKnown && shape != aTable && shape != aTableArray:
		d.reportf(k.offset, path, "a value, not a table: want %s = ...", k.name)
		d.current = newTable(path, reflect.Value{})
		return
	}
	if array {
		d.current = d.addRow(t, k)
		return
	}
	e := t.entries[k.name]
	if e == nil {
		d.current = d.step(t, k)
		t.entries[k.name].opened = true
		return
	}
	if e.table == nil || e.opened {
		d.reportAgain(k, t.join(k.name), e)
	}
	e.opened = true
	if d.current = e.table; e.table == nil {
		d.current = newTable(t.join(k.name), reflect.Value{})
	}
}

// addRow begins the next [[key]] of t.
func (d *document) addRow(t *table, k part) *table {
	e := t.entries[k.name]
	switch {
	case e == nil:
		e = &entry{offset: k.offset, opened: true}
		t.entries[k.name] = e
		if _, isKnown := t.field(k.name); !isKnown {
			d.reportUnknown(t, k)
		} else {
			d.clear(t, k)
			d.places[t.join(k.name)] = k.offset
		}
	case e.rows == nil: // a table, or a list in one value
		d.reportAgain(k, t.join(k.name), e)
		return newTable(t.join(k.name), reflect.Value{})
	}
	row := d.newRow(t, k.name, len(e.rows), k.offset)
	e.rows = append(e.rows, row)
	return row
}

// clear empties the array of tables that k names in t: what the text lists
// replaces the default.
func (d *document) clear(t *table, k part) {
	f, _ := t.field(k.name)
	list := t.value.FieldByIndex(f.index)
	list.Set(reflect.MakeSlice(f.typ, 0, 0))
}

// newRow appends an element to the array of tables called name, if there is
// such a key, and returns the table that fills it.
func (d *document) newRow(t *table, name string, n, offset int) *table {
	path := fmt.Sprintf("%s[%d]", t.join(name), n)
	d.places[path] = offset
	f, isKnown := t.field(name)
	if !isKnown {
		return newTable(path, reflect.Value{})
	}
	// Elements are filled where they stay: the list is replaced by a longer
	// copy, so the tables of earlier rows must not be filled any more.
	list := t.value.FieldByIndex(f.index)
	list.Set(reflect.Append(list, rowDefault(f.typ.Elem())))
	return newTable(path, list.Index(n))
}

// rowDefault is a row before its keys are read. A session has no interval then: it
// must be given.
func rowDefault(t reflect.Type) reflect.Value {
	s := schedule.NewSession()
	s.Every = 0
	for _, row := range []any{s, maintenance.NewWindow()} {
		if v := reflect.ValueOf(row); v.Type() == t {
			return v
		}
	}
	return reflect.Zero(t)
}

// step goes down from t into the table that k names, which a longer key
// mentions; the text need not have opened it.
func (d *document) step(t *table, k part) *table {
	e := t.entries[k.name]
	switch {
	case e == nil:
		e = &entry{offset: k.offset, table: newTable(t.join(k.name), reflect.Value{})}
		t.entries[k.name] = e
		f, isKnown := t.field(k.name)
		switch {
		case !isKnown:
			d.reportUnknown(t, k)
		case shapeOf(f.typ) == aTable:
			e.table.value = t.value.FieldByIndex(f.index)
			d.places[e.table.path] = k.offset
		case shapeOf(f.typ) == aTableArray:
			d.reportf(k.offset, e.table.path, "there can be several: want [[%s]], in double brackets", e.table.path)
		default:
			d.reportf(k.offset, e.table.path, "a value, not a table: want %s = ...", k.name)
		}
		return e.table
	case e.table != nil:
		return e.table
	case len(e.rows) > 0:
		return e.rows[len(e.rows)-1]
	}
	d.reportf(k.offset, t.join(k.name), "a value since line %d, cannot be a table too", d.source.line(e.offset)+1)
	return newTable(t.join(k.name), reflect.Value{})
}

// field is the field that key names in t, if t is known and has such a key.
func (t *table) field(key string) (field, bool) {
	if !t.value.IsValid() {
		return field{}, false
	}
	return find(t.value.Type(), key)
}

func (t *table) join(key string) string { return join(t.path, key) }
