package tus

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

// pair is one of an Upload-Metadata header.
type pair struct{ key, value string }

// photoMetadata is the Upload-Metadata header of a photo's creation.
func photoMetadata(device string, m photo.Meta) string {
	clock := "unsynced"
	if m.ClockSynced {
		clock = "synced"
	}
	pairs := []pair{
		{"id", string(m.ID)},
		{"device", device},
		{"slot", m.Slot.UTC().Format(time.RFC3339Nano)},
		{"taken", m.Taken.UTC().Format(time.RFC3339Nano)},
		{"sha256", m.SHA256},
		{"session", m.Session},
		{"trigger", string(m.Trigger)},
		{"format", m.Format},
		{"clock", clock},
		{"filename", string(m.ID) + "." + m.Format},
	}
	return metadata(append(pairs, lookMetadata(m)...)...)
}

// maxText bounds what a driver says of its camera, in bytes: a server may refuse a photo
// whose header is too long.
const maxText = 64

// lookMetadata is what else is known of a photo: what is not known is left out.
func lookMetadata(m photo.Meta) (pairs []pair) {
	say := func(key, value string) {
		if value = value[:min(len(value), maxText)]; value != "" {
			pairs = append(pairs, pair{key, value})
		}
	}
	say("checks", m.Verdict.String())
	if m.Width > 0 {
		say("width", strconv.Itoa(m.Width))
		say("height", strconv.Itoa(m.Height))
	}
	if m.Brightness > 0 {
		say("brightness", strconv.Itoa(m.Brightness))
	}
	if !m.Exposed.IsZero() {
		say("exposed", m.Exposed.UTC().Format(time.RFC3339Nano))
	}
	say("camera", m.Camera)
	say("serial", m.Serial)
	if m.Site != (photo.Place{}) {
		say("latitude", strconv.FormatFloat(m.Site.Latitude, 'f', -1, 64))
		say("longitude", strconv.FormatFloat(m.Site.Longitude, 'f', -1, 64))
	}
	return pairs
}

// roleThumbnail is the role of a thumbnail's upload. A photo's has none.
const roleThumbnail = "thumbnail"

// thumbnailMetadata is that of the creation of a thumbnail of m, which has that
// SHA-256. It has no "id": a server that knows nothing of thumbnails must not
// take it for the photo, and then refuse the photo.
func thumbnailMetadata(device string, m photo.Meta, sha256 string) string {
	return metadata(
		pair{"role", roleThumbnail},
		pair{"photo", string(m.ID)},
		pair{"device", device},
		pair{"slot", m.Slot.UTC().Format(time.RFC3339Nano)},
		pair{"taken", m.Taken.UTC().Format(time.RFC3339Nano)},
		pair{"sha256", sha256},
		pair{"format", "jpg"},
	)
}

// metadata is the header of pairs.
func metadata(pairs ...pair) string {
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p.key)
		if p.value != "" { // tus 1.0, Upload-Metadata: an empty value and its space may be left out
			b.WriteByte(' ')
			b.WriteString(base64.StdEncoding.EncodeToString([]byte(p.value)))
		}
	}
	return b.String()
}
