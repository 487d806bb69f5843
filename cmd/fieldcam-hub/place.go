package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-hub/internal/receiver"
	"fieldcam/cmd/fieldcam-hub/internal/subscriber"
)

// place is where devices find this hub: a run writes it, "device add" reads it.
type place struct {
	Host   string `json:"host"`
	Upload string `json:"upload"` // the address that the receiver listens on
	MQTT   string `json:"mqtt"`   // the broker's; empty: an external one
	CAFile string `json:"ca_file"`
	Plain  bool   `json:"plain"`
}

// dirMode and fileMode keep photos and addresses from the machine's other users;
// a group may be let in, for backups.
const (
	dirMode  = 0o750
	fileMode = 0o640
)

// holdData takes the data folder for this process alone, until unlock: two hubs
// would answer for each other's uploads without each other's locks.
func holdData(data string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(data, "hub.lock"), os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(f, maxPID)) // only to say it
		_ = f.Close()                                      // only read
		return nil, fmt.Errorf("--data %s is in use by another hub, process %s", data, cmp.Or(strings.TrimSpace(string(holder)), "unknown"))
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock data folder: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil // the lock goes with it
}

// maxPID is more digits than a process ID has.
const maxPID = 32

func placeFile(data string) string { return filepath.Join(data, "hub.json") }

func (p place) write(data string) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write hub.json: %w", err)
	}
	// Torn by a power cut, it is written again at the next run.
	if err := os.WriteFile(placeFile(data), append(b, '\n'), fileMode); err != nil {
		return fmt.Errorf("write hub.json: %w", err)
	}
	return nil
}

// readPlace gives what the last run wrote, or what a first run with all defaults
// would write.
func readPlace(data string) (place, error) {
	b, err := os.ReadFile(placeFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return place{Host: "localhost", Upload: ":8443", MQTT: ":8883", CAFile: absolute(filepath.Join(data, "tls", "ca.pem"))}, nil
	}
	if err != nil {
		return place{}, fmt.Errorf("read hub.json: %w", err)
	}
	var p place
	if err := json.Unmarshal(b, &p); err != nil {
		return place{}, fmt.Errorf("read %s (a run of the hub writes it again): %w", placeFile(data), err)
	}
	return p, nil
}

// uploadURL and mqttURL are for a device's configuration.
func (p place) uploadURL() string {
	scheme := "https"
	if p.Plain {
		scheme = "http"
	}
	return scheme + "://" + p.addr(p.Upload) + receiver.Path
}

func (p place) mqttURL() string {
	if p.MQTT == "" {
		return ""
	}
	scheme := "tls"
	if p.Plain {
		scheme = "tcp"
	}
	return scheme + "://" + p.addr(p.MQTT)
}

// addr is the hub's name with the port of a listening address. An address of
// this machine alone stays: the name might lead elsewhere (::1 for localhost).
func (p place) addr(listening string) string {
	if isThisMachine(listening) {
		return listening
	}
	_, port, err := net.SplitHostPort(listening)
	if err != nil {
		return listening
	}
	return net.JoinHostPort(p.Host, port)
}

// onlyHere tells whether a device elsewhere could not use these addresses.
func (p place) onlyHere() bool {
	return isThisMachine(p.addr(p.Upload)) || p.MQTT != "" && isThisMachine(p.addr(p.MQTT))
}

// reachable is a listening address as a client on this machine dials it.
func reachable(listening string) string {
	host, port, err := net.SplitHostPort(listening)
	if err != nil {
		return listening
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listening
}

// fill says how to reach the external broker.
func (e external) fill(o *subscriber.Options, data string) error {
	o.URL, o.Username = e.url, e.username
	host, _, err := net.SplitHostPort(e.url[len("tls://"):]) // "tcp://" is as long
	if err != nil {
		return fmt.Errorf("--broker: %w", err)
	}
	o.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if e.caFile != "" {
		pem, err := os.ReadFile(e.caFile)
		if err != nil {
			return fmt.Errorf("read --broker-ca: %w", err)
		}
		o.TLS.RootCAs = x509.NewCertPool()
		if !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("read --broker-ca %s: no certificate in it", e.caFile)
		}
	}
	if e.passwordFile != "" {
		f, err := os.Open(e.passwordFile)
		if err != nil {
			return fmt.Errorf("read --broker-password-file: %w", err)
		}
		defer f.Close() // only read
		lines := bufio.NewScanner(f)
		lines.Scan()
		if o.Password = lines.Text(); lines.Err() != nil || o.Password == "" {
			return fmt.Errorf("read --broker-password-file %s: want a password on its first line", e.passwordFile)
		}
	}
	if o.ClientID, err = hubClientID(data); err != nil {
		return err
	}
	return nil
}

// hubClientID is this hub's own on a shared broker: random, and always the same.
func hubClientID(data string) (string, error) {
	path := filepath.Join(data, "client-id")
	if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
		return string(b), nil
	}
	var b [6]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	id := "fieldcam-hub-" + hex.EncodeToString(b[:])
	if err := os.WriteFile(path, []byte(id), fileMode); err != nil {
		return "", fmt.Errorf("keep client ID: %w", err)
	}
	return id, nil
}

// absolute is path from the root; path itself where that is not known.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
