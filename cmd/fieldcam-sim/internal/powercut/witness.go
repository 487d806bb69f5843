package powercut

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"fieldcam/capture/photo"
)

// interval is that of the capture slots: the least that there is.
const interval = 5 * time.Second

// sighting is a photo that was seen when the disk's log was At bytes long.
type sighting struct {
	ID   photo.ID
	Slot time.Time // zero for a photo that a person asked for
	At   int64
}

// Seen is what this machine had seen of a run: the oracle.
type Seen struct {
	// Accepted are the photos that the daemon reported as taken, in order.
	Accepted []sighting
	// Filed are the photos that the hub reported as filed, by ID: the log's length.
	Filed map[photo.ID]int64
	// Pictures are the SHA-256 of what the camera took.
	Pictures map[string]bool
	// Hub is the SHA-256 of each photo in the hub at the end.
	Hub map[photo.ID]string
}

// witness gathers what is Seen while it happens.
type witness struct {
	log     string        // the disk's log of writes
	picture func() []byte // the camera's last; nil: none yet

	mu   sync.Mutex // guards seen and last
	seen Seen
	last []byte // the camera's picture that was noted last
}

func newWitness(log string, picture func() []byte) *witness {
	return &witness{log: log, picture: picture, seen: Seen{Filed: map[photo.ID]int64{}, Pictures: map[string]bool{}}}
}

// spoken is what the witness understands of a log line of the daemon or the hub.
type spoken struct {
	Message string    `json:"message"`
	Photo   photo.ID  `json:"photo"`
	Slot    time.Time `json:"slot"`
	Session string    `json:"session"`
}

// hear notes what a line of a log in JSON says; other lines mean nothing.
func (w *witness) hear(line string) {
	var s spoken
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &s) != nil {
		return
	}
	if _, err := photo.ParseID(string(s.Photo)); err != nil {
		return
	}
	// After the line has come: all that it rests on is in the log by now.
	info, err := os.Stat(w.log)
	if err != nil {
		return // the run's end says that the log is missing
	}
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s.Message {
	case "photo taken":
		seen := sighting{ID: s.Photo, At: info.Size()}
		if s.Session != "" {
			seen.Slot = s.Slot
		}
		w.seen.Accepted = append(w.seen.Accepted, seen)
	case "photo filed":
		if _, twice := w.seen.Filed[s.Photo]; !twice {
			w.seen.Filed[s.Photo] = info.Size()
		}
	}
}

// look notes the camera's last picture.
func (w *witness) look() {
	jpeg := w.picture()
	w.mu.Lock()
	defer w.mu.Unlock()
	if jpeg != nil && !bytes.Equal(jpeg, w.last) {
		w.last = jpeg
		w.seen.Pictures[sum(jpeg)] = true
	}
}

// count is how many photos were accepted and filed so far.
func (w *witness) count() (accepted, filed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen.Accepted), len(w.seen.Filed)
}

// result is all that was seen.
func (w *witness) result() Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.seen
	s.Accepted, s.Filed, s.Pictures = slices.Clone(s.Accepted), maps.Clone(s.Filed), maps.Clone(s.Pictures)
	return s
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
