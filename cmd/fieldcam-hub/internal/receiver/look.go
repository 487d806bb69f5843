package receiver

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"fieldcam/capture/photo"
)

// maxText bounds what a camera says of itself, in bytes.
const maxText = 64

// parseLook reads what the device saw in the picture. All of it is for people: what
// makes no sense is left out, for a photo must not be refused for what is said of it.
func parseLook(said map[string]string) photo.Look {
	number := func(key string, most int) int {
		n, err := strconv.Atoi(said[key])
		if err != nil || n < 0 || n > most {
			return 0
		}
		return n
	}
	const side, bright = 1 << 20, 255
	l := photo.Look{
		Width: number("width", side), Height: number("height", side), Brightness: number("brightness", bright),
		Serial: shortText(said["serial"]), Verdict: photo.ParseVerdict(said["checks"]),
	}
	if at, err := time.Parse(time.RFC3339Nano, said["exposed"]); err == nil {
		if at = at.UTC(); at.Year() > 0 && at.Year() <= 9999 { // JSON has no others
			l.Exposed = at
		}
	}
	return l
}

// parsePlace is where the camera stands.
func parsePlace(said map[string]string) photo.Place {
	degrees := func(key string, most float64) (float64, bool) {
		v, err := strconv.ParseFloat(said[key], 64)
		return v, err == nil && v >= -most && v <= most
	}
	latitude, north := degrees("latitude", 90)
	longitude, east := degrees("longitude", 180)
	if !north || !east {
		return photo.Place{}
	}
	return photo.Place{Latitude: latitude, Longitude: longitude}
}

// shortText is s without what a page or a terminal may stumble over, and cut.
func shortText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s[:min(len(s), maxText)])
	return strings.TrimSpace(s)
}
