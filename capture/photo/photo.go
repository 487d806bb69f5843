// Package photo is the vocabulary that capture, the queue, the uploads and the
// hub share: what a photo is called and what is known of it.
package photo

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ID names one photo for ever: in the spool, in the index, in the cloud. No two
// photos of a device share one, not even after its database is lost.
//
// Its form is the UTC second of exposure, the queue's sequence number, and six
// random hexadecimal digits: "20261121T070316Z-000042-9f3ac1". IDs are safe as
// file names and in URLs.
type ID string

// idTime is the layout of an ID's first part.
const idTime = "20060102T150405Z"

// The parts of an ID, in bytes.
const (
	idSequence = len(idTime) + 1 // where the sequence number begins
	idRandom   = 6               // the random digits at the end
	minIDBytes = idSequence + 6 + 1 + idRandom
	maxIDBytes = idSequence + 20 + 1 + idRandom
)

// hasForm tells whether s looks like what NewID makes. A start asks it of each
// file in the spool, and a regular expression takes ten times as long.
func hasForm(s string) bool {
	if len(s) < minIDBytes || len(s) > maxIDBytes {
		return false
	}
	end := len(s) - idRandom - 1
	if s[8] != 'T' || s[idSequence-2] != 'Z' || s[idSequence-1] != '-' || s[end] != '-' {
		return false
	}
	return digits(s[:8]) && digits(s[9:idSequence-2]) && digits(s[idSequence:end]) &&
		strings.Trim(s[end+1:], "0123456789abcdef") == ""
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// NewID makes the ID of the photo with sequence number seq, exposed at t.
func NewID(t time.Time, seq uint64) ID {
	var b [3]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return MakeID(t, seq, b)
}

// MakeID makes an ID whose random part is known.
func MakeID(t time.Time, seq uint64, random [3]byte) ID {
	return ID(fmt.Sprintf("%s-%06d-%s", t.UTC().Format(idTime), seq, hex.EncodeToString(random[:])))
}

// ParseID checks that s, which may come from the wire or a file name, has the
// form of an ID.
func ParseID(s string) (ID, error) {
	if !hasForm(s) {
		return "", fmt.Errorf("photo ID %.60q: want the form 20060102T150405Z-000042-9f3ac1", s)
	}
	if _, err := time.Parse(idTime, s[:len(idTime)]); err != nil {
		return "", fmt.Errorf("photo ID %q: no such time", s)
	}
	return ID(s), nil
}

// Time is the UTC second in the ID; zero where id has not an ID's form.
func (id ID) Time() time.Time {
	if len(id) < len(idTime) {
		return time.Time{}
	}
	t, err := time.Parse(idTime, string(id[:len(idTime)]))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Seq is the sequence number in the ID; zero where id has not an ID's form.
func (id ID) Seq() uint64 {
	if !hasForm(string(id)) {
		return 0
	}
	n, err := strconv.ParseUint(string(id[len(idTime)+1:len(id)-7]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// deviceForm keeps a device name safe as a path element, an MQTT topic level
// and a host name.
var deviceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

// ErrDevice is what CheckDevice returns.
var ErrDevice = errors.New("want 1 to 63 letters, digits, '-' or '_', the first a letter or digit")

// CheckDevice tells whether name can be a device's name: nil or ErrDevice.
func CheckDevice(name string) error {
	if !deviceForm.MatchString(name) {
		return ErrDevice
	}
	return nil
}

// Trigger says why a photo was taken.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "schedule" // a slot of the schedule came due
	Manual    Trigger = "manual"   // a person asked
)

// Shot is what is known before the shutter fires.
type Shot struct {
	// Slot is the instant at which the photo was due, in UTC.
	Slot time.Time
	// Session is the name of the capture session that the slot belongs to;
	// empty for Manual.
	Session string
	Trigger Trigger
	// Taken is the wall time, in UTC, at which the camera was asked: before power
	// on, warm-up and the search for its rate, so the exposure can be seconds
	// later.
	Taken time.Time
	// ClockSynced is hal.Clock.Synced at that moment.
	ClockSynced bool
	// Format is what the camera is to deliver, as a file name extension. It is a
	// hint: Exposure.Format is what came. Empty means "jpg".
	Format string
	// Of is the first photo of the same shot, where a camera delivers several
	// files of one (RAW beside JPEG); empty where this is the first.
	Of ID
	// Site is where the camera stands; zero where that is not known.
	Site Place
}

// Place is a point on the ground, in degrees north and east. Zero is an unknown one:
// at 0° N, 0° E there is nothing but water.
type Place struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
}

// Exposure is what the camera says of the picture it delivered.
type Exposure struct {
	// Camera is the model or version that the camera reports.
	Camera string `json:"camera,omitempty"`
	// Format is the file name extension: "jpg".
	Format string `json:"format"`
	// Attempts is how many tries the picture took, at least 1.
	Attempts int `json:"attempts,omitempty"`
	Look
}

// Look is what the picture's own bytes tell of it (package capture/picture). All of
// it is zero where nobody looked.
type Look struct {
	// Width and Height are the picture's, in pixels, as it is stored; 0: not known.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Exposed is when the picture was taken by the camera's own clock, in UTC; zero
	// where it does not say.
	Exposed time.Time `json:"exposed,omitzero"`
	// Serial is the camera's number, as it says.
	Serial string `json:"serial,omitempty"`
	// Brightness is the mean luminance, 1 to 255; 0: not known.
	Brightness int `json:"brightness,omitempty"`
	// Unseen says in a word why the brightness is not known, where it was wanted:
	// "too-large", "unsupported", "raw".
	Unseen string `json:"unseen,omitempty"`
	// Verdict is what is wrong with it.
	Verdict Verdict `json:"checks,omitempty"`
}

// Meta is what is known of a whole photo. It travels with the file (as an
// extended attribute or a sidecar) and to the cloud, so that either can be
// rebuilt from the other.
type Meta struct {
	ID          ID        `json:"id"`
	Device      string    `json:"device"`
	Slot        time.Time `json:"slot"`
	Session     string    `json:"session,omitempty"`
	Trigger     Trigger   `json:"trigger"`
	Taken       time.Time `json:"taken"`
	ClockSynced bool      `json:"clock_synced"`
	Size        int64     `json:"size"`   // bytes
	SHA256      string    `json:"sha256"` // lower-case hexadecimal
	// Shot is the first photo of the same shot; empty where this is the first.
	Shot ID `json:"shot,omitempty"`
	// Site is where the camera stands; zero where that is not known. It is here only:
	// the picture's own EXIF stays as the camera wrote it.
	Site Place `json:"site,omitzero"`
	Exposure
}

// Other is the Shot of another file of the exposure whose first file is the photo m.
func (m Meta) Other() Shot {
	return Shot{Slot: m.Slot, Session: m.Session, Trigger: m.Trigger, Taken: m.Taken, ClockSynced: m.ClockSynced, Of: m.ID, Site: m.Site}
}

// Seq is the photo's place in the order of capture.
func (m Meta) Seq() uint64 { return m.ID.Seq() }

// Cause says in one word why a due slot has no photo.
type Cause string

// The causes.
const (
	NotRunning  Cause = "not-running"   // the daemon was off: power, restart
	ClockStep   Cause = "clock-step"    // the clock jumped over the slot
	Busy        Cause = "camera-busy"   // the camera was still at an earlier slot
	CameraFault Cause = "camera-fault"  // every attempt failed
	CardFull    Cause = "card-full"     // no room for the picture
	StoreFault  Cause = "storage-fault" // the card failed in another way
	// NotFetched: the shutter has fired, and the picture has not come from the
	// camera yet, or never will. A photo that comes takes its place.
	NotFetched Cause = "not-fetched"
	Paused     Cause = "paused"    // a person had paused the schedule
	PowerLow   Cause = "power-low" // the battery was nearly empty: the power ladder's last rung
)

// Gap tells whether nothing was seen to fail: the time passed without the
// service, the clock jumped over it, or nothing was wanted. Whatever was seen
// weighs more.
func (c Cause) Gap() bool { return c == NotRunning || c == ClockStep || c.Meant() }

// Meant tells whether no photo was wanted: nobody need be told of a fault.
func (c Cause) Meant() bool { return c == Paused || c == PowerLow }

// Passes tells whether a photo of the slot leaves nothing of the cause to tell:
// that of a gap, or of a picture that came later.
func (c Cause) Passes() bool { return c.Gap() || c == NotFetched }

// Miss accounts for slots without a photo.
//
// They are From, From+Every and so on to To: Slots of them, all of Session and in
// one UTC day. A single one has From equal To and Every 0.
//
// With From before To and Every 0 it is a span: all slots between that nothing
// else is known of, too many to list, or not known any more. It can be of years
// and of several sessions (Session is empty then), photos can lie in it, and
// Slots is how many were missed as far as they were counted.
type Miss struct {
	From    time.Time     `json:"from"` // the first slot, UTC
	To      time.Time     `json:"to"`   // the last slot; From for a single one
	Every   time.Duration `json:"every,omitempty"`
	Session string        `json:"session,omitempty"` // the capture session's name
	Slots   int           `json:"slots"`             // how many slots, at least 1
	Cause   Cause         `json:"cause"`
	// Detail is the error's text, for a person.
	Detail string `json:"detail,omitempty"`
}
