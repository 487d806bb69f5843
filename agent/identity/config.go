// Package identity is who this controller is to its cloud: the certificates
// that it trusts and shows, and its user name and password.
package identity

import (
	"net"

	"fieldcam/config/invalid"
)

// Config names the files and secrets. All are optional: without them the
// system's certificates are trusted and nothing is shown.
type Config struct {
	// CAFile is a PEM file of the only authorities to trust. Empty: the
	// system's.
	CAFile string `toml:"ca_file"`
	// CertFile and KeyFile are the client certificate and its key, as PEM. Both
	// or neither.
	CertFile string `toml:"cert_file"`
	KeyFile  string `toml:"key_file"`
	// Username and Password are for the broker and the upload endpoint.
	// Username defaults to the device's name where a password is given.
	Username string `toml:"username"`
	Password string `toml:"password" secret:"true"`
	// PasswordFile holds the password on its first line, in place of Password.
	PasswordFile string `toml:"password_file"`
	// ClassicKeyShare offers X25519 alone, without the post-quantum share: about
	// 2.6 KB less for each new connection, and no protection against somebody
	// who records the traffic today to decrypt it in decades. Default false.
	ClassicKeyShare bool `toml:"classic_key_share"`
}

// Validate reports every value that cannot be used, as invalid.Values. It opens
// no file.
func (c Config) Validate() error {
	var l invalid.List
	if c.CertFile == "" && c.KeyFile != "" {
		l.Add("cert_file", "", "a certificate beside key_file")
	}
	if c.KeyFile == "" && c.CertFile != "" {
		l.Add("key_file", "", "a key beside cert_file")
	}
	if c.Password != "" && c.PasswordFile != "" {
		l.Add("password_file", c.PasswordFile, "either password or password_file, not both")
	}
	return l.Err()
}

// IsThisMachine tells whether host is this machine by its very name: only there
// may anything be said without TLS.
func IsThisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
