package ipcam

import (
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"fieldcam/config/invalid"
)

// Config says where the camera is, and who asks.
type Config struct {
	// URL is the address of a snapshot, "http://HOST[:PORT]/PATH" or https. Empty: it
	// is asked of ONVIF.
	URL string `toml:"url"`
	// ONVIF is the address of the device service, usually
	// "http://HOST/onvif/device_service". Used where URL is empty.
	ONVIF string `toml:"onvif"`
	// Profile is the token or name of the ONVIF profile. Empty: the camera's first,
	// usually that of the highest resolution.
	Profile string `toml:"profile"`
	// Username and Password are asked for by most cameras.
	Username string `toml:"username"`
	Password string `toml:"password" secret:"true"`
	// PasswordFile holds the password on its first line, in place of Password.
	PasswordFile string `toml:"password_file"`
	// Basic lets the password be sent in the clear, where a camera without https asks
	// for that. Default false.
	Basic bool `toml:"basic"`
	// CAFile is a PEM file of the only authorities to trust. Empty: the system's.
	CAFile string `toml:"ca_file"`
	// Fingerprint is the SHA-256 of the camera's certificate in hexadecimal, colons
	// allowed: no other is accepted then, and this one whatever its name, date and
	// authority. Empty: certificates are verified as usual.
	Fingerprint string `toml:"fingerprint"`
	// Timeout bounds one picture: finding the camera, asking, and the transfer.
	// Default 20s.
	Timeout time.Duration `toml:"timeout"`
	// MaxMB bounds a picture, in megabytes (10^6 bytes). Default 50.
	MaxMB int `toml:"max_mb"`
}

// Default is a camera of which only the address is missing.
func Default() Config { return Config{Timeout: 20 * time.Second, MaxMB: 50} }

// wantURL is what an address should look like.
const wantURL = `"http://HOST[:PORT]/PATH" or https, without user and password`

// Validate reports every value that cannot be used, as invalid.Values. It opens
// no file.
func (c Config) Validate() error {
	var l invalid.List
	switch {
	case c.URL == "" && c.ONVIF == "":
		l.Add("url", "", wantURL+", or onvif")
	case c.URL != "" && !goodURL(c.URL):
		l.Add("url", c.URL, wantURL)
	}
	switch {
	case c.ONVIF != "" && !goodURL(c.ONVIF):
		l.Add("onvif", c.ONVIF, wantURL)
	case c.ONVIF != "" && c.URL != "":
		l.Add("onvif", c.ONVIF, "either url or onvif, not both")
	}
	if strings.ContainsAny(c.Username, ":\x00\r\n") {
		l.Add("username", c.Username, "a name without a colon")
	}
	if c.Username == "" && (c.Password != "" || c.PasswordFile != "") {
		l.Add("username", "", "a name beside the password")
	}
	if c.Password != "" && c.PasswordFile != "" {
		l.Add("password_file", c.PasswordFile, "either password or password_file, not both")
	}
	if _, ok := c.fingerprint(); !ok {
		l.Add("fingerprint", c.Fingerprint, "64 hexadecimal digits, the SHA-256 of the certificate")
	}
	if c.Timeout < time.Second || c.Timeout > 10*time.Minute {
		l.Add("timeout", c.Timeout, "a duration from 1s to 10m")
	}
	if c.MaxMB < 1 || c.MaxMB > 1000 {
		l.Add("max_mb", c.MaxMB, "1 to 1000")
	}
	return l.Err()
}

// goodURL tells whether s is an address that may be asked.
func goodURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.Opaque == ""
}

// host is the camera's host, for people.
func (c Config) host() string {
	u, err := url.Parse(c.URL + c.ONVIF) // one of them is empty
	if err != nil {
		return ""
	}
	return u.Host
}

// fingerprint is Fingerprint as bytes, nil where there is none; false where it can't
// be one.
func (c Config) fingerprint() ([]byte, bool) {
	if c.Fingerprint == "" {
		return nil, true
	}
	const size = 32 // of a SHA-256
	b, err := hex.DecodeString(strings.ReplaceAll(c.Fingerprint, ":", ""))
	return b, err == nil && len(b) == size
}
