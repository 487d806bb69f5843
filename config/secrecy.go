package config

import (
	"bytes"
	"regexp"
	"strings"
)

// Snippets show lines of the file, and the file holds secrets. What belongs to
// a secret key, or to an unknown one, which may be a secret key misspelt, is
// hidden when it is read. Where the text stops being TOML nobody knows what
// belongs to what, so only lines that are surely harmless are shown.

// characterForm is the part of a syntax error that repeats a character of the
// text.
var characterForm = regexp.MustCompile(`( but got)?:? U\+[0-9A-F]+( '.')?`)

// lineForm splits a line into what comes before the value and the value.
var lineForm = regexp.MustCompile(`^\s*([A-Za-z0-9_.-]+)\s*=\s*`)

// hideUnread hides what cannot be shown of the line with offset, where the text
// stops being TOML, and tells whether there was such a part.
func (d *document) hideUnread(offset int) bool {
	line := d.source.bounds(d.source.line(offset))
	text := d.source.data[line.from:line.to]
	m := lineForm.FindSubmatchIndex(text)
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) && !bytes.ContainsAny(text, `"'=`):
		return false // a header
	case m == nil:
		d.source.hide(line.from, line.to)
		return true
	}
	if harmless(string(text[m[2]:m[3]])) && !mentionsSecret(string(text[m[1]:])) {
		return false
	}
	d.source.hide(line.from+m[1], line.to)
	return true
}

// harmless tells whether key is the name of a value that is no secret, in
// whatever table.
func harmless(key string) bool {
	found := false
	for _, k := range allKnown(Config{}) {
		if lastOf(k.path) != lastOf(key) {
			continue
		}
		if s := shapeOf(k.field.typ); k.field.secret || s == aTable || s == aTableArray {
			return false
		}
		found = true
	}
	return found
}

// mentionsSecret tells whether text has the name of a secret in it.
func mentionsSecret(text string) bool {
	for _, k := range allKnown(Config{}) {
		if k.field.secret && strings.Contains(fold(text), fold(k.field.key)) {
			return true
		}
	}
	return false
}
