package picture

import (
	"time"

	"fieldcam/config/invalid"
)

// Config says what is looked at, and from where on it is a fault.
type Config struct {
	// Enabled: pictures are looked at. Default true.
	Enabled bool `toml:"enabled"`
	// DecodeMegapixels is the largest picture whose brightness is looked at, in
	// megapixels (10^6 pixels): a board at 1 GHz takes a second or two for 24 of them.
	// Default 50; 0: no picture's is, and so none is black, blown out or unchanged.
	DecodeMegapixels int `toml:"decode_megapixels"`
	// SmallPercent is how large a picture must be, in percent of the median of the last
	// ones, not to be called small. Default 20; 0: none is small.
	SmallPercent int `toml:"small_percent"`
	// BlackLevel and WhiteLevel are luminances, from 0 to 255: what is below the one is
	// black, what is above the other is white. Defaults 16 and 245.
	BlackLevel int `toml:"black_level"`
	WhiteLevel int `toml:"white_level"`
	// SharePercent is how much of a picture must be black, or white, for it to be called
	// so. Default 98.
	SharePercent int `toml:"share_percent"`
	// ClockOff is by how much the camera's clock may be off. Default 2m; 0: by anything.
	ClockOff time.Duration `toml:"clock_off"`
	// Retry: a bad picture is taken once more, where there is time for it before the next
	// slot, and the better one is kept. Default true.
	Retry bool `toml:"retry"`
	// AlarmAfter is how many bad pictures in a row raise the condition photo-bad.
	// Default 3; 0: it is never raised.
	AlarmAfter int `toml:"alarm_after"`
}

// Default is what a controller uses unless told otherwise.
func Default() Config {
	return Config{
		Enabled: true, DecodeMegapixels: 50, SmallPercent: 20, BlackLevel: 16, WhiteLevel: 245, SharePercent: 98,
		ClockOff: 2 * time.Minute, Retry: true, AlarmAfter: 3,
	}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	within := func(key string, n, low, high int, want string) {
		if n < low || n > high {
			l.Add(key, n, want)
		}
	}
	within("decode_megapixels", c.DecodeMegapixels, 0, 1000, "0 (none) to 1000")
	within("small_percent", c.SmallPercent, 0, 90, "0 (none) to 90")
	within("black_level", c.BlackLevel, 1, 100, "1 to 100")
	within("white_level", c.WhiteLevel, 155, 254, "155 to 254")
	within("share_percent", c.SharePercent, 50, 100, "50 to 100")
	if c.ClockOff < 0 || c.ClockOff > 24*time.Hour || c.ClockOff > 0 && c.ClockOff < 2*time.Second {
		l.Add("clock_off", c.ClockOff, "0s (any) or 2s to 24h")
	}
	within("alarm_after", c.AlarmAfter, 0, 1000, "0 (never) to 1000")
	return l.Err()
}
