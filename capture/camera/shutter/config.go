package shutter

import (
	"path/filepath"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/config/invalid"
)

// Config says how to fire the camera and where its card is.
type Config struct {
	// Line is the full-press line, as hal.Line.Name names it. Required.
	Line string `toml:"line"`
	// HalfLine is the half-press line. Empty: there is none, which few cameras
	// accept.
	HalfLine string `toml:"half_line"`
	// ActiveLow lines, both of them, are electrically low while they press.
	ActiveLow bool `toml:"active_low"`
	// Maker chooses the timing: one of Makers. Default "generic".
	Maker string `toml:"maker"`
	// The maker's times can be overridden; 0, the default, is the maker's. See
	// Timing.
	WakeAfter time.Duration `toml:"wake_after"`
	Wake      time.Duration `toml:"wake"`
	WakePause time.Duration `toml:"wake_pause"`
	Half      time.Duration `toml:"half"`
	Press     time.Duration `toml:"press"`
	Gap       time.Duration `toml:"gap"`
	// Bulb is how long the full press is held for an exposure of a camera that is set
	// to bulb (B), from the moment that Confirm tells, if it does. 0, the default: the
	// camera times its exposure itself.
	Bulb time.Duration `toml:"bulb"`
	// BulbEndPress presses halfway after a bulb exposure, which some bodies want before
	// they end it. Default false.
	BulbEndPress bool `toml:"bulb_end_press"`
	// Confirm is the contact that tells of exposures. Default none.
	Confirm Confirm `toml:"confirm"`
	// Fetch is how pictures come from the camera: FetchCard, the default, or
	// FetchGPhoto.
	Fetch string `toml:"fetch"`
	// Path is where the camera's card is mounted: the directory that has DCIM.
	// Required for FetchCard.
	Path string `toml:"path"`
	// Files is which kinds are fetched: "jpeg", "raw" or "both", the default.
	Files string `toml:"files"`
	// DeleteFetched deletes files from the card once the queue has them. Default
	// false: a person empties the card.
	DeleteFetched bool `toml:"delete_fetched"`
	// Limits are what the camera can do, against which the schedule is checked.
	Limits Limits `toml:"limits"`
}

// The ways in which pictures come from the camera.
const (
	FetchCard   = "card"   // from its card, which the system mounts at Config.Path
	FetchGPhoto = "gphoto" // by Options.Fetcher, which is package gphoto's
)

const (
	// maxTime bounds each of the times: a shot is over well before the next one.
	maxTime = 5 * time.Second
	maxBulb = 30 * time.Minute
	// bulbRest is what a shot takes besides its exposure, and bulbRestYield where it may
	// have to wait for a transfer to end.
	bulbRest      = 2 * time.Second
	bulbRestYield = yieldAfter + yieldWithin + bulbRest
)

// Default is a camera without its lines and its card's path.
func Default() Config {
	return Config{Maker: Generic, Files: photo.KindBoth, Fetch: FetchCard, Confirm: Confirm{Within: defaultWithin}, Limits: DefaultLimits()}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.Line == "" {
		l.Add("line", "", `the line of the full press, such as "GPIO17"`)
	}
	if c.HalfLine != "" && c.HalfLine == c.Line {
		l.Add("half_line", c.HalfLine, "another line than line, or nothing")
	}
	m, ok := maker(c.Maker)
	if !ok {
		var names []string
		for _, m := range Makers() {
			names = append(names, m.Name)
		}
		l.Add("maker", c.Maker, "one of "+strings.Join(names, ", "))
	}
	if m.NoHalf && c.HalfLine != "" {
		l.Add("half_line", c.HalfLine, "nothing: the "+m.Name+" socket has one line")
	}
	for _, t := range []struct {
		key   string
		value time.Duration
		most  time.Duration
	}{
		{"wake_after", c.WakeAfter, time.Hour}, {"wake", c.Wake, maxTime}, {"wake_pause", c.WakePause, maxTime},
		{"half", c.Half, maxTime}, {"press", c.Press, maxTime}, {"gap", c.Gap, maxTime},
	} {
		if t.value < 0 || t.value > t.most {
			l.Add(t.key, t.value, "0 (the maker's) or a duration up to "+strings.TrimSuffix(t.most.String(), "m0s"))
		}
	}
	if c.Bulb < 0 || c.Bulb > maxBulb {
		l.Add("bulb", c.Bulb, "0s (none) or a duration up to 30m")
	}
	l.Under("confirm", c.Confirm.Validate())
	if c.Confirm.Line != "" && (c.Confirm.Line == c.Line || c.Confirm.Line == c.HalfLine) {
		l.Add("confirm.line", c.Confirm.Line, "another line than line and half_line, or nothing")
	}
	if c.Fetch != FetchCard && c.Fetch != FetchGPhoto {
		l.Add("fetch", c.Fetch, `"card" or "gphoto"`)
	}
	if c.Fetch != FetchGPhoto && !filepath.IsAbs(c.Path) {
		l.Add("path", c.Path, `the directory on which the camera's card is mounted, such as "/media/camera"`)
	}
	switch c.Files {
	case photo.KindJPEG, photo.KindRAW, photo.KindBoth:
	default:
		l.Add("files", c.Files, `"both", "jpeg" or "raw"`)
	}
	l.Under("limits", c.Limits.Validate())
	rest := bulbRest
	if c.Fetch == FetchGPhoto {
		rest = bulbRestYield
	}
	if c.Bulb > 0 && c.Limits.Shortest < c.Bulb+rest {
		l.Add("limits.shortest", c.Limits.Shortest, "at least "+text(rest)+" more than bulb")
	}
	return l.Err()
}

// timing is the maker's, with what the configuration says better.
func (c Config) timing() Timing {
	m, _ := maker(c.Maker)
	t := m.Timing
	for _, o := range []struct {
		own  time.Duration
		into *time.Duration
	}{
		{c.WakeAfter, &t.WakeAfter}, {c.Wake, &t.Wake}, {c.WakePause, &t.WakePause}, {c.Half, &t.Half}, {c.Press, &t.Press}, {c.Gap, &t.Gap},
	} {
		if o.own > 0 {
			*o.into = o.own
		}
	}
	return t
}

// exposes is how long a shot presses for its exposure.
func (c Config) exposes() time.Duration {
	t := c.timing()
	d := t.Half + max(t.Press, c.Bulb)
	if c.Bulb > 0 && c.BulbEndPress {
		d += endPause + endPress
	}
	return d
}
