package main

import (
	"errors"
	"strings"
)

// given is a flag's text, which must not be empty where the flag is there: that is
// a script's variable that is not set, and without the flag a command would be
// about more than was meant. The text before is the flag's default.
type given struct{ text *string }

func (g given) String() string {
	if g.text == nil { // as package pflag asks of the zero value
		return ""
	}
	return *g.text
}

// Type is what package pflag puts between quotes in help.
func (g given) Type() string { return "string" }

func (g given) Set(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("it is empty: give it a value, or leave the flag out")
	}
	*g.text = s
	return nil
}
