package maintenance

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"fieldcam/agent/message"
	"fieldcam/config/invalid"
)

// Class says what a window means for those who use the cloud.
type Class = message.WindowClass

// The classes.
const (
	Routine     = message.Routine     // shown, changes nothing
	Maintenance = message.Maintenance // quiet: announced
	HotFix      = message.HotFix      // quiet: at short notice
)

const (
	// minDuration and maxDuration bound a window.
	minDuration = time.Minute
	maxDuration = message.MaxWindowSeconds * time.Second
	// minSpread and maxSpread bound the spread.
	minSpread = time.Second
	maxSpread = message.MaxSpreadSeconds * time.Second
	// maxWindows bounds the windows of the configuration.
	maxWindows = message.MaxNoticeWindows
	// maxChain is how long windows of the configuration may be quiet without a
	// pause: longer, and nobody would hear of a controller that has died.
	maxChain = 7 * 24 * time.Hour
)

// Config is the windows that are known beforehand, and whose word is good for
// others.
type Config struct {
	// Spread is over how long a fleet returns after a window, and after any long
	// outage: 10,000 controllers in 10 min are 17 a second. Default 10m.
	Spread time.Duration `toml:"spread"`
	// NoticeKey is the Ed25519 public key, as base64, by which notices must be
	// signed. Empty: notices are ignored.
	NoticeKey string `toml:"notice_key"`
	// Windows lists the windows; none by default.
	Windows []Window `toml:"window"`
}

// Window is one window, or a series of them.
type Window struct {
	// Name is for people. Required.
	Name string `toml:"name"`
	// Class is "routine", "maintenance" or "hot-fix". Default "maintenance".
	Class Class `toml:"class"`
	// Start is the first one's begin by the clock of TimeZone: "2026-12-06 19:00:00",
	// the seconds at will. With a Rule it is the time of day, and the day before
	// which none begins. Required.
	Start string `toml:"start"`
	// Rule is an RRULE of RFC 5545 without that word: days, weeks, months and years
	// with what belongs to them, no hours. Empty: once, at Start.
	Rule string `toml:"rule"`
	// TimeZone is an IANA time zone. Default, and empty: UTC.
	TimeZone string `toml:"time_zone"`
	// Duration is from 1m to 24h. Required.
	Duration time.Duration `toml:"duration"`
}

// Default knows no windows.
func Default() Config { return Config{Spread: 10 * time.Minute} }

// NewWindow is a window before its keys are read.
func NewWindow() Window { return Window{Class: Maintenance, TimeZone: "UTC"} }

// Validate reports every value that cannot be used, as invalid.Values. It opens no
// file but the time zones'.
func (c Config) Validate() error {
	var l invalid.List
	if c.Spread < minSpread || c.Spread > maxSpread {
		l.Add("spread", c.Spread, "a duration from 1s to 6h")
	}
	if _, err := c.key(); err != nil {
		l.Add("notice_key", c.NoticeKey, err.Error())
	}
	if n := len(c.Windows); n > maxWindows {
		l.Add("window", n, fmt.Sprintf("at most %d windows", maxWindows))
		return l.Err()
	}
	for i, w := range c.Windows {
		_, err := w.compile(c.Spread, "")
		l.Under(fmt.Sprintf("window[%d]", i), err)
	}
	if l.Err() != nil {
		return l.Err()
	}
	if begin, ends := c.longest(); ends.Sub(begin) > maxChain {
		l.Add("window", "", fmt.Sprintf("windows with a pause longer than spread at least every 7 days: from %s on these have none",
			begin.UTC().Format(time.DateTime+" UTC")))
	}
	return l.Err()
}

// key is the notices' key; nil where there is none.
func (c Config) key() (ed25519.PublicKey, error) {
	if c.NoticeKey == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(c.NoticeKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("an Ed25519 public key: %d bytes as base64", ed25519.PublicKeySize)
	}
	return key, nil
}

// series is a window that is ready to be counted.
type series struct {
	name     string
	class    Class
	zone     *time.Location
	rule     rule
	duration time.Duration
	spread   time.Duration
	notice   string // the notice's ID; empty: of the configuration
}

// compile checks w; what is wrong comes as invalid.Values.
func (w Window) compile(spread time.Duration, notice string) (series, error) {
	var l invalid.List
	s := series{name: w.Name, class: w.Class, duration: w.Duration, spread: spread, notice: notice}
	if strings.TrimSpace(w.Name) == "" || len(w.Name) > message.MaxName {
		l.Add("name", w.Name, fmt.Sprintf("a name of 1 to %d bytes", message.MaxName))
	}
	if w.Class.Rank() == 0 {
		l.Add("class", string(w.Class), `"routine", "maintenance" or "hot-fix"`)
	}
	if w.Duration < minDuration || w.Duration > maxDuration {
		l.Add("duration", w.Duration, "a duration from 1m to 24h")
	}
	var err error
	if s.zone, err = loadZone(w.TimeZone); err != nil {
		l.Add("time_zone", w.TimeZone, `an IANA time zone, such as "America/Denver"`)
		s.zone = time.UTC // so that the rule is checked all the same
	}
	start, err := parseLocal(w.Start)
	if err == nil && (start.Year() < firstYear || start.Year() > lastYear) {
		err = errors.New("out of bounds")
	}
	if err != nil {
		l.Add("start", w.Start, fmt.Sprintf(`a date and time from %d to %d, such as "2026-12-06 19:00:00"`, firstYear, lastYear))
		return s, l.Err()
	}
	if len(w.Rule) > message.MaxRule {
		l.Add("rule", fmt.Sprintf("%.20s…", w.Rule), fmt.Sprintf("at most %d bytes", message.MaxRule))
	} else if s.rule, err = parseRule(w.Rule, start, s.zone); err != nil {
		l.Add("rule", w.Rule, err.Error())
	}
	return s, l.Err()
}

// longest is the longest time without a pause that the windows make in the year
// after the last of them has begun; zero for none. c is valid but for that.
func (c Config) longest() (begin, ends time.Time) {
	var from time.Time
	all := make([]series, 0, len(c.Windows))
	for _, w := range c.Windows {
		s, err := w.compile(c.Spread, "")
		if err != nil {
			return time.Time{}, time.Time{}
		}
		all = append(all, s)
		if first := instant(s.rule.start, s.zone); first.After(from) {
			from = first
		}
	}
	occurrences := between(all, from, from.Add(horizon))
	for _, s := range merge(quiet(occurrences)) {
		if s.ends.Sub(s.begin) > ends.Sub(begin) {
			begin, ends = s.begin, s.ends
		}
	}
	return begin, ends
}
