// Package message is what a controller and its cloud say to each other over
// MQTT: topics and payloads, as JSON with a version.
//
// Promises:
//   - What Marshal returns, the Parse function of the same kind accepts.
//   - A Parse function accepts nothing larger than the kind's limit, no string
//     or count beyond the bounds stated here, no control characters, and no
//     payload without a version. It never panics, whatever the bytes.
//   - A payload of a newer version is read as far as this version knows its
//     fields; the rest is ignored. A field never changes its meaning.
//
// The numbers n count up by kind, from each start of the daemon: a message can
// arrive twice or late, and n with t says so.
//
// The hub, a Go module of its own, imports this package: it stays free of
// third-party code. Out of scope: sending and receiving (agent/mqtt), and when
// (agent/heartbeat).
package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Version is the v of what this package marshals.
const Version = 1

// Payloads above these bounds are refused unread. They leave a newer version
// room to add fields.
const (
	// MaxSmall bounds a Heartbeat, a Condition and a Link, in bytes.
	MaxSmall = 1 << 10
	// MaxStatus bounds a Status, in bytes: MaxConditions long ones fit.
	MaxStatus = 32 << 10
)

// Bounds inside a payload.
const (
	// MaxName bounds names, models, versions and boot IDs, in bytes.
	MaxName = 64
	// MaxText bounds a text for people, in bytes.
	MaxText = 200
	// MaxConditions bounds a Status's list of conditions.
	MaxConditions = 32
	// MaxCount bounds counts of photos, events and bytes: the largest integer
	// that every JSON reader keeps exactly (RFC 8259, section 6).
	MaxCount = 1<<53 - 1
)

// ErrVersion is what the Parse functions return for a payload without a version.
var ErrVersion = errors.New("no version")

// Unix is an instant in whole seconds since 1970 in UTC; 0 means that there is
// none, or that it is not known.
type Unix int64

// maxUnix is the last second of the year 9999: later ones have no RFC 3339 form.
const maxUnix Unix = 253402300799

// At is t as a Unix. The zero time, and times before 1970 or after 9999, which
// only a broken clock shows, become the nearest instant that can be said.
func At(t time.Time) Unix {
	if t.IsZero() {
		return 0
	}
	return min(max(Unix(t.Unix()), 0), maxUnix)
}

// Time is u in UTC; the zero time where u is 0.
func (u Unix) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

func (u Unix) check(field string) error {
	if u < 0 || u > maxUnix {
		return fmt.Errorf("%s: %d is no time", field, int64(u))
	}
	return nil
}

// decode reads payload into a message, after its size and version.
func decode(payload []byte, limit int, into any) error {
	if len(payload) > limit {
		return fmt.Errorf("%d bytes: want at most %d", len(payload), limit)
	}
	var head struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(payload, &head); err != nil {
		return err
	}
	if head.V < 1 {
		return ErrVersion
	}
	return json.Unmarshal(payload, into)
}

// encode writes a message as compact JSON. It escapes no HTML: a '<' of one byte
// would become six.
func encode(m any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		// The types of this package hold nothing that JSON cannot say.
		panic("encode message: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// clean makes of s a text that checkText accepts: control characters become
// spaces, and what is beyond limit bytes is cut off, between characters.
func clean(s string, limit int) string {
	b := make([]byte, 0, min(len(s), limit))
	for _, r := range s { // a wrong byte is ranged over as U+FFFD
		if !printable(r) {
			r = ' '
		}
		if len(b)+utf8.RuneLen(r) > limit {
			break
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

// printable keeps out of texts what could move a terminal's cursor or turn the
// text around it: control characters, and the formatting ones (Cf), among them
// the bidirectional overrides.
func printable(r rune) bool { return !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) }

// checkText tells whether s from the wire is a text of at most limit bytes.
func checkText(field, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%s: %d bytes: want at most %d", field, len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s: not UTF-8", field)
	}
	for _, r := range s {
		if !printable(r) {
			return fmt.Errorf("%s: character %U", field, r)
		}
	}
	return nil
}

// checkCount tells whether n from the wire is a count.
func checkCount(field string, n int64) error {
	if n < 0 || n > MaxCount {
		return fmt.Errorf("%s: %d: want 0 to 2^53-1", field, n)
	}
	return nil
}

// clampCount makes of n a count that checkCount accepts.
func clampCount(n int64) int64 { return min(max(n, 0), MaxCount) }
