package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/cmd/fieldcam-sim/internal/linkemu"
)

const (
	// startTime bounds a program's start on a busy machine.
	startTime = time.Minute
	// stopTime is what the programs promise for their end.
	stopTime = 5 * time.Second
	// look is how often something is looked for that must come.
	look = 50 * time.Millisecond
)

// hub is a fieldcam-hub that runs.
type hub struct {
	program string
	data    string
	process *child.Process
}

// account is what a controller needs to talk to a hub, as `fieldcam-hub device
// add --json` prints it.
type account struct {
	Device    string `json:"device"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	CAFile    string `json:"ca_file"`
	UploadURL string `json:"upload_url"`
	MQTTURL   string `json:"mqtt_url"`
}

// identity is the account as the controller's parts take it.
func (a account) identity() identity.Config {
	return identity.Config{CAFile: a.CAFile, Username: a.Username, Password: a.Password}
}

// startHub starts a hub with its data in dir: at the near end of the link, or on
// loopback where link is nil. The caller stops it.
func startHub(ctx context.Context, l *lab, dir string, link *linkemu.Link) (_ *hub, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	host, ports := linkemu.NearAddress, []string{"8443", "8883", "8080"}
	if link == nil {
		host = "127.0.0.1"
		if ports, err = freePorts(len(ports)); err != nil {
			return nil, err
		}
	}
	h := &hub{program: l.program("fieldcam-hub"), data: filepath.Join(dir, "data")}
	h.process = child.New("hub", filepath.Join(dir, "hub.log"), h.program, "run", "--data", h.data, "--host", host,
		"--listen", net.JoinHostPort(host, ports[0]), "--mqtt", net.JoinHostPort(host, ports[1]),
		"--page", net.JoinHostPort("127.0.0.1", ports[2]))
	start := h.process.Start
	if link != nil {
		start = func() error { return link.Near().Do(h.process.Start) }
	}
	if err := start(); err != nil {
		return nil, err
	}
	// It writes this file once it listens.
	place := filepath.Join(h.data, "hub.json")
	err = await(ctx, startTime, func() (bool, error) {
		b, err := os.ReadFile(place)
		if err != nil && !h.process.Running() {
			return false, fmt.Errorf("the hub ended: see %s", h.process.Log())
		}
		return err == nil && json.Valid(b), nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start hub: %w", err), h.stop())
	}
	return h, nil
}

func (h *hub) stop() error { return h.process.Stop(stopTime) }

// add registers a controller.
func (h *hub) add(ctx context.Context, name string) (account, error) {
	cmd := exec.CommandContext(ctx, h.program, "device", "add", name, "--json", "--data", h.data)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return account{}, fmt.Errorf("register device: %w: %s", err, stderr.String())
	}
	var a account
	if err := json.Unmarshal(out, &a); err != nil {
		return account{}, fmt.Errorf("register device: %w", err)
	}
	return a, nil
}

// photos are the files that have arrived.
func (h *hub) photos() ([]string, error) {
	return filepath.Glob(filepath.Join(h.data, "photos", device, "*", "*.jpg"))
}

// freePorts are loopback ports that nobody listens on now.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports, nil
}

// await looks again and again until there says yes, for limit at most.
func await(ctx context.Context, limit time.Duration, there func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not come within %v", limit))
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if ok, err := there(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
