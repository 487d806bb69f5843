package message

import (
	"errors"
	"fmt"
	"regexp"
)

// Severity says how bad a condition is.
type Severity string

// The severities.
const (
	// Critical: has stopped or soon will stop capturing, saving or uploading.
	Critical Severity = "critical"
	// Warning: still capturing, but somebody should look.
	Warning Severity = "warning"
	// Info: worth knowing; nothing to do.
	Info Severity = "info"
)

// Rank orders severities: Info 1, Warning 2, Critical 3; 0 for any other value.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 3
	case Warning:
		return 2
	case Info:
		return 1
	}
	return 0
}

// Condition is an event: a condition was raised, got another severity, or was
// cleared. Events that were due while the device was offline come later, in
// order, with the time at which they happened.
type Condition struct {
	V int `json:"v"` // set by Marshal
	// N counts the events, over restarts where the device could keep them. One
	// that is sent again keeps its number and time.
	N uint64 `json:"n"`
	// At is the device's wall time of the event.
	At Unix `json:"t"`
	// Unsynced tells that nobody vouched for the device's clock then: At may be
	// wrong by any time.
	Unsynced bool `json:"unsynced,omitempty"`
	// Repeats counts the later events of the same condition that were joined into
	// this one, since too many waited.
	Repeats int64 `json:"repeats,omitempty"`
	// Raised is false where the condition was cleared.
	Raised bool `json:"raised"`
	Active
}

// Active is one condition: which, how bad, and since when.
type Active struct {
	// Name is the condition's name (package agent/health lists them): a lower
	// case letter, then up to 39 of a to z, 0 to 9 and '-'.
	Name     string   `json:"name"`
	Severity Severity `json:"severity"`
	// Text is for people; up to MaxText bytes.
	Text string `json:"text,omitempty"`
	// Since is when the condition was raised first.
	Since Unix `json:"since"`
	// Last is when it was seen last; 0 where that is not told.
	Last Unix `json:"last,omitempty"`
}

// conditionForm keeps a condition's name safe as an HTML class and a file name.
var conditionForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (a Active) check() error {
	if !conditionForm.MatchString(a.Name) {
		return fmt.Errorf("name %.60q: want the form card-full", a.Name)
	}
	if a.Severity.Rank() == 0 {
		return fmt.Errorf("severity: %.20q: want critical, warning or info", string(a.Severity))
	}
	return errors.Join(checkText("text", a.Text, MaxText), a.Since.check("since"), a.Last.check("last"))
}

// fit is a with its text and times within bounds.
func (a Active) fit() Active {
	a.Text = clean(a.Text, MaxText)
	a.Since = min(max(a.Since, 0), maxUnix)
	a.Last = min(max(a.Last, 0), maxUnix)
	return a
}

// Marshal is c on the wire. A text that is too long is cut; a name or severity
// that ParseCondition would refuse is an error.
func (c Condition) Marshal() ([]byte, error) {
	c.V = Version
	c.At = min(max(c.At, 0), maxUnix)
	c.Repeats = clampCount(c.Repeats)
	c.Active = c.Active.fit()
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("marshal condition: %w", err)
	}
	return encode(c), nil
}

// ParseCondition reads a Condition from the wire.
func ParseCondition(payload []byte) (Condition, error) {
	var c Condition
	err := decode(payload, MaxSmall, &c)
	if err == nil {
		err = errors.Join(c.At.check("t"), checkCount("repeats", c.Repeats), c.check())
	}
	if err != nil {
		return Condition{}, fmt.Errorf("parse condition: %w", err)
	}
	return c, nil
}
