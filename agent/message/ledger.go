package message

import (
	"errors"
	"fmt"
	"time"
)

const (
	// MaxProof bounds Ledger.Proof in bytes, before base64. What devices send has at
	// most 60 (queue/ledger, MaxProof): with that, the name of a usual session and
	// usual counts a day takes 200 bytes on the wire. The rest is for versions to
	// come.
	MaxProof = 100
	// MaxSession bounds Ledger.Session in bytes: all 40 characters that a session's
	// name may have, of 4 bytes each. One that was cut could be that of another
	// session, whose account it would replace.
	MaxSession = 160
)

// Ledger proves what became of the photos that were due on one UTC day in one
// capture session. A later one of the same day and session replaces it: photos
// are uploaded days after.
type Ledger struct {
	V int `json:"v"` // set by Marshal
	// At is the device's wall time when it reckoned.
	At Unix `json:"t"`
	// Day is the UTC day, "2026-11-21", of the slots.
	Day string `json:"d"`
	// Session is the capture session's name.
	Session string `json:"s,omitempty"`
	// Proof is slot by slot what was due, taken, failed and skipped, and why; see
	// queue/ledger, ReadProof.
	Proof []byte `json:"p"`
	// Photos counts the files that were taken: more than the slots where a shot
	// has several. Of them, Uploaded are confirmed by the cloud, Deleted are
	// Uploaded and no longer on the card, Waiting are to be uploaded.
	Photos   int64 `json:"n,omitempty"`
	Uploaded int64 `json:"u,omitempty"`
	Deleted  int64 `json:"x,omitempty"`
	Waiting  int64 `json:"w,omitempty"`
	// Kept aren't meant to be uploaded. Lost, Dropped and Thinned will not come:
	// lost on the card, deleted by a person, deleted by the policy for a full card.
	Kept    int64 `json:"k,omitempty"`
	Lost    int64 `json:"l,omitempty"`
	Dropped int64 `json:"dr,omitempty"`
	Thinned int64 `json:"th,omitempty"`
	// Bad is how many of Photos are bad pictures: black, blown out, not whole … (package
	// capture/photo, Verdict). Versions before 2026-11 did not count them.
	Bad int64 `json:"b,omitempty"`
}

// Date is the day's midnight in UTC; zero where Day is none.
func (l Ledger) Date() time.Time {
	t, err := time.Parse(time.DateOnly, l.Day)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (l Ledger) counts() map[string]int64 {
	return map[string]int64{"n": l.Photos, "u": l.Uploaded, "x": l.Deleted, "w": l.Waiting,
		"k": l.Kept, "l": l.Lost, "dr": l.Dropped, "th": l.Thinned, "b": l.Bad}
}

func (l Ledger) check() error {
	errs := []error{l.At.check("t"), checkText("s", l.Session, MaxSession)}
	if day := l.Date(); day.IsZero() || day.Format(time.DateOnly) != l.Day {
		errs = append(errs, fmt.Errorf("d: %.20q: want a day as 2026-11-21", l.Day))
	}
	if n := len(l.Proof); n == 0 || n > MaxProof {
		errs = append(errs, fmt.Errorf("p: %d bytes: want 1 to %d", n, MaxProof))
	}
	for field, n := range l.counts() {
		errs = append(errs, checkCount(field, n))
	}
	return errors.Join(errs...)
}

// Marshal is l on the wire. A session's name that is too long is cut; what
// ParseLedger would refuse is an error.
func (l Ledger) Marshal() ([]byte, error) {
	l.V = Version
	l.At = min(max(l.At, 0), maxUnix)
	l.Session = clean(l.Session, MaxSession)
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("marshal ledger: %w", err)
	}
	return encode(l), nil
}

// ParseLedger reads a Ledger from the wire.
func ParseLedger(payload []byte) (Ledger, error) {
	var l Ledger
	err := decode(payload, MaxSmall, &l)
	if err == nil {
		err = l.check()
	}
	if err != nil {
		return Ledger{}, fmt.Errorf("parse ledger: %w", err)
	}
	return l, nil
}
