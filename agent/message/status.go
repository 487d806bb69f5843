package message

import (
	"errors"
	"fmt"
	"slices"

	"fieldcam/capture/photo"
)

// Status is what the device knows of itself. The broker keeps the latest. One
// that was due while the device was offline comes later, not retained, with the
// time at which it was made, before the latest.
type Status struct {
	V int `json:"v"` // set by Marshal
	// N counts the status messages since the daemon's start.
	N uint64 `json:"n"`
	// At is the device's wall time.
	At Unix `json:"t"`
	// Late tells that this one comes later than it was due. It is cut to
	// MaxLate: the conditions may be fewer than there were.
	Late bool `json:"late,omitempty"`
	// Device is the device's name, the same as in the topic.
	Device string `json:"device"`
	// Model is the controller's model: "Tempo".
	Model string `json:"model,omitempty"`
	// Version is the software's.
	Version string `json:"version,omitempty"`
	// Boot names this start of the machine: the kernel's boot ID.
	Boot string `json:"boot,omitempty"`
	// ClockSynced tells whether the device believes its wall time.
	ClockSynced bool  `json:"clock_synced"`
	Queue       Queue `json:"queue"`
	// LastPhoto is the newest photo taken; empty where there is none yet.
	LastPhoto photo.ID `json:"last_photo,omitempty"`
	// NextSlot is the next instant of a capture session; 0 where none is near.
	NextSlot Unix    `json:"next_slot,omitempty"`
	Session  Session `json:"session"`
	// Power and Climate are what is measured; nil where nothing is.
	Power   *Power   `json:"power,omitempty"`
	Climate *Climate `json:"climate,omitempty"`
	// Restart is why the daemon started, as a word of package agent/restart; empty
	// where that is not known.
	Restart string `json:"restart,omitempty"`
	// Modem is how the mobile modem fares; nil where nothing is known of one.
	Modem *Modem `json:"modem,omitempty"`
	// Camera is what the camera tells of itself; nil where it tells nothing.
	Camera *Camera `json:"camera,omitempty"`
	// Conditions lists what is wrong now; at most MaxConditions.
	Conditions []Active `json:"conditions"`
	// EventsDropped counts the Condition events since the daemon's start that
	// had to make room for others before they could be sent.
	EventsDropped int64 `json:"events_dropped,omitempty"`
}

// Queue is what waits for the cloud.
type Queue struct {
	Waiting      int64 `json:"waiting"`          // photos
	WaitingBytes int64 `json:"waiting_bytes"`    // their bytes
	Refused      int64 `json:"refused"`          // photos that the cloud refused, set aside
	Oldest       Unix  `json:"oldest,omitempty"` // slot of the oldest waiting photo; 0: none waits
}

// Session is what the uploads are doing.
type Session struct {
	// State is a word for people: "idle", "uploading", "waiting".
	State string `json:"state,omitempty"`
	// Name is the upload session's; empty for none, or one that a person began.
	Name string `json:"name,omitempty"`
	// Since is when this state began.
	Since Unix `json:"since,omitempty"`
	// Photos counts those that the cloud confirmed in this session.
	Photos int64 `json:"photos,omitempty"`
	// Error is the text of the last failure, until the next success.
	Error string `json:"error,omitempty"`
}

func (s Status) check() error {
	if err := photo.CheckDevice(s.Device); err != nil {
		return fmt.Errorf("device: %w", err)
	}
	if s.LastPhoto != "" {
		if _, err := photo.ParseID(string(s.LastPhoto)); err != nil {
			return fmt.Errorf("last_photo: %w", err)
		}
	}
	if len(s.Conditions) > MaxConditions {
		return fmt.Errorf("conditions: %d: want at most %d", len(s.Conditions), MaxConditions)
	}
	for i, c := range s.Conditions {
		if err := c.check(); err != nil {
			return fmt.Errorf("conditions[%d]: %w", i, err)
		}
	}
	return errors.Join(
		s.At.check("t"),
		checkText("model", s.Model, MaxName),
		checkText("version", s.Version, MaxName),
		checkText("boot", s.Boot, MaxName),
		checkCount("queue.waiting", s.Queue.Waiting),
		checkCount("queue.waiting_bytes", s.Queue.WaitingBytes),
		checkCount("queue.refused", s.Queue.Refused),
		s.Queue.Oldest.check("queue.oldest"),
		s.NextSlot.check("next_slot"),
		s.Modem.check(),
		s.Camera.check(),
		checkText("session.state", s.Session.State, MaxName),
		checkText("session.name", s.Session.Name, MaxName),
		s.Session.Since.check("session.since"),
		checkCount("session.photos", s.Session.Photos),
		checkText("session.error", s.Session.Error, MaxText),
		checkCount("events_dropped", s.EventsDropped),
		s.Power.check(), s.Climate.check(),
		checkText("restart", s.Restart, MaxName),
	)
}

// fit is s with everything that may be cut or clamped within bounds.
func (s Status) fit() Status {
	s.At = min(max(s.At, 0), maxUnix)
	s.Model = clean(s.Model, MaxName)
	s.Version = clean(s.Version, MaxName)
	s.Boot = clean(s.Boot, MaxName)
	s.Queue.Waiting = clampCount(s.Queue.Waiting)
	s.Queue.WaitingBytes = clampCount(s.Queue.WaitingBytes)
	s.Queue.Refused = clampCount(s.Queue.Refused)
	s.Queue.Oldest = min(max(s.Queue.Oldest, 0), maxUnix)
	s.NextSlot = min(max(s.NextSlot, 0), maxUnix)
	s.Session.State = clean(s.Session.State, MaxName)
	s.Session.Name = clean(s.Session.Name, MaxName)
	s.Session.Since = min(max(s.Session.Since, 0), maxUnix)
	s.Session.Photos = clampCount(s.Session.Photos)
	s.Session.Error = clean(s.Session.Error, MaxText)
	s.EventsDropped = clampCount(s.EventsDropped)
	s.Power, s.Climate = s.Power.fit(), s.Climate.fit()
	s.Restart = clean(s.Restart, MaxName)
	s.Modem, s.Camera = s.Modem.fit(), s.Camera.fit()
	fitted := make([]Active, 0, min(len(s.Conditions), MaxConditions))
	for _, c := range s.Conditions[:cap(fitted)] {
		fitted = append(fitted, c.fit())
	}
	s.Conditions = fitted
	return s
}

// Marshal is s on the wire. Texts that are too long are cut, and conditions
// after the first MaxConditions left out: list the worst first. A device name,
// photo ID, condition name or severity that ParseStatus would refuse is an error.
func (s Status) Marshal() ([]byte, error) {
	s.V = Version
	s = s.fit()
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("marshal status: %w", err)
	}
	return encode(s), nil
}

// ParseStatus reads a Status from the wire.
func ParseStatus(payload []byte) (Status, error) {
	var s Status
	err := decode(payload, MaxStatus, &s)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Status{}, fmt.Errorf("parse status: %w", err)
	}
	return s, nil
}

// MaxLate bounds what MarshalLate makes, in bytes.
const MaxLate = MaxSmall

// MarshalLate is s on the wire as one that comes later than it was due: marked,
// and in MaxLate bytes. For that what explains is left out first, then the conditions
// that come last.
func (s Status) MarshalLate() ([]byte, error) {
	s.Late = true
	payload, err := s.Marshal()
	if err != nil || len(payload) <= MaxLate {
		return payload, err
	}
	s.Boot, s.Session.Name, s.Session.Error, s.Restart = "", "", "", ""
	s.Power, s.Climate, s.Modem, s.Camera = nil, nil, nil, nil
	s.Conditions = slices.Clone(s.Conditions)
	for i := range s.Conditions {
		s.Conditions[i].Text = ""
	}
	for {
		payload, err := s.Marshal()
		if err != nil || len(payload) <= MaxLate || len(s.Conditions) == 0 {
			return payload, err
		}
		s.Conditions = s.Conditions[:len(s.Conditions)-1]
	}
}
