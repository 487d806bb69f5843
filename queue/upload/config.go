// Package upload is what all destinations of photos share: where photos go, and
// how a failed upload is told apart. The destinations are the packages below it;
// uploadtest holds each of them to the same promises.
package upload

import (
	"net/url"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/config/invalid"
)

// Config is where photos go.
type Config struct {
	// URL is the tus 1.0 endpoint, "https://hub.example:8443/files/". Empty:
	// photos stay in the queue. Plain http is accepted for addresses of this
	// machine only (127.0.0.0/8, ::1, localhost).
	URL string `toml:"url"`
	// IdleTimeout ends an upload that makes no progress for so long, however
	// large the photo. Default 75s: longer than usual outages of a mobile link.
	IdleTimeout time.Duration `toml:"idle_timeout"`
}

// Default has no destination.
func Default() Config { return Config{IdleTimeout: 75 * time.Second} }

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		switch {
		case err != nil || u.Host == "" || u.User != nil:
			l.Add("url", c.URL, `"https://HOST[:PORT]/PATH", without user or password`)
		case u.Scheme == "https", u.Scheme == "http" && identity.IsThisMachine(u.Hostname()):
		default:
			l.Add("url", c.URL, "https (plain http only to this machine)")
		}
	}
	if c.IdleTimeout < time.Second || c.IdleTimeout > time.Hour {
		l.Add("idle_timeout", c.IdleTimeout, "a duration from 1s to 1h")
	}
	return l.Err()
}
