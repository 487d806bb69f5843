//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/stage"
	"fieldcam/queue"
)

const (
	// device is the controller's name.
	device = "tempo-e2e"
	// patience bounds every wait for something that takes a moment on an idle
	// machine.
	patience = 2 * time.Minute
	// look is how often it is looked for.
	look = 25 * time.Millisecond
	// stopTime is what systemd gives the daemon for its end (scripts/fieldcam.service).
	// Its promise of 5 s is held to in simulated time, in package agent: here it has
	// the race detector in it and shares the machine with other tests.
	stopTime = 10 * time.Second
	// interval is that of the capture and the upload slots: the least that there
	// is.
	interval = 5 * time.Second
)

// sessions, swift and fixedCamera make the parts of most tests' configuration: a
// photo and an upload every 5 s, short waits, and a camera without a power line.
const (
	sessions = `
[[session]]
name = "photos"
kind = "capture"
every = "5s"

[[session]]
name = "uploads"
kind = "upload"
every = "5s"
`
	swift = `
[retry]
retry_min = "100ms"
retry_max = "2s"
photo_retry_min = "100ms"
photo_retry_max = "2s"

[heartbeat]
every = "1s"
`
	fixedCamera = `
[camera.vc0706]
port = "{{.Port}}"
resolution = "160x120"
reply_timeout = "300ms"
`
	poweredCamera = fixedCamera + `
[camera.power]
line = "{{.Power}}"
keep_on = true
warm_up = "2100ms"
off_time = "100ms"
`
	usual = sessions + swift + fixedCamera
)

// rig is the whole main job with all that a test needs to look at it.
type rig struct {
	testing.TB
	*stage.Stage
	ctx    context.Context
	dir    string
	broker *mosquitto
	ear    *ear
	// expected are parts of the daemon's log lines of level "error" that this
	// test provokes.
	expected []string
	// deletes: the card is so small that photos which the cloud has are deleted
	// for room.
	deletes bool
	// after is done when everything has ended, before the directory goes.
	after []func()
}

// newRig makes a rig with the daemon's configuration rest. Nothing runs yet but
// the camera, which has power. Everything ends with the test, in order; then the
// logs are read for what no oracle sees.
func newRig(t testing.TB, rest string, expected ...string) *rig {
	t.Helper()
	// Not t.TempDir: the path of a socket is at most 107 bytes long.
	dir, err := os.MkdirTemp("", "e2e-")
	must(t, err)
	r := &rig{TB: t, ctx: t.Context(), dir: dir, expected: expected}
	r.broker = newMosquitto(t, filepath.Join(dir, "broker"))
	r.Stage, err = stage.Open(stage.Options{
		Dir: dir, Bin: programs, Device: device,
		Config: rest,
		Upload: `idle_timeout = "3s"`,
		MQTT:   "keep_alive = \"5s\"\nreconnect_min = \"100ms\"\nreconnect_max = \"2s\"",
		Camera: vc0706sim.Options{Resolution: "160x120"},
		HubArgs: []string{"--json", "--broker", "tls://" + r.broker.addr, "--broker-ca", r.broker.path("ca.pem"),
			"--broker-username", hubUser, "--broker-password-file", r.broker.path("hub-password")},
		Broker: r.broker.addr, BrokerCA: r.broker.path("ca.pem"),
	})
	must(t, err)
	t.Cleanup(r.end)
	must(t, os.WriteFile(r.PowerFile(), []byte("1\n"), 0o644))
	who, err := r.Register(r.ctx)
	must(t, err)
	r.broker.allow(t, map[string]string{device: who.Password})
	must(t, r.Configure(r.ctx, rest))
	return r
}

// startCloud starts the broker, the ear and the hub.
func (r *rig) startCloud() {
	r.Helper()
	must(r, r.broker.begin())
	r.ear = listenTo(r, r.broker)
	must(r, r.StartHub(r.ctx))
}

// startAll starts everything.
func (r *rig) startAll() {
	r.Helper()
	r.startCloud()
	must(r, r.StartDaemon(r.ctx))
}

// end stops everything, reads the logs, and removes the directory.
func (r *rig) end() {
	if err := r.Stage.Close(); err != nil {
		r.Errorf("end: %v", err)
	}
	if r.ear != nil {
		r.ear.close()
	}
	r.broker.Kill()
	r.readLogs()
	for _, f := range r.after {
		f()
	}
	if os.Getenv("FIELDCAM_KEEP") != "" {
		r.Logf("kept: %s", r.dir)
	} else if err := os.RemoveAll(r.dir); err != nil {
		r.Error(err)
	}
}

// stop ends the daemon as systemd does, and holds it to its promise.
func (r *rig) stop() {
	r.Helper()
	if !r.Daemon().Running() {
		r.Fatalf("the daemon has ended on its own: %v", r.Daemon().Err())
	}
	began := time.Now()
	if err := r.Daemon().Stop(stopTime); err != nil {
		r.Errorf("stop: %v after %v, want exit code 0 in less than %v", err, time.Since(began), stopTime)
	}
}

// status asks the daemon.
func (r *rig) status() control.Status {
	r.Helper()
	s, err := r.Client().Status(r.ctx)
	must(r, err)
	return s
}

// await waits until ok says yes.
func (r *rig) await(what string, ok func() bool) {
	r.Helper()
	r.awaitFor(patience, what, ok)
}

func (r *rig) awaitFor(limit time.Duration, what string, ok func() bool) {
	r.Helper()
	for began := time.Now(); !ok(); time.Sleep(look) {
		if time.Since(began) > limit {
			if s, err := r.Client().Status(r.ctx); err == nil {
				r.Logf("status: %+v", s)
			}
			r.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// awaitStatus waits until the daemon's status is as ok wants.
func (r *rig) awaitStatus(what string, ok func(control.Status) bool) {
	r.Helper()
	r.await(what, func() bool {
		s, err := r.Client().Status(r.ctx)
		return err == nil && ok(s)
	})
}

// awaitConfirmed waits until the cloud has at least n photos.
func (r *rig) awaitConfirmed(n int64) {
	r.Helper()
	r.awaitStatus(fmt.Sprintf("%d photos in the cloud", n), func(s control.Status) bool { return s.Queue.Confirmed >= n })
}

// run runs a command of fieldcam and gives its output and exit code.
func (r *rig) run(args ...string) (stdout, stderr string, code int) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "fieldcam"), append(args, "--state", r.StateDir(), "--config", r.ConfigFile())...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		r.Fatal(e)
	}
	if ctx.Err() != nil {
		r.Fatalf("fieldcam %v did not end within %v", args, patience)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// must is run where it has to succeed; it gives the standard output.
func (r *rig) must(args ...string) string {
	r.Helper()
	out, errs, code := r.run(args...)
	if code != 0 {
		r.Fatalf("fieldcam %s: exit code %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// openQueue opens the stopped daemon's queue; the caller closes it.
func (r *rig) openQueue() *queue.Queue {
	r.Helper()
	q, err := queue.Open(r.ctx, queue.Options{Dir: r.StateDir(), Device: device, Config: queue.Default()})
	must(r, err)
	return q
}

// editConfig replaces a text in the daemon's configuration file.
func (r *rig) editConfig(was, is string) {
	r.Helper()
	text, err := os.ReadFile(r.ConfigFile())
	must(r, err)
	if !strings.Contains(string(text), was) {
		r.Fatalf("%q is not in the configuration", was)
	}
	must(r, os.WriteFile(r.ConfigFile(), []byte(strings.ReplaceAll(string(text), was, is)), 0o600))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
