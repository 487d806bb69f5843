package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// source is the text of the file: it turns byte offsets into lines and columns,
// and shows lines without what must not be shown.
type source struct {
	data   []byte
	lines  []int  // the offset at which each line begins
	hidden []span // what no snippet may show, such as a secret's value
}

// span is a range of bytes: from <= offset < to.
type span struct{ from, to int }

func newSource(data []byte) *source {
	s := &source{data: data, lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// hide keeps a range out of all snippets.
func (s *source) hide(from, to int) { s.hidden = append(s.hidden, span{from, to}) }

// line is the number, from 0, of the line that holds offset.
func (s *source) line(offset int) int {
	n, found := slices.BinarySearch(s.lines, offset)
	if !found {
		n--
	}
	return n
}

// bounds is the line's range without its line ending.
func (s *source) bounds(line int) span {
	end := len(s.data)
	if line+1 < len(s.lines) {
		end = s.lines[line+1] - 1
	}
	from := s.lines[line]
	return span{from, from + len(bytes.TrimSuffix(s.data[from:end], []byte("\r")))}
}

// position is the line and the column of offset, both from 1; columns count
// characters.
func (s *source) position(offset int) (line, column int) {
	n := s.line(offset)
	return n + 1, 1 + utf8.RuneCount(s.data[s.lines[n]:offset])
}

// The width of a snippet: with the line number before it, it fits a terminal of
// 80 columns. Where fewer than tailWidth characters would be left behind the
// place, the line is shown from leadWidth characters before it.
const (
	snippetWidth = 68
	tailWidth    = 16
	leadWidth    = 40
)

// hiddenText stands for what a snippet must not show.
const hiddenText = "(hidden)"

// snippet is the line that holds offset, ready for a terminal, and the place of
// offset in it. It is empty where there is nothing to point at.
func (s *source) snippet(offset int) (text string, caret int) {
	line := s.bounds(s.line(offset))
	cuts := s.userinfo(line)
	for _, h := range s.hidden {
		if h.from < line.to && line.from < h.to {
			cuts = append(cuts, h)
		}
	}
	var shown []rune
	caret = -1
	for i := line.from; i < line.to; {
		if i >= offset && caret < 0 {
			caret = len(shown)
		}
		if n := slices.IndexFunc(cuts, func(c span) bool { return c.from <= i && i < c.to }); n >= 0 {
			shown = append(shown, []rune(hiddenText)...)
			i = min(cuts[n].to, line.to)
			if offset < i && caret < 0 {
				caret = len(shown) - len(hiddenText)
			}
			continue
		}
		r, size := utf8.DecodeRune(s.data[i:line.to])
		shown = append(shown, printableRune(r))
		i += size
	}
	if len(strings.TrimSpace(string(shown))) == 0 {
		return "", 0
	}
	if caret < 0 {
		caret = len(shown)
	}
	if caret > snippetWidth-tailWidth {
		shown = append([]rune("..."), shown[caret-leadWidth:]...)
		caret = leadWidth + len("...")
	}
	if len(shown) > snippetWidth {
		shown = append(shown[:snippetWidth-len("...")], []rune("...")...)
	}
	return string(shown), caret
}

// printable keeps control sequences, which a key or a line may hold, from the
// terminal.
func printable(text string) string { return strings.Map(printableRune, text) }

func printableRune(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r == utf8.RuneError, !unicode.IsPrint(r):
		return '?'
	}
	return r
}

// userinfoForm finds "user:password" of a URL. It takes as much as there can
// be: rather a host too few than a password too many.
var userinfoForm = regexp.MustCompile(`://([^\s"']*)@`)

// userinfo lists the users and passwords of the URLs in the line.
func (s *source) userinfo(line span) []span {
	var all []span
	for _, m := range userinfoForm.FindAllSubmatchIndex(s.data[line.from:line.to], -1) {
		all = append(all, span{line.from + m[2], line.from + m[3]})
	}
	return all
}

// withoutUserinfo is text with the users and passwords of its URLs hidden.
func withoutUserinfo(text string) string {
	return userinfoForm.ReplaceAllString(text, "://"+hiddenText+"@")
}
