package config

import (
	"fmt"
	"strings"
)

// Error is why a file cannot be used. It marshals to JSON as it stands. No
// secret is in it.
type Error struct {
	// Name is the file's name, as it was given.
	Name string `json:"file"`
	// Problems are in the order of the file; at least one, at most MaxProblems.
	Problems []Problem `json:"problems"`
	// More is how many further problems were found and left out.
	More int `json:"more,omitempty"`
}

// Problem is one thing to correct.
type Problem struct {
	// Line and Column count from 1, Column in characters. Both are 0 where the
	// problem is the file as a whole.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Key is the path of the key in question, "session[0].every" (sessions count
	// from 0); empty where there is none.
	Key string `json:"key,omitempty"`
	// Message says what is wrong and what was expected.
	Message string `json:"message"`
	// Nearest is the path of the known key that an unknown one resembles.
	Nearest string `json:"nearest,omitempty"`
	// Source is the line, shortened, without secrets; Caret is the character in
	// it, from 0, that the problem is about. Source is empty where there is
	// nothing to show.
	Source string `json:"source,omitempty"`
	Caret  int    `json:"caret,omitempty"`
}

// MaxProblems bounds an Error: a file of another kind altogether has thousands.
const MaxProblems = 50

// Error is one paragraph for each problem, with the line and a caret below the
// place.
func (e *Error) Error() string {
	var b strings.Builder
	n := len(e.Problems) + e.More
	if n == 1 {
		fmt.Fprintf(&b, "%s: 1 problem", e.Name)
	} else {
		fmt.Fprintf(&b, "%s: %d problems", e.Name, n)
	}
	for _, p := range e.Problems {
		b.WriteString("\n" + e.Name + ":")
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
		}
		if p.Key != "" {
			b.WriteString(" " + p.Key + ":")
		}
		b.WriteString(" " + p.Message)
		if p.Source != "" {
			gutter := fmt.Sprintf("%5d", p.Line)
			fmt.Fprintf(&b, "\n%s | %s\n%*s | %*s^", gutter, p.Source, len(gutter), "", p.Caret, "")
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\nand %d more", e.More)
	}
	return b.String()
}
