package photo

import (
	"encoding/json"
	"strings"
)

// Verdict is what the checks of a picture found wrong with it, or odd: a set. Zero:
// nothing, or it was not checked.
//
// On the wire and in files it is a list of words, and words that a version does not
// know are left out.
type Verdict uint16

// The findings. Their order is that of their weight: of two pictures the one with
// the heavier finding is the worse.
const (
	// ClockOff: the camera's own clock is far from ours. No fault of the picture.
	ClockOff Verdict = 1 << iota
	// Dark: it is black, at night or where nobody knows whether it is night. No
	// fault of the picture.
	Dark
	// Small: the file is far smaller than the last ones of this camera.
	Small
	// Unchanged: it shows what the picture before showed, to the last bit: the camera
	// gave an old one.
	Unchanged
	// BlownOut: nearly all of it is white.
	BlownOut
	// Black: nearly all of it is black, by day.
	Black
	// Damaged: the file is whole, its data make no picture, or only a part of one.
	Damaged
	// Truncated: the file ends before the picture does.
	Truncated
	// Broken: the file is not what it is called, or says nothing of a picture.
	Broken
)

// noFault holds the findings that are no fault of the picture, and unusable those
// that leave no whole picture.
const (
	noFault  = ClockOff | Dark
	unusable = Damaged | Truncated | Broken
)

// verdictWords are the findings' words, from the lowest bit on. They never change.
func verdictWords() []string {
	return []string{"clock-off", "dark", "small", "unchanged", "blown-out", "black", "damaged", "truncated", "broken"}
}

// Bad tells whether the picture is a bad one.
func (v Verdict) Bad() bool { return v&^noFault != 0 }

// Unusable tells whether it is not even a whole picture.
func (v Verdict) Unusable() bool { return v&unusable != 0 }

// Has tells whether v holds one of the findings.
func (v Verdict) Has(any Verdict) bool { return v&any != 0 }

// Worse tells whether a picture with v is worse than one with the other.
func (v Verdict) Worse(other Verdict) bool { return v&^noFault > other&^noFault }

// Words are the findings, the heaviest first; nil for none.
func (v Verdict) Words() (words []string) {
	all := verdictWords()
	for i := len(all) - 1; i >= 0; i-- {
		if v&(1<<i) != 0 {
			words = append(words, all[i])
		}
	}
	return words
}

// String is the words, with commas; empty for none.
func (v Verdict) String() string { return strings.Join(v.Words(), ",") }

// ParseVerdict reads String's form. Words that it does not know are left out.
func ParseVerdict(s string) (v Verdict) {
	for s != "" {
		var word string
		word, s, _ = strings.Cut(s, ",")
		for i, known := range verdictWords() {
			if word == known {
				v |= 1 << i
			}
		}
	}
	return v
}

// MarshalJSON writes the list of words.
func (v Verdict) MarshalJSON() ([]byte, error) {
	words := v.Words()
	if words == nil {
		words = []string{}
	}
	return json.Marshal(words)
}

// UnmarshalJSON reads a list of words. It takes whatever a newer version may write:
// what is no list of words is none, for a photo must not be lost for what is said of
// it.
func (v *Verdict) UnmarshalJSON(b []byte) error {
	*v = 0
	var words []string
	if json.Unmarshal(b, &words) == nil {
		*v = ParseVerdict(strings.Join(words, ","))
	}
	return nil
}
