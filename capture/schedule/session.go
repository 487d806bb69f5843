package schedule

import (
	"time"
	"unicode"

	"fieldcam/config/invalid"
)

// Kind is what a session does at its slots.
type Kind uint8

// The kinds, and their names in the configuration.
const (
	Capture Kind = iota + 1 // "capture": take a photo
	Upload                  // "upload": start an upload session
	CheckIn                 // "check-in": send the status
)

// TimeOfDay is a local wall time, as the duration since midnight on a clock
// face: 06:00 is 6h on every day of the year. From 0 to 24h, whole seconds.
type TimeOfDay time.Duration

// Days is a set of weekdays: bit n is time.Weekday(n).
type Days uint8

// EveryDay holds all seven.
const EveryDay Days = 1<<7 - 1

// Session is a capture, upload or check-in that runs during a time block at a
// set frequency. The zero Session is not valid; begin with NewSession.
type Session struct {
	// Name is how people tell sessions apart; 1 to 40 characters, unique.
	Name string `toml:"name"`
	Kind Kind   `toml:"kind"`
	// Days are those on which the block begins: "mon-fri", "sat,sun", "daily".
	Days Days `toml:"days"`
	// From and Until are the block's ends, both inclusive, in the site's local
	// time or by the sun. Until before From crosses midnight into the next day;
	// equal ends make a block of one instant. Until can be 24:00, the next day's
	// midnight; From cannot. The package comment says which day's sun is meant.
	From  Moment `toml:"from"`
	Until Moment `toml:"until"`
	// Every is the interval between slots, from 5s to 24h. The first slot is at
	// From.
	Every time.Duration `toml:"every"`
	// Photos, of an upload session: how many of the newest photos to send at
	// each slot; 0 is as many as possible, until the block ends or the queue is
	// empty. 0 for the other kinds.
	Photos int `toml:"photos"`
	// Megabytes (10^6 bytes) and Minutes, of an upload session, are limits of what
	// is sent at each slot, beside Photos; 0 is none. 0 for the other kinds. Package
	// session says how they count.
	Megabytes int `toml:"megabytes"`
	Minutes   int `toml:"minutes"`
	// Order, of an upload session, is NewestFirst or OldestFirst; empty is
	// NewestFirst.
	Order string `toml:"order"`
	// LookBack, of an upload session: only photos that were taken so long before
	// its slot at the most are sent; 0 is all. End of Day Uploading has it.
	LookBack time.Duration `toml:"look_back"`
	// FirstDay and LastDay, of an upload session: only photos of these days at the
	// site are sent, "2026-06-30", both included; empty is open.
	FirstDay string `toml:"first_day"`
	LastDay  string `toml:"last_day"`
}

// The bounds of a session's values.
const (
	maxName      = 40 // characters: fits a status line of 80 columns beside times
	maxPhotos    = 1_000_000
	maxMegabytes = 1_000_000       // more than the largest card holds
	maxMinutes   = 24 * 60         // a block is hardly longer
	minEvery     = 5 * time.Second // the fastest a shutter cable is fired
	maxEvery     = 24 * time.Hour
)

// NewSession is what a session is before anything is said of it: every day,
// 00:00 to 23:59:59, every 15 minutes, as many photos as possible. Name and
// Kind have no default and must be given.
//
// It is the base on which package config decodes each session, so that an
// absent key and a zero value ("from" 00:00, "until" 00:00) are told apart.
func NewSession() Session {
	return Session{
		Days:  EveryDay,
		Until: At(Midnight - TimeOfDay(time.Second)),
		Every: 15 * time.Minute,
	}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (s Session) Validate() error {
	var l invalid.List
	checkText(&l, "name", s.Name)
	if s.Kind < Capture || s.Kind > CheckIn {
		l.Add("kind", got(s.Kind != 0, s.Kind), kindWant)
	}
	if s.Days == 0 || s.Days > EveryDay {
		l.Add("days", got(s.Days != 0, s.Days), daysWant)
	}
	if !s.From.valid() || s.From == At(Midnight) {
		l.Add("from", s.From, `a time of day from "00:00" to "23:59:59", or as "sunrise", "sunset-30m" or "sunrise+1h15m"`)
	}
	if !s.Until.valid() {
		l.Add("until", s.Until, momentWant)
	}
	if s.Every < minEvery || s.Every > maxEvery {
		l.Add("every", s.Every, "a duration from 5s to 24h")
	}
	s.checkLimit(&l, "photos", s.Photos, maxPhotos, "0 (as many as possible) to 1000000")
	s.checkLimit(&l, "megabytes", s.Megabytes, maxMegabytes, "0 (no limit) to 1000000")
	s.checkLimit(&l, "minutes", s.Minutes, maxMinutes, "0 (no limit) to 1440")
	s.checkChoice(&l)
	return l.Err()
}

// checkLimit reports a limit of an upload that can't be used.
func (s Session) checkLimit(l *invalid.List, key string, limit, most int, want string) {
	switch {
	case limit < 0 || limit > most:
		l.Add(key, limit, want)
	case limit > 0 && s.Kind != Upload:
		l.Add(key, limit, "0, or an upload session")
	}
}

// printable tells whether a name can stand in a table or a log line.
func printable(name string) bool {
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// got is the value as it is reported: nothing where it was not given.
func got(given bool, v any) any {
	if !given {
		return ""
	}
	return v
}
