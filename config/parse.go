package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// MaxBytes bounds the file: a thousand sessions with comments are a quarter of
// it.
const MaxBytes = 1 << 20

// Load is Parse of the file at path. A file that cannot be read is reported as
// the operating system does (errors.Is fs.ErrNotExist); one that cannot be used
// as *Error. It never waits: what is no regular file is refused.
func Load(path string) (Config, error) {
	info, err := os.Stat(path) // before Open, which would wait for a pipe's writer
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("load config: %w (fieldcam config default prints one; --config names another)", err)
	}
	if err != nil {
		return Config{}, fmt.Errorf("load config: %w", err)
	}
	switch {
	case info.IsDir():
		return Config{}, fmt.Errorf("load config: %s is a directory, want a file", path)
	case !info.Mode().IsRegular():
		return Config{}, fmt.Errorf("load config: %s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("load config: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return Config{}, fmt.Errorf("load config: %w", err)
	}
	return Parse(path, data)
}

// Parse makes a Config of the TOML text data over DefaultFor its model and validates it.
// name is what errors call the file. Every error is an *Error; the Config is
// then the zero Config.
func Parse(name string, data []byte) (Config, error) {
	if p := unreadable(data); p != nil {
		return Config{}, &Error{Name: name, Problems: []Problem{*p}}
	}
	// A mark that some editors put before the text means nothing in UTF-8.
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	c := Default()
	d := newDocument(data, &c)
	d.read()
	if c.Model != defaultModel { // once more, over that model's defaults
		c = DefaultFor(c.Model)
		d = newDocument(data, &c)
		d.read()
	}
	c.complete(func(path string) bool { _, given := d.places[path]; return given })
	if !d.broken {
		d.strict()
		d.validate(c)
	}
	if err := d.error(name); err != nil {
		return Config{}, err
	}
	return c, nil
}

// unreadable is why data is no text at all; nil where it is.
func unreadable(data []byte) *Problem {
	switch {
	case len(data) > MaxBytes:
		return &Problem{Message: fmt.Sprintf("want a file of at most %d bytes", MaxBytes)}
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return &Problem{Message: "the text is encoded as UTF-16; save it as UTF-8"}
	}
	at, message := -1, ""
	if !utf8.Valid(data) {
		for at = 0; at < len(data); {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		message = fmt.Sprintf("the byte 0x%02x is not UTF-8 text; save the file as UTF-8", data[at])
	}
	if n := bytes.IndexByte(data, 0); n >= 0 && (at < 0 || n < at) {
		at, message = n, "a NUL byte: this is not a text file, or it was damaged when the power failed"
	}
	if at < 0 {
		return nil
	}
	p := Problem{Message: message}
	p.Line, p.Column = newSource(data).position(at)
	return &p
}

// strict asks the TOML library for its opinion of a document that looks well
// formed: it knows rules that read does not, such as those on tables that are
// extended from elsewhere.
func (d *document) strict() {
	if len(d.findings) > 0 {
		return // it reports only the first, which is known already
	}
	var all map[string]any
	err := toml.Unmarshal(d.source.data, &all)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		line, column := at.Position()
		bounds := d.source.bounds(min(line, len(d.source.lines)) - 1)
		d.report(min(bounds.from+max(column, 1)-1, bounds.to), "", "not allowed in TOML: "+trimPrefix(at.Error()))
	case err != nil:
		d.report(0, "", "not allowed in TOML: "+trimPrefix(err.Error()))
	}
}

// trimPrefix takes the library's name off its message.
func trimPrefix(message string) string {
	return strings.TrimPrefix(message, "toml: ")
}
