package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

const (
	// memoryReach is what the daemon may take of a board with 256 MB, beside a
	// camera's and the system's programs; in megabytes.
	memoryReach = 20
	// largeBytes is the largest photo that cameras in the field deliver.
	largeBytes = 50 * megabyte
	// idleTime is how long the daemon is watched while it has nothing to do.
	idleTime = 20 * time.Second
	// sampleEvery is how often its memory is looked at. The kernel keeps the
	// highest value besides.
	sampleEvery = 100 * time.Millisecond
	// lineRate makes the upload last 15 s or so, in bytes per second.
	lineRate = 3_500_000
	// uploadBound is several times that.
	uploadBound = 2 * time.Minute
)

func memoryFigure() measurement {
	return measurement{figure.Figure{
		Name: "memory", Unit: "MB", Reach: figure.AtMost(memoryReach),
		What: "memory resident, the highest of idle and upload",
	}, memory}
}

// usage is a process's memory, in megabytes.
type usage struct {
	resident  float64 // the highest seen
	anonymous float64 // of it what is not the program's file: the highest seen
	peak      float64 // the kernel's own highest resident value, the start included
}

// memory watches the real daemon, with nothing to do and with a large photo on a
// slow line.
func memory(ctx context.Context, l *lab) (_ figure.Outcome, err error) {
	dir, err := l.room("memory")
	if err != nil {
		return figure.Outcome{}, err
	}
	h, err := startHub(ctx, l, filepath.Join(dir, "hub"), nil)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	a, err := h.add(ctx, device)
	if err != nil {
		return figure.Outcome{}, err
	}
	line, err := slowLine(&a)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer line.Close()
	config := filepath.Join(dir, "fieldcam.toml")
	if err := os.WriteFile(config, []byte(daemonConfig(a)), 0o600); err != nil {
		return figure.Outcome{}, err
	}
	state := filepath.Join(dir, "state")
	idle, err := watchDaemon(ctx, l, dir, config, state, nil, idleTime)
	if err != nil {
		return figure.Outcome{}, fmt.Errorf("idle: %w", err)
	}
	if err := enqueueLarge(ctx, state); err != nil {
		return figure.Outcome{}, err
	}
	began := time.Now()
	busy, err := watchDaemon(ctx, l, dir, config, state, func() (bool, error) {
		files, err := h.photos()
		return len(files) > 0, err
	}, uploadBound)
	if err != nil {
		return figure.Outcome{}, fmt.Errorf("upload: %w", err)
	}
	text := func(u usage) string {
		return fmt.Sprintf("%s MB", figure.Number(max(u.resident, u.peak)))
	}
	parts := func(u usage) string {
		return fmt.Sprintf("highest sample %s, of it anonymous %s", figure.Number(u.resident), figure.Number(u.anonymous))
	}
	return figure.Outcome{
		Value:  max(idle.resident, idle.peak, busy.resident, busy.peak),
		Beside: "real daemon, TLS to hub and broker",
		More: []figure.Row{
			{What: fmt.Sprintf("idle, %v", idleTime), Measured: text(idle), Beside: parts(idle)},
			{What: fmt.Sprintf("while a photo of 50 MB leaves, %.0f s", time.Since(began).Seconds()), Measured: text(busy), Beside: parts(busy)},
		},
	}, nil
}

// slowLine puts a line of lineRate between the controller and the receiver.
func slowLine(a *account) (*proxy.Proxy, error) {
	u, err := url.Parse(a.UploadURL)
	if err != nil {
		return nil, fmt.Errorf("parse the hub's address: %w", err)
	}
	line, err := proxy.Listen(u.Host)
	if err != nil {
		return nil, err
	}
	line.SetRate(lineRate)
	_, port, _ := net.SplitHostPort(line.Addr())
	u.Host = net.JoinHostPort(u.Hostname(), port) // the same name: the certificate's
	a.UploadURL = u.String()
	return line, nil
}

// daemonConfig is the file of a controller that has an account and no camera.
func daemonConfig(a account) string {
	return accountConfig(a, 5*time.Second) + `
[[session]]
name = "uploads"
kind = "upload"
every = "5s"

[[session]]
name = "check-in"
kind = "check-in"
every = "10m"
`
}

// accountConfig is what a controller with an account has in common with all.
func accountConfig(a account, beat time.Duration) string {
	return fmt.Sprintf(`device = %q

[identity]
ca_file = %q
username = %q
password = %q

[upload]
url = %q

[mqtt]
url = %q

[heartbeat]
every = %q
`, a.Device, a.CAFile, a.Username, a.Password, a.UploadURL, a.MQTTURL, beat)
}

// enqueueLarge puts one large photo into the daemon's queue.
func enqueueLarge(ctx context.Context, state string) error {
	q, err := openQueue(ctx, state)
	if err != nil {
		return err
	}
	_, err = add(q, 0, largeBytes)
	return errors.Join(err, q.Close())
}

// watchDaemon runs the daemon until done says so, and watches its memory. That
// limit is over first is an error, but where done is nil.
func watchDaemon(ctx context.Context, l *lab, dir, config, state string, done func() (bool, error), limit time.Duration) (u usage, err error) {
	p := child.New("fieldcam", filepath.Join(dir, "fieldcam.log"), l.program("fieldcam"),
		"run", "--config", config, "--state", state, "--log", "json")
	if err := p.Start(); err != nil {
		return usage{}, err
	}
	defer func() { err = errors.Join(err, p.Stop(stopTime)) }()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	over := time.After(limit)
	for {
		if !p.Running() {
			return u, fmt.Errorf("the daemon ended: see %s", p.Log())
		}
		if err := u.sample(p.PID()); err != nil {
			return u, err
		}
		if done != nil {
			if ok, err := done(); ok || err != nil {
				return u, err
			}
		}
		select {
		case <-ctx.Done():
			return u, ctx.Err()
		case <-over:
			if done == nil {
				return u, nil
			}
			return u, fmt.Errorf("the photo did not arrive within %v: see %s", limit, p.Log())
		case <-tick.C:
		}
	}
}

// sample takes the process's memory of now into u.
func (u *usage) sample(pid int) error {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err
	}
	now, err := parseUsage(string(b))
	if err != nil {
		return err
	}
	u.resident = max(u.resident, now.resident)
	u.anonymous = max(u.anonymous, now.anonymous)
	u.peak = max(u.peak, now.peak)
	return nil
}

// parseUsage reads /proc/PID/status, whose "kB" are 1024 bytes (proc(5)).
func parseUsage(text string) (usage, error) {
	var u usage
	var errs []error
	for name, to := range map[string]*float64{"VmRSS": &u.resident, "RssAnon": &u.anonymous, "VmHWM": &u.peak} {
		n, err := blockdev.Field(text, name)
		errs = append(errs, err)
		*to = float64(n) * 1024 / megabyte
	}
	if err := errors.Join(errs...); err != nil {
		return usage{}, fmt.Errorf("memory in %.40q: %w", strings.TrimSpace(text), err)
	}
	return u, nil
}
