package receiver

import (
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

// maxSession bounds a session's name, in bytes: what a controller's configuration
// accepts (capture/schedule, Session.Name: 40 characters) must not be refused
// after the photo was taken.
const maxSession = 40 * utf8.UTFMax

var (
	hashForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	triggerForm = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)
)

// errDevice says that a device sent a photo in the name of another.
var errDevice = errors.New("the photo's device is not the one that signed in")

// parseMeta makes what the device says of a photo of size bytes into a
// photo.Meta, whose every part is safe in a path. Keys that it does not know are
// ignored: a newer device may send more.
func parseMeta(device string, said map[string]string, size int64) (photo.Meta, error) {
	if err := photo.CheckDevice(said["device"]); err != nil {
		return photo.Meta{}, fmt.Errorf("device %.80q: %w", said["device"], err)
	}
	if said["device"] != device {
		return photo.Meta{}, errDevice
	}
	id, err := photo.ParseID(said["id"])
	if err != nil {
		return photo.Meta{}, err
	}
	if size < 1 {
		return photo.Meta{}, errors.New("a photo of no bytes")
	}
	m := photo.Meta{
		ID: id, Device: device, Session: said["session"], Trigger: photo.Trigger(said["trigger"]),
		Size: size, SHA256: said["sha256"], ClockSynced: said["clock"] == "synced",
		Exposure: photo.Exposure{Format: said["format"], Camera: shortText(said["camera"]), Look: parseLook(said)},
		Site:     parsePlace(said),
	}
	if m.Slot, err = parseTime("slot", said["slot"]); err != nil {
		return photo.Meta{}, err
	}
	if m.Taken, err = parseTime("taken", said["taken"]); err != nil {
		return photo.Meta{}, err
	}
	if !hashForm.MatchString(m.SHA256) {
		return photo.Meta{}, fmt.Errorf("sha256 %.70q: want 64 hexadecimal digits", m.SHA256)
	}
	if !triggerForm.MatchString(string(m.Trigger)) {
		return photo.Meta{}, fmt.Errorf("trigger %.40q: want a word", m.Trigger)
	}
	if c := said["clock"]; c != "synced" && c != "unsynced" {
		return photo.Meta{}, fmt.Errorf("clock %.20q: want synced or unsynced", c)
	}
	if err := archive.CheckFormat(m.Format); err != nil {
		return photo.Meta{}, err
	}
	return m, checkSession(m.Session)
}

// parseTime reads an instant of the years that a folder of a day can have.
func parseTime(key, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || len(s) > len("2026-11-21T07:00:00.123456789+00:00") {
		return time.Time{}, fmt.Errorf("%s %.40q: want the form 2026-11-21T07:00:00Z", key, s)
	}
	t = t.UTC()
	if y := t.Year(); y < 1970 || y > 9999 {
		return time.Time{}, fmt.Errorf("%s %.40q: want a year from 1970 to 9999", key, s)
	}
	return t, nil
}

func checkSession(s string) error {
	if len(s) > maxSession || !utf8.ValidString(s) {
		return fmt.Errorf("session %.40q: want up to %d bytes of UTF-8", s, maxSession)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("session %.40q: character %U", s, r)
		}
	}
	return nil
}
