// Package control is the daemon's local side door: HTTP over a Unix socket in
// the state directory, through which `fieldcam status` and the other commands
// talk to a running daemon.
//
// The socket is for whoever may write to it (its owner and group): there is no
// other authentication, and it is never on a network. Requests are small and
// bounded, and so is what an answer holds in memory: lists come in pages, and a
// photo's bytes in pieces. A caller that goes away takes its request with it, at
// the next page, week, photo or piece; only a change to photos that has begun, and
// the check of the index (not of the photos), go to their ends.
//
// Where no daemon runs, the commands serve themselves the same answers from a
// queue that they opened; see Pipe.
package control

import (
	"path/filepath"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/photo"
)

// SocketName is the socket's file name in the state directory.
const SocketName = "control.sock"

// Path is where a daemon with that state directory listens.
func Path(stateDir string) string { return filepath.Join(stateDir, SocketName) }

// Status is what a technician wants to know first.
type Status struct {
	Device      string    `json:"device"`
	Model       string    `json:"model"`
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Now         time.Time `json:"now"` // the controller's wall time
	ClockSynced bool      `json:"clock_synced"`
	TimeZone    string    `json:"time_zone"` // the site's, IANA

	Capture Capture `json:"capture"`
	Queue   Queue   `json:"queue"`
	Upload  Upload  `json:"upload"`
	Broker  Broker  `json:"broker"`
	Second  *Second `json:"second_copy,omitempty"` // nil: none is configured
	Pause   *Pause  `json:"pause,omitempty"`       // nil: nobody has paused the schedule
	Window  *Window `json:"window,omitempty"`      // the maintenance window that holds; nil: none
	// Returns is this controller's own moment to return to the cloud from a window,
	// or from one that has just ended; nil: it is not away.
	Power   *Power   `json:"power,omitempty"`   // nil: nothing measures it
	Climate *Climate `json:"climate,omitempty"` // nil: nothing measures it
	// Restart is why the daemon started, as package agent/restart says it; empty: not
	// known.
	Restart    string      `json:"restart,omitempty"`
	Returns    *time.Time  `json:"returns,omitempty"`
	Modem      *Modem      `json:"modem,omitempty"`  // nil: none is configured
	Camera     *Camera     `json:"camera,omitempty"` // nil: it tells nothing of itself
	Conditions []Condition `json:"conditions"`       // the active ones, the worst first
}

// Modem is how the mobile modem fares. Empty texts: not known.
type Modem struct {
	Running      bool   `json:"running"`
	SIM          string `json:"sim,omitempty"`          // "ready", "locked", "missing" or "fault"
	Registration string `json:"registration,omitempty"` // "home", "roaming", "searching", "denied", "idle" or "unknown"
	DBm          int    `json:"dbm,omitempty"`          // the signal; 0: not known
	Operator     string `json:"operator,omitempty"`
	Technology   string `json:"technology,omitempty"` // "LTE"
	Restarts     int    `json:"restarts"`             // since the daemon's start
	Error        string `json:"error,omitempty"`      // why it can't be known
}

// Camera is what the camera tells of itself, where gphoto2 asks it. Empty texts: not known.
type Camera struct {
	Model  string `json:"model,omitempty"`
	Serial string `json:"serial,omitempty"`
	// BatteryPercent is the charge of its own battery; nil: it does not tell.
	BatteryPercent *int `json:"battery_percent,omitempty"`
	// AheadSeconds is by how much its clock was ahead of the controller's when it was asked.
	AheadSeconds float64 `json:"ahead_seconds"`
}

// Condition is something that is wrong now.
type Condition struct {
	Name     health.Name     `json:"name"`
	Severity health.Severity `json:"severity"`
	Text     string          `json:"text"`
	First    time.Time       `json:"first"` // when it was raised
	Last     time.Time       `json:"last"`  // when it was seen last
}

// Queue is the queue in numbers of photos, and the card.
type Queue struct {
	Waiting      int64 `json:"waiting"`
	WaitingBytes int64 `json:"waiting_bytes"`
	Held         int64 `json:"held,omitempty"` // a person said: not now
	Refused      int64 `json:"refused"`
	Kept         int64 `json:"kept,omitempty"` // of a kind that is not uploaded
	Confirmed    int64 `json:"confirmed"`      // in the cloud, and still on the card
	Lost         int64 `json:"lost"`
	// Oldest is when the photo was taken that waits longest.
	Oldest    *time.Time `json:"oldest,omitempty"`
	FreeBytes uint64     `json:"free_bytes"` // on the card; 0 where it can't be told
}

// Capture is the state of taking photos.
type Capture struct {
	LastPhoto *photo.Meta `json:"last_photo,omitempty"`
	LastMiss  *photo.Miss `json:"last_miss,omitempty"`
	// Failures counts the failed slots since the last photo.
	Failures int `json:"failures"`
	// Shooting is the slot in hand.
	Shooting *time.Time `json:"shooting,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
	// Bulk is how Low Power Mode fares; nil for a camera that isn't in it.
	Bulk *Bulk `json:"bulk,omitempty"`
}

// Bulk counts, since the start, the shots of a camera that keeps its pictures until
// they are fetched; see capture.Bulk.
type Bulk struct {
	Fired    int       `json:"fired"`
	Open     int       `json:"open"`
	Fetched  int       `json:"fetched"`
	Missing  int       `json:"missing"`
	Extra    int       `json:"extra"`
	Fetching bool      `json:"fetching"`
	Last     time.Time `json:"last,omitzero"`
	Error    string    `json:"error,omitempty"`
	// AheadSeconds is by how much the camera's clock is ahead of the controller's.
	AheadSeconds float64 `json:"ahead_seconds,omitempty"`
}

// Upload is the state of sending photos.
type Upload struct {
	Configured bool `json:"configured"`
	Running    bool `json:"running"`
	// CloudReached is false from a session that the cloud's silence ended until
	// the cloud answers again.
	CloudReached bool       `json:"cloud_reached"`
	Photo        photo.ID   `json:"photo,omitempty"` // the one being sent
	Sent         int        `json:"sent"`            // photos, this session or the last
	SentBytes    int64      `json:"sent_bytes"`
	LastError    string     `json:"last_error,omitempty"`
	Fetching     bool       `json:"fetching,omitempty"`    // it brings pictures from the camera first
	BudgetUsed   bool       `json:"budget_used,omitempty"` // photos wait: the month's data are used up
	Saving       bool       `json:"saving,omitempty"`      // the last session was cut short to save power
	Retry        *time.Time `json:"retry,omitempty"`       // when a broken-off session goes on
	Next         *time.Time `json:"next,omitempty"`        // the next session by schedule
}

// Broker is the state of the control link.
type Broker struct {
	Configured bool `json:"configured"`
	Connected  bool `json:"connected"`
}

// Second is the second copy of the photos on another disk.
type Second struct {
	Mounted bool   `json:"mounted"`
	Disk    string `json:"disk,omitempty"` // its own name, where one was seen
	// Error is why nothing is copied at present; empty where all is well.
	Error string `json:"error,omitempty"`
	// Waiting is how many photos wait, as far as was looked ahead: at least so
	// many where More.
	Waiting    int    `json:"waiting"`
	More       bool   `json:"more,omitempty"`
	Copied     int    `json:"copied"`  // photos, since the start
	Deleted    int    `json:"deleted"` // copies deleted for room, since the start
	Skipped    int    `json:"skipped"` // photos that the card could not give, since the start
	FreeBytes  uint64 `json:"free_bytes"`
	TotalBytes uint64 `json:"total_bytes"`
}
