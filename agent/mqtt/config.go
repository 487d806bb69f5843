package mqtt

import (
	"net/url"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/config/invalid"
)

// Config is how to reach the broker.
type Config struct {
	// URL is "tls://HOST:PORT". Empty: no control link. Plain "tcp" is accepted
	// for addresses of this machine only.
	URL string `toml:"url"`
	// KeepAlive is the ping interval on a silent connection. Default 10m:
	// longer than the heartbeats' interval, which already show that the link lives.
	KeepAlive time.Duration `toml:"keep_alive"`
	// ReconnectMin and ReconnectMax bound the full-jitter exponential backoff
	// between attempts to connect. Defaults 2s and 2m.
	ReconnectMin time.Duration `toml:"reconnect_min"`
	ReconnectMax time.Duration `toml:"reconnect_max"`
}

// Default has no broker.
func Default() Config {
	return Config{KeepAlive: 10 * time.Minute, ReconnectMin: 2 * time.Second, ReconnectMax: 2 * time.Minute}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		switch {
		case err != nil || u.Hostname() == "" || u.Port() == "" || u.User != nil || (u.Path != "" && u.Path != "/"):
			l.Add("url", c.URL, `"tls://HOST:PORT"`)
		case u.Scheme == "tls", u.Scheme == "tcp" && identity.IsThisMachine(u.Hostname()):
		default:
			l.Add("url", c.URL, `"tls://HOST:PORT" (plain "tcp" only to this machine)`)
		}
	}
	if c.KeepAlive < 5*time.Second || c.KeepAlive > time.Hour {
		l.Add("keep_alive", c.KeepAlive, "a duration from 5s to 1h")
	}
	if c.ReconnectMin < 100*time.Millisecond || c.ReconnectMin > time.Hour {
		l.Add("reconnect_min", c.ReconnectMin, "a duration from 100ms to 1h")
	}
	if c.ReconnectMax < c.ReconnectMin || c.ReconnectMax > time.Hour {
		l.Add("reconnect_max", c.ReconnectMax, "a duration from reconnect_min to 1h")
	}
	return l.Err()
}
