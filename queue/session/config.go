package session

import (
	"time"

	"fieldcam/config/invalid"
)

// Config is how upload sessions retry, and what goes first on a bad link.
type Config struct {
	// RetryMin and RetryMax bound the full-jitter exponential backoff after a
	// session that the cloud's silence ended. After ten minutes of silence there is
	// one try in each period of Options.Spread, or of RetryMax where that is longer.
	// Defaults 2s and 5m.
	RetryMin time.Duration `toml:"retry_min"`
	RetryMax time.Duration `toml:"retry_max"`
	// PhotoRetryMin and PhotoRetryMax bound the delay of one photo that failed
	// for a reason of its own; it goes behind its peers. Defaults 1m and 15m.
	PhotoRetryMin time.Duration `toml:"photo_retry_min"`
	PhotoRetryMax time.Duration `toml:"photo_retry_max"`
	// ThumbnailBelowKbps is the goodput, in kilobits (10^3 bits) a second, below
	// which the thumbnails of the newest photos go first. Default 256; 0 sends none.
	ThumbnailBelowKbps int `toml:"thumbnail_below_kbps"`
}

// Default is what a controller uses unless told otherwise.
func Default() Config {
	return Config{
		RetryMin: 2 * time.Second, RetryMax: 5 * time.Minute,
		PhotoRetryMin: time.Minute, PhotoRetryMax: 15 * time.Minute,
		ThumbnailBelowKbps: 256,
	}
}

// maxThumbnailBelow is a gigabit a second: above it every link is a bad one.
const maxThumbnailBelow = 1_000_000

// longestRetry bounds every retry: longer would look like giving up.
const longestRetry = 24 * time.Hour

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	pair := func(low, high string, a, b time.Duration) {
		if a < 100*time.Millisecond || a > longestRetry {
			l.Add(low, a, "a duration from 100ms to 24h")
		}
		if b < a || b > longestRetry {
			l.Add(high, b, "a duration from "+low+" to 24h")
		}
	}
	pair("retry_min", "retry_max", c.RetryMin, c.RetryMax)
	pair("photo_retry_min", "photo_retry_max", c.PhotoRetryMin, c.PhotoRetryMax)
	if c.ThumbnailBelowKbps < 0 || c.ThumbnailBelowKbps > maxThumbnailBelow {
		l.Add("thumbnail_below_kbps", c.ThumbnailBelowKbps, "0 (never) to 1000000")
	}
	return l.Err()
}
