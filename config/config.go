// Package config is the one file that tells a controller what to do: it
// composes the Configs of the other packages, reads them from TOML, and writes
// them back with comments.
//
// Promises:
//   - A file that says only `device = "x"` is enough: DefaultFor its model gives the
//     rest.
//   - A file that cannot be used is refused whole, with everything that is wrong
//     with it at once: line, column, what was expected, and for an unknown key
//     the nearest known one. No input makes it panic, and none costs more than
//     MaxBytes of reading.
//   - A secret (a field tagged `secret:"true"`) appears in no error text and in
//     nothing that Show writes; Warnings tells of a file that shows it to all.
//   - The comments of DefaultFile and Show come from one table (notes.go), which
//     a test holds against the struct.
//
// Out of scope: what the values mean (their packages), editing a file in place,
// and watching it for changes.
package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fieldcam/agent/climate"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/identity"
	"fieldcam/agent/link"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
	"fieldcam/agent/modem"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/panel"
	"fieldcam/agent/power"
	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
	"fieldcam/hal/model"
	"fieldcam/queue"
	"fieldcam/queue/second"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// Config is the whole file. The order of its fields is the order in which it is
// written.
type Config struct {
	// Device is the controller's name in photos, topics and the cloud. Required;
	// see photo.CheckDevice.
	Device string `toml:"device"`
	// Model is the controller's model: one of Models. Default "tempo". It chooses the
	// defaults of other keys; see DefaultFor.
	Model string `toml:"model"`
	// TimeZone is the site's IANA time zone, in which Sessions are meant.
	// Default "UTC".
	TimeZone string `toml:"time_zone"`

	// Site is where the camera stands, for sunrise and sunset.
	Site schedule.Site `toml:"site"`
	Log  Log           `toml:"log"`
	// HAL is how the board differs from its model.
	HAL     model.Config   `toml:"hal"`
	Camera  Camera         `toml:"camera"`
	Capture capture.Config `toml:"capture"`
	// Checks are of each picture, on its way from the camera to the card.
	Checks picture.Config `toml:"checks"`
	// Sessions is the weekly schedule. A file with a [[session]] replaces the
	// model's default schedule (schedule.DefaultFor) as a whole.
	Sessions []schedule.Session `toml:"session"`
	// Events, Shots and Pauses are what else the schedule is made of; none by
	// default.
	Events      []schedule.Event   `toml:"event"`
	Shots       []schedule.Shot    `toml:"shot"`
	Pauses      []schedule.Pause   `toml:"pause"`
	Queue       queue.Config       `toml:"queue"`
	Copy        second.Config      `toml:"copy"`
	Retry       session.Config     `toml:"retry"`
	Upload      upload.Config      `toml:"upload"`
	Identity    identity.Config    `toml:"identity"`
	MQTT        mqtt.Config        `toml:"mqtt"`
	Heartbeat   heartbeat.Config   `toml:"heartbeat"`
	Maintenance maintenance.Config `toml:"maintenance"`
	Link        link.Config        `toml:"link"`
	Power       power.Config       `toml:"power"`
	Climate     climate.Config     `toml:"climate"`
	Modem       modem.Config       `toml:"modem"`
	Panel       panel.Config       `toml:"panel"`
}

// Log is what the daemon says.
type Log struct {
	// Level is the least severity that is logged: "debug", "info", "warn" or
	// "error". Default "info".
	Level string `toml:"level"`
}

// MaxSessions bounds the weekly schedule: each search for the next slot looks at
// all of them, and their names are compared pairwise. People write ten.
const MaxSessions = 1000

// Models lists the controllers' models, as the file names them.
func Models() []string {
	var names []string
	for _, m := range model.Models() {
		names = append(names, m.Name)
	}
	return names
}

// logLevels lists the values of Log.Level.
func logLevels() []string { return []string{"debug", "info", "warn", "error"} }

// Plan is all that the schedule is made of.
func (c Config) Plan() schedule.Plan {
	return schedule.Plan{Site: c.Site, Sessions: c.Sessions, Events: c.Events, Shots: c.Shots, Pauses: c.Pauses}
}

// Schedule is the plan in the site's time zone.
func (c Config) Schedule() (*schedule.Schedule, error) {
	zone, err := loadZone(c.TimeZone)
	if err != nil {
		return nil, err
	}
	return schedule.New(zone, c.Plan())
}

// loadZone is time.LoadLocation without the names that mean whatever this
// machine is set to.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("load time zone %q: not an IANA name", name)
	}
	return time.LoadLocation(name)
}

// Validate reports every value that cannot be used, as invalid.Values with keys
// as in the file. It opens no file but the time zone's.
func (c Config) Validate() error {
	var l invalid.List
	if photo.CheckDevice(c.Device) != nil || c.Device == message.Fleet {
		l.Add("device", c.Device, "this controller's name, not \"all\": 1 to 63 letters, digits, '-' or '_', the first a letter or digit")
	}
	oneOf(&l, "model", c.Model, Models())
	if _, err := loadZone(c.TimeZone); err != nil {
		l.Add("time_zone", c.TimeZone, `an IANA time zone, such as "Europe/Berlin"`)
	}
	oneOf(&l, "log.level", c.Log.Level, logLevels())
	l.Under("camera", c.Camera.validate())
	c.checkViews(&l)
	l.Under("capture", c.Capture.Validate())
	l.Under("checks", c.Checks.Validate())
	switch n := len(c.Sessions); {
	case n == 0:
		l.Add("session", "", "at least one session (leave session out for the default week)")
	case n > MaxSessions:
		l.Add("session", n, fmt.Sprintf("at most %d sessions", MaxSessions))
	default:
		l.Under("", c.Plan().Validate())
	}
	l.Under("queue", c.Queue.Validate())
	l.Under("copy", c.Copy.Validate())
	l.Under("retry", c.Retry.Validate())
	l.Under("upload", c.Upload.Validate())
	l.Under("identity", c.Identity.Validate())
	l.Under("mqtt", c.MQTT.Validate())
	l.Under("heartbeat", c.Heartbeat.Validate())
	l.Under("maintenance", c.Maintenance.Validate())
	l.Under("link", c.Link.Validate())
	l.Under("power", c.Power.Validate())
	l.Under("climate", c.Climate.Validate())
	l.Under("modem", c.Modem.Validate())
	l.Under("panel", c.Panel.Validate())
	if l.Err() == nil && c.Camera.Kind == KindShutter {
		l.Under("camera.shutter.limits", c.checkLowPower())
	}
	return l.Err()
}

// lowPowerEvents is how many events are checked against the camera's limits: each is
// gone through shot by shot.
const lowPowerEvents = 3

// checkLowPower holds the schedule, which is valid, against the camera's limits: a
// week at midsummer, when sessions by the sun are longest in the north, one at
// midwinter, and the beginnings of the first events.
func (c Config) checkLowPower() error {
	s, err := c.Schedule()
	if err != nil {
		return err
	}
	weeks := []time.Time{time.Date(2026, 6, 15, 0, 0, 0, 0, s.Zone()), time.Date(2026, 12, 14, 0, 0, 0, 0, s.Zone())}
	for i, e := range s.Events() {
		if i < lowPowerEvents {
			weeks = append(weeks, e.From)
		}
	}
	for _, from := range weeks {
		if err := c.Camera.Shutter.Check(s, from); err != nil {
			return err
		}
	}
	return nil
}

// oneOf records got where it is not one of want.
func oneOf(l *invalid.List, key, got string, want []string) {
	if !slices.Contains(want, got) {
		l.Add(key, got, choice(want))
	}
}

// choice is the values of want, as one may stand in the file, for a person.
func choice(want []string) string {
	quoted := make([]string, len(want))
	for i, w := range want {
		quoted[i] = tomlString(w)
	}
	n := len(quoted) - 1
	if n <= 0 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:n], ", ") + " or " + quoted[n]
}
