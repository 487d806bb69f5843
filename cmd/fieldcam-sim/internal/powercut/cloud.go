package powercut

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
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
	"fieldcam/cmd/fieldcam-sim/internal/loopback"
)

const (
	// startTime bounds the hub's start on a busy machine.
	startTime = time.Minute
	// stopTime is what the hub promises for its end.
	stopTime = 5 * time.Second
	// look is how often something is looked for that must come.
	look = 10 * time.Millisecond
)

// cloud is the real hub on this machine's loopback.
type cloud struct {
	process        *child.Process
	data           string
	upload, broker string // ports
	account        account
}

// account is what `fieldcam-hub device add --json` prints.
type account struct {
	Username string `json:"username"`
	Password string `json:"password"`
	CAFile   string `json:"ca_file"`
}

// openCloud starts the program with its data in dir, and registers the
// controller. The caller closes it.
func openCloud(ctx context.Context, program, dir string) (_ *cloud, err error) {
	c := &cloud{data: filepath.Join(dir, "hub")}
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
	c.process = child.New("hub", filepath.Join(dir, "hub.log"), program, "run", "--json", "--data", c.data,
		"--host", emulated.HostAddress, "--listen", addresses[0], "--mqtt", addresses[1], "--page", addresses[2])
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if err := c.ready(ctx, addresses[0]); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, program, "device", "add", device, "--json", "--data", c.data).Output()
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
func (c *cloud) ready(ctx context.Context, address string) error {
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

func (c *cloud) close() error { return c.process.Stop(stopTime) }

// photos is the SHA-256 of each photo that is filed, by ID.
func (c *cloud) photos() (map[photo.ID]string, error) {
	filed := map[photo.ID]string{}
	err := filepath.WalkDir(filepath.Join(c.data, "photos", device), func(path string, d fs.DirEntry, err error) error {
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
		filed[id] = sum(b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the hub's photos: %w", err)
	}
	return filed, nil
}

// follow gives each line that is appended to a file to hear, until ctx ends.
func follow(ctx context.Context, path string, hear func(string)) error {
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
