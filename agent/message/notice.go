package message

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"fieldcam/capture/photo"
)

// Fleet stands in a topic and in a Notice where a device's name would: all
// devices. No device may have this name.
const Fleet = "all"

// Bounds of a Notice.
const (
	// MaxNotice bounds a Notice on the wire, in bytes.
	MaxNotice = 16 << 10
	// MaxNoticeWindows bounds a Notice's list of windows.
	MaxNoticeWindows = 32
	// MaxRule bounds a recurrence rule, in bytes.
	MaxRule = 200
	// MaxWindowSeconds is the longest a window may last: a day.
	MaxWindowSeconds = 24 * 60 * 60
	// MaxSpreadSeconds is the longest spread of a fleet's return: six hours.
	MaxSpreadSeconds = 6 * 60 * 60
)

// minWindowSeconds is the shortest a window may last.
const minWindowSeconds = 60

// ErrForged is a Notice that carries no signature by the key.
var ErrForged = errors.New("not signed by the fleet's key")

// Notice is what the cloud announces: when it will be away. It is retained, and
// takes the place of the notice before it for the same address, as a whole: a
// window that is no longer in it is cancelled.
type Notice struct {
	V int `json:"v"` // set by Marshal and Sign
	// ID names the notice for people; up to MaxName bytes, not empty.
	ID string `json:"id"`
	// Device is whom it is for: a device's name, or Fleet.
	Device string `json:"device"`
	// N grows by at least one with each notice for that address; from 1.
	N int64 `json:"n"`
	// Issued is the cloud's time when it was made; later for each greater N.
	Issued Unix `json:"t"`
	// Windows lists the times; at most MaxNoticeWindows. None: all are cancelled.
	Windows []NoticeWindow `json:"windows"`
	// SpreadSeconds is over how long the fleet returns after each of them, up to
	// MaxSpreadSeconds; 0: as each device is configured.
	SpreadSeconds uint32 `json:"spread,omitempty"`
	// Signature is by Ed25519, over what Signed gives.
	Signature []byte `json:"sig,omitempty"`
}

// NoticeWindow is one window, or a series of them.
type NoticeWindow struct {
	// Name is for people; up to MaxName bytes, not empty.
	Name  string      `json:"name"`
	Class WindowClass `json:"class"`
	// Start is the first one's begin by the clock of Zone: "2026-12-06 19:00:00".
	Start string `json:"start"`
	// Rule is an RRULE of RFC 5545 without that word, up to MaxRule bytes; empty:
	// once, at Start.
	Rule string `json:"rule,omitempty"`
	// Zone is an IANA time zone; empty: UTC.
	Zone string `json:"zone,omitempty"`
	// DurationSeconds is from a minute to MaxWindowSeconds.
	DurationSeconds uint32 `json:"duration"`
}

// WindowClass says what a maintenance window means for those who use the cloud.
type WindowClass string

// The classes.
const (
	// Routine work takes nothing away: it is shown, and changes nothing.
	Routine WindowClass = "routine"
	// Maintenance was announced: whatever goes to the cloud may fail.
	Maintenance WindowClass = "maintenance"
	// HotFix is the same at short notice.
	HotFix WindowClass = "hot-fix"
)

// Rank orders classes: Routine 1, Maintenance 2, HotFix 3; 0 for any other value.
func (c WindowClass) Rank() int {
	switch c {
	case HotFix:
		return 3
	case Maintenance:
		return 2
	case Routine:
		return 1
	}
	return 0
}

// The forms of a local time, a rule and a zone. Which of them there are is found
// out by their reader.
var (
	startForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?$`)
	ruleForm  = regexp.MustCompile(`^[A-Z0-9=;,+-]*$`)
	zoneForm  = regexp.MustCompile(`^[A-Za-z0-9_+/-]*$`)
)

func (w NoticeWindow) check() error {
	if w.Name == "" {
		return errors.New("name: none")
	}
	if w.Class.Rank() == 0 {
		return fmt.Errorf("class: %.20q: want routine, maintenance or hot-fix", string(w.Class))
	}
	if !startForm.MatchString(w.Start) {
		return fmt.Errorf("start: %.40q: want the form 2026-12-06 19:00:00", w.Start)
	}
	if len(w.Rule) > MaxRule || !ruleForm.MatchString(w.Rule) {
		return fmt.Errorf("rule: %.40q: want up to %d characters of an RRULE", w.Rule, MaxRule)
	}
	if len(w.Zone) > MaxName || !zoneForm.MatchString(w.Zone) {
		return fmt.Errorf("zone: %.40q: want an IANA time zone", w.Zone)
	}
	if w.DurationSeconds < minWindowSeconds || w.DurationSeconds > MaxWindowSeconds {
		return fmt.Errorf("duration: %d: want %d to %d", w.DurationSeconds, minWindowSeconds, MaxWindowSeconds)
	}
	return checkText("name", w.Name, MaxName)
}

func (n Notice) check() error {
	if n.ID == "" {
		return errors.New("id: none")
	}
	if err := photo.CheckDevice(n.Device); err != nil {
		return fmt.Errorf("device: %w", err)
	}
	if n.N < 1 {
		return fmt.Errorf("n: %d: want 1 to 2^53-1", n.N)
	}
	if n.Issued < 1 {
		return errors.New("t: no time")
	}
	if n.SpreadSeconds > MaxSpreadSeconds {
		return fmt.Errorf("spread: %d: want at most %d", n.SpreadSeconds, MaxSpreadSeconds)
	}
	if len(n.Windows) > MaxNoticeWindows {
		return fmt.Errorf("windows: %d: want at most %d", len(n.Windows), MaxNoticeWindows)
	}
	for i, w := range n.Windows {
		if err := w.check(); err != nil {
			return fmt.Errorf("windows[%d]: %w", i, err)
		}
	}
	if len(n.Signature) > ed25519.SignatureSize {
		return fmt.Errorf("sig: %d bytes: want %d", len(n.Signature), ed25519.SignatureSize)
	}
	return errors.Join(checkText("id", n.ID, MaxName), checkCount("n", n.N), n.Issued.check("t"))
}

// Marshal is n on the wire with the signature that it has. What ParseNotice would
// refuse is an error: nothing is cut off what is going to be signed.
func (n Notice) Marshal() ([]byte, error) {
	n.V = Version
	if n.Windows == nil {
		n.Windows = []NoticeWindow{}
	}
	b := encode(n)
	if _, err := ParseNotice(b); err != nil {
		return nil, fmt.Errorf("marshal notice: %w", err)
	}
	return b, nil
}

// Sign is n on the wire, signed by key.
func (n Notice) Sign(key ed25519.PrivateKey) ([]byte, error) {
	n.Signature = nil
	b, err := n.Marshal()
	if err != nil {
		return nil, err
	}
	signed, err := Signed(b)
	if err != nil {
		return nil, err
	}
	n.Signature = ed25519.Sign(key, signed)
	return n.Marshal()
}

// ParseNotice reads a Notice from the wire and believes it: OpenNotice is for
// those who act upon it.
func ParseNotice(payload []byte) (Notice, error) {
	var n Notice
	err := decode(payload, MaxNotice, &n)
	if err == nil {
		err = n.check()
	}
	if err != nil {
		return Notice{}, fmt.Errorf("parse notice: %w", err)
	}
	return n, nil
}

// OpenNotice reads a Notice that the owner of key has signed. Where its signature
// is not by that key the error is ErrForged.
func OpenNotice(payload []byte, key ed25519.PublicKey) (Notice, error) {
	n, err := ParseNotice(payload)
	if err != nil {
		return Notice{}, err
	}
	signed, err := Signed(payload)
	if err != nil {
		return Notice{}, err
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, signed, n.Signature) {
		return Notice{}, fmt.Errorf("open notice: %w", ErrForged)
	}
	// What was signed is what is read: nothing beside it counts.
	again, err := ParseNotice(signed)
	if err != nil {
		return Notice{}, err
	}
	again.Signature = n.Signature
	return again, nil
}

// Signed is the part of a notice's payload that its signature covers: the same
// object without "sig", its own keys in the order of their bytes, and no white
// space. Fields that this version does not know are part of it.
func Signed(payload []byte) ([]byte, error) {
	if len(payload) > MaxNotice {
		return nil, fmt.Errorf("read notice: %d bytes: want at most %d", len(payload), MaxNotice)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil, fmt.Errorf("read notice: %w", err)
	}
	delete(fields, "sig")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(fields); err != nil {
		return nil, fmt.Errorf("read notice: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
