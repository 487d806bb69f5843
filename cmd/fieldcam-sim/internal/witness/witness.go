// Package witness gathers what this machine sees of a controller that is put to the
// test: what its daemon reported, what the hub filed, and what the camera took. It
// is what a verdict is held against.
package witness

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"fieldcam/capture/photo"
)

// Sighting is a photo that was seen when the position was At.
type Sighting struct {
	ID   photo.ID
	Slot time.Time // zero for a photo that a person asked for
	At   int64
}

// Seen is what this machine has seen of a run.
type Seen struct {
	// Accepted are the photos that the daemon reported as taken, in order.
	Accepted []Sighting
	// Filed are the photos that the hub reported as filed, by ID: the position then.
	Filed map[photo.ID]int64
	// Pictures are the SHA-256 of what the camera took.
	Pictures map[string]bool
	// Hub is the SHA-256 of each photo in the hub at the end. The caller fills it in.
	Hub map[photo.ID]string
}

// Witness gathers what is Seen while it happens. Its methods may be called from
// any goroutine.
type Witness struct {
	position func() (int64, bool)
	picture  func() []byte

	mu   sync.Mutex // guards seen and last
	seen Seen
	last []byte // the camera's picture that was noted last
}

// New makes one. position is where a run is, such as the length of a log of disk
// writes; where it says false, nothing is noted. picture is the camera's last, nil
// for none yet.
func New(position func() (int64, bool), picture func() []byte) *Witness {
	return &Witness{position: position, picture: picture, seen: Seen{Filed: map[photo.ID]int64{}, Pictures: map[string]bool{}}}
}

// spoken is what the witness understands of a log line of the daemon or the hub.
type spoken struct {
	Message string    `json:"message"`
	Photo   photo.ID  `json:"photo"`
	Slot    time.Time `json:"slot"`
	Session string    `json:"session"`
}

// Hear notes what a line of a log in JSON says; other lines mean nothing.
func (w *Witness) Hear(line string) {
	var s spoken
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &s) != nil {
		return
	}
	if _, err := photo.ParseID(string(s.Photo)); err != nil {
		return
	}
	at, ok := w.position() // after the line has come: all that it rests on is before that
	if !ok {
		return
	}
	w.Look()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s.Message {
	case "photo taken":
		seen := Sighting{ID: s.Photo, At: at}
		if s.Session != "" {
			seen.Slot = s.Slot
		}
		w.seen.Accepted = append(w.seen.Accepted, seen)
	case "photo filed":
		if _, twice := w.seen.Filed[s.Photo]; !twice {
			w.seen.Filed[s.Photo] = at
		}
	}
}

// Look notes the camera's last picture.
func (w *Witness) Look() {
	jpeg := w.picture()
	w.mu.Lock()
	defer w.mu.Unlock()
	if jpeg != nil && !bytes.Equal(jpeg, w.last) {
		w.last = jpeg
		w.seen.Pictures[Sum(jpeg)] = true
	}
}

// Count is how many photos were accepted and filed so far.
func (w *Witness) Count() (accepted, filed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen.Accepted), len(w.seen.Filed)
}

// Unfiled are those photos that the hub has not reported.
func (w *Witness) Unfiled(ids []photo.ID) (rest []photo.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if _, ok := w.seen.Filed[id]; !ok {
			rest = append(rest, id)
		}
	}
	return rest
}

// Result is all that was seen.
func (w *Witness) Result() Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.seen
	s.Accepted, s.Filed, s.Pictures = slices.Clone(s.Accepted), maps.Clone(s.Filed), maps.Clone(s.Pictures)
	return s
}

// Sum is the SHA-256 of a picture, in hexadecimal.
func Sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
