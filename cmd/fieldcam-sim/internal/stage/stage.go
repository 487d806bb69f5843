// Package stage sets up the whole main job on one machine: a hub, a network that
// can be cut, a simulated camera on a pseudo-terminal, and the real daemon, each
// a process of its own where it is one in the field. The demonstration and the
// end-to-end tests play on it.
package stage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
	"fieldcam/cmd/fieldcam-sim/internal/loopback"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

const (
	// startTime bounds the start of the hub and of the daemon, on a machine that
	// is busy compiling.
	startTime = time.Minute
	// stopTime is what the daemon and the hub promise for their end.
	stopTime = 5 * time.Second
	// powerName is the file in place of the camera's power line.
	powerName = "camera-power"
	// look is how often a program is asked whether it is ready.
	look = 50 * time.Millisecond
)

// Options describe a Stage.
type Options struct {
	// Dir holds everything; it is made. What an earlier Stage left there is
	// taken up again.
	Dir string
	// Bin is the directory of the programs fieldcam and fieldcam-hub.
	Bin string
	// Device is the controller's name.
	Device string
	// Page is the address of the hub's page; another port is taken where that one
	// is not free, or where it is empty.
	Page string
	// Config is the rest of the controller's configuration file, TOML without the
	// device and the tables identity, upload and mqtt. It is a template: {{.Port}}
	// is the camera's port, {{.Power}} its power line.
	Config string
	// Upload and MQTT are more lines of the tables upload and mqtt.
	Upload, MQTT string
	// Camera describes the camera.
	Camera vc0706sim.Options
	// HubArgs are more arguments for `fieldcam-hub run`.
	HubArgs []string
	// Broker is the address of a TLS broker to use in place of the hub's, which
	// HubArgs must name too. BrokerCA is the file of its authority.
	Broker, BrokerCA string
}

// Stage is what is played on. Close ends all of it.
type Stage struct {
	o         Options
	hubAddr   string // of the receiver
	brokerAdr string
	hub       *child.Process
	daemon    *child.Process
	eye       *eye.Eye[*vc0706sim.Camera]
	upload    *proxy.Proxy // between the controller and the receiver
	control   *proxy.Proxy // between the controller and the broker
}

// Open makes the directory, the network and the camera, and starts nothing.
func Open(o Options) (_ *Stage, err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	s := &Stage{o: o, brokerAdr: o.Broker}
	for _, d := range []string{o.Dir, s.StateDir(), s.path("hub")} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			return nil, fmt.Errorf("make stage: %w", err)
		}
	}
	if s.hubAddr, err = loopback.FreeAddress(); err != nil {
		return nil, err
	}
	if !isFree(o.Page) {
		if s.o.Page, err = loopback.FreeAddress(); err != nil {
			return nil, err
		}
	}
	if s.brokerAdr == "" {
		if s.brokerAdr, err = loopback.FreeAddress(); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.upload, err = proxy.Listen(s.hubAddr); err != nil {
		return nil, err
	}
	if s.control, err = proxy.Listen(s.brokerAdr); err != nil {
		return nil, err
	}
	if o.Camera.Name == "" {
		s.o.Camera.Name = o.Device
	}
	if s.eye, err = eye.Open(vc0706sim.New(s.o.Camera), s.path(powerName)); err != nil {
		return nil, err
	}
	s.hub = child.New("hub", s.path("hub.log"), append([]string{
		filepath.Join(o.Bin, "fieldcam-hub"), "run", "--data", s.path("hub"),
		"--listen", s.hubAddr, "--page", s.o.Page,
	}, s.hubArgs()...)...)
	s.daemon = child.New("fieldcam", s.path("fieldcam.log"), filepath.Join(o.Bin, "fieldcam"),
		"run", "--config", s.ConfigFile(), "--state", s.StateDir(), "--log", "json")
	return s, nil
}

// hubArgs are the arguments about the broker.
func (s *Stage) hubArgs() []string {
	if s.o.Broker == "" {
		return append([]string{"--mqtt", s.brokerAdr}, s.o.HubArgs...)
	}
	return s.o.HubArgs
}

func (s *Stage) path(name string) string { return filepath.Join(s.o.Dir, name) }

// StateDir is the daemon's.
func (s *Stage) StateDir() string { return s.path("state") }

// ConfigFile is the daemon's.
func (s *Stage) ConfigFile() string { return s.path("fieldcam.toml") }

// PhotoDir is where the hub files the controller's photos.
func (s *Stage) PhotoDir() string { return s.path("hub/photos/" + s.o.Device) }

// PowerFile stands for the camera's power line: "1" while the camera has power.
func (s *Stage) PowerFile() string { return s.path(powerName) }

// PageURL is the address of the hub's page.
func (s *Stage) PageURL() string { return "http://" + s.o.Page + "/" }

// HubAddr is the address of the hub's receiver, without the network between.
func (s *Stage) HubAddr() string { return s.hubAddr }

// Daemon is the controller's process, Hub the hub's.
func (s *Stage) Daemon() *child.Process { return s.daemon }

// Hub is the hub's process.
func (s *Stage) Hub() *child.Process { return s.hub }

// Network is the line to the receiver and the line to the broker.
func (s *Stage) Network() (upload, control *proxy.Proxy) { return s.upload, s.control }

// SetMains gives controller and camera power, or takes the camera's; the daemon
// is the caller's to kill.
func (s *Stage) SetMains(on bool) { s.eye.SetMains(on) }

// Camera is the camera, for its faults.
func (s *Stage) Camera() *vc0706sim.Camera { return s.eye.Camera() }

// Client talks to the daemon.
func (s *Stage) Client() *control.Client { return control.NewClient(control.Path(s.StateDir())) }

// Start starts the hub, registers the controller there, writes its
// configuration, and starts the daemon. It returns when both are ready.
func (s *Stage) Start(ctx context.Context) error {
	if err := s.StartHub(ctx); err != nil {
		return err
	}
	if err := s.Configure(ctx, s.o.Config); err != nil {
		return err
	}
	return s.StartDaemon(ctx)
}

// StartHub starts the hub and waits until its page answers.
func (s *Stage) StartHub(ctx context.Context) error {
	if err := s.hub.Start(); err != nil {
		return err
	}
	client := http.Client{Timeout: time.Second}
	return s.await(ctx, s.hub, func() bool {
		r, err := client.Get(s.PageURL())
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// StartDaemon starts the daemon and waits until it answers commands.
func (s *Stage) StartDaemon(ctx context.Context) error {
	if err := s.daemon.Start(); err != nil {
		return err
	}
	return s.await(ctx, s.daemon, func() bool {
		_, err := s.Client().Status(ctx)
		return err == nil
	})
}

// await waits until ready says yes, or p ends, for startTime at most.
func (s *Stage) await(ctx context.Context, p *child.Process, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if ready() {
			return nil
		}
		if !p.Running() {
			return fmt.Errorf("a program ended at its start: see %s", p.Log())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a program is not ready: see %s: %w", p.Log(), ctx.Err())
		case <-tick.C:
		}
	}
}

// Set gives or takes one of the things that a person can cut: "network",
// "cloud", "power", "camera".
func (s *Stage) Set(thing string, on bool) error {
	mode := proxy.Cut
	if on {
		mode = proxy.Open
	}
	switch thing {
	case "network":
		return errors.Join(s.upload.SetMode(mode), s.control.SetMode(mode))
	case "cloud":
		// A program that is gone refuses connections: the proxy must not accept
		// them in its place.
		if on {
			if err := s.StartHub(context.Background()); err != nil {
				return err
			}
		} else {
			s.hub.Kill()
		}
		return errors.Join(s.upload.SetMode(mode), s.control.SetMode(mode))
	case "power":
		s.eye.SetMains(on)
		if on {
			return s.daemon.Start()
		}
		s.daemon.Kill()
	case "camera":
		f := s.eye.Camera().Faults()
		f.Silent = !on
		s.eye.Camera().SetFaults(f)
	default:
		return fmt.Errorf("nothing called %q can be cut", thing)
	}
	return nil
}

// Close ends the daemon and the hub as in the field, then the rest.
func (s *Stage) Close() error {
	var errs []error
	for _, p := range []*child.Process{s.daemon, s.hub} {
		if p != nil {
			errs = append(errs, p.Stop(stopTime))
		}
	}
	for _, p := range []*proxy.Proxy{s.upload, s.control} {
		if p != nil {
			p.Close()
		}
	}
	if s.eye != nil {
		errs = append(errs, s.eye.Close())
	}
	return errors.Join(errs...)
}

// isFree tells whether addr is one that nobody listens on.
func isFree(addr string) bool {
	if addr == "" {
		return false
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	l.Close()
	return true
}
