package tus

import (
	"encoding/base64"
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
	return metadata(
		pair{"id", string(m.ID)},
		pair{"device", device},
		pair{"slot", m.Slot.UTC().Format(time.RFC3339Nano)},
		pair{"taken", m.Taken.UTC().Format(time.RFC3339Nano)},
		pair{"sha256", m.SHA256},
		pair{"session", m.Session},
		pair{"trigger", string(m.Trigger)},
		pair{"format", m.Format},
		pair{"clock", clock},
		pair{"filename", string(m.ID) + "." + m.Format},
	)
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
