package config

import (
	"encoding"
	"reflect"
	"time"
)

// field is one key of a table: a struct field with a toml tag.
type field struct {
	key    string
	index  []int // for reflect.Value.FieldByIndex
	typ    reflect.Type
	secret bool
}

// fields lists the keys of the struct type t in the order of declaration. The
// fields of an embedded struct count as t's own.
func fields(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("toml")
		switch {
		case key == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			for _, in := range fields(f.Type) {
				in.index = append([]int{i}, in.index...)
				all = append(all, in)
			}
		case key != "":
			all = append(all, field{key: key, index: f.Index, typ: f.Type, secret: f.Tag.Get("secret") == "true"})
		}
	}
	return all
}

// find is the field of the struct type t that key names.
func find(t reflect.Type, key string) (field, bool) {
	for _, f := range fields(t) {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// shape is how a value is written in the file.
type shape uint8

const (
	unsupported shape = iota
	aTable            // a struct: [key]
	aTableArray       // a slice of structs: [[key]]
	aText             // its own text form, in quotes
	aDuration         // "15m", in quotes
	aString
	aList // of texts: ["a", "b"]
	anInteger
	aBool
)

// shapeOf tells how a value of type t is written.
func shapeOf(t reflect.Type) shape {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return aDuration
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return aText
	}
	switch t.Kind() {
	case reflect.Struct:
		return aTable
	case reflect.Slice:
		switch shapeOf(t.Elem()) {
		case aTable:
			return aTableArray
		case aString:
			return aList
		}
	case reflect.String:
		return aString
	case reflect.Bool:
		return aBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return anInteger
	}
	return unsupported
}

// known is one key of the whole file, arrays without an index: "session.every".
type known struct {
	path  string
	field field
	value reflect.Value // the field in the Config that was walked; below arrays that of a new row
	inRow bool          // below an array
}

// allKnown lists every key of c, tables before what is in them.
func allKnown(c Config) []known { return knownUnder("", reflect.ValueOf(c), false) }

func knownUnder(prefix string, v reflect.Value, inRow bool) []known {
	var all []known
	for _, f := range fields(v.Type()) {
		k := known{path: join(prefix, f.key), field: f, value: v.FieldByIndex(f.index), inRow: inRow}
		all = append(all, k)
		switch shapeOf(f.typ) {
		case aTable:
			all = append(all, knownUnder(k.path, k.value, inRow)...)
		case aTableArray:
			all = append(all, knownUnder(k.path, rowDefault(f.typ.Elem()), true)...)
		}
	}
	return all
}

// join is the path of key in the table at prefix.
func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}
