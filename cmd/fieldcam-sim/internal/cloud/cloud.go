// Package cloud is the real hub as a process beside an emulated controller, with
// what it has filed.
package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/cmd/fieldcam-sim/internal/loopback"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

const (
	// startTime bounds the hub's start on a busy machine.
	startTime = time.Minute
	// stopTime is what the hub promises for its end.
	stopTime = 5 * time.Second
	// look is how often something is looked for that must come.
	look = 10 * time.Millisecond
)

// Options describe a Hub. All are required.
type Options struct {
	// Program is the path of fieldcam-hub.
	Program string
	// Dir is for the hub's data and its log; it must exist.
	Dir string
	// Device is the one controller's name.
	Device string
	// Host is how the controller knows this machine's loopback.
	Host string
}

// Hub is the real hub on this machine's loopback.
type Hub struct {
	process        *child.Process
	device, data   string
	upload, broker string // ports
	account        Account
}

// Account is what `fieldcam-hub device add --json` prints.
type Account struct {
	Username string `json:"username"`
	Password string `json:"password"`
	CAFile   string `json:"ca_file"`
}

// Open starts the program, and registers the controller. The caller closes it.
func Open(ctx context.Context, o Options) (_ *Hub, err error) {
	c := &Hub{device: o.Device, data: filepath.Join(o.Dir, "hub")}
	if err := os.MkdirAll(c.data, 0o755); err != nil {
		return nil, fmt.Errorf("make hub: %w", err)
	}
	var addresses [3]string
	for i := range addresses {
		if addresses[i], err = loopback.FreeAddress(); err != nil {
			return nil, err
		}
	}
	c.upload, c.broker = port(addresses[0]), port(addresses[1])
	// The certificate is for the address that the guest knows it by.
	c.process = child.New("hub", filepath.Join(o.Dir, "hub.log"), o.Program, "run", "--json", "--data", c.data,
		"--host", o.Host, "--listen", addresses[0], "--mqtt", addresses[1], "--page", addresses[2])
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := c.ready(ctx, addresses[0]); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, o.Program, "device", "add", o.Device, "--json", "--data", c.data).Output()
	if err != nil {
		return nil, fmt.Errorf("register the controller at the hub: %w", err)
	}
	if err := json.Unmarshal(out, &c.account); err != nil {
		return nil, fmt.Errorf("register the controller at the hub: %w", err)
	}
	return c, nil
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// ready waits until the hub listens.
func (c *Hub) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	var d net.Dialer
	for {
		if conn, err := d.DialContext(ctx, "tcp", address); err == nil {
			return conn.Close()
		}
		if !c.process.Running() {
			return fmt.Errorf("the hub ended at its start: see %s", c.process.Log())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the hub does not listen: see %s: %w", c.process.Log(), ctx.Err())
		case <-tick.C:
		}
	}
}

// Close ends the hub.
func (c *Hub) Close() error { return c.process.Stop(stopTime) }

// Process is the hub's, which can be killed and started again.
func (c *Hub) Process() *child.Process { return c.process }

// Account is the controller's.
func (c *Hub) Account() Account { return c.account }

// Upload is the port for photos.
func (c *Hub) Upload() string { return c.upload }

// Broker is the port for the control link.
func (c *Hub) Broker() string { return c.broker }

// Photos is the SHA-256 of each photo that is filed, by ID.
func (c *Hub) Photos() (map[photo.ID]string, error) {
	filed := map[photo.ID]string{}
	err := filepath.WalkDir(filepath.Join(c.data, "photos", c.device), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing came yet
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		id, err := photo.ParseID(strings.TrimSuffix(d.Name(), filepath.Ext(path)))
		if err != nil || filepath.Ext(path) == ".json" {
			return nil // its description, or on its way
		}
		b, err := os.ReadFile(path)
		filed[id] = witness.Sum(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the hub's photos: %w", err)
	}
	return filed, nil
}

// Follow gives each line that is appended to a file to hear, until ctx ends.
func Follow(ctx context.Context, path string, hear func(string)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("follow log: %w", err)
	}
	defer f.Close()
	tick := time.NewTicker(look)
	defer tick.Stop()
	var rest []byte
	for {
		more, err := io.ReadAll(f)
		if err != nil {
			return fmt.Errorf("follow log: %w", err)
		}
		rest = append(rest, more...)
		for {
			line, after, ended := bytes.Cut(rest, []byte("\n"))
			if !ended {
				break
			}
			hear(string(line))
			rest = after
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
