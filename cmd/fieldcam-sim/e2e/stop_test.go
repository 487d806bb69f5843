//go:build e2e

package e2e_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

func TestTheDaemonStopsInTimeInAnyState(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		// set leads to the state, with everything running.
		set func(r *rig)
	}{
		"camera hangs in mid picture": {usual, func(r *rig) {
			r.Camera().SetFaults(vc0706sim.Faults{HangAfter: 1000})
			r.awaitStatus("a photo is being taken", func(s control.Status) bool { return s.Capture.Shooting != nil })
		}},
		"camera starts": {sessions + swift + poweredCamera, func(*rig) {}},
		"upload hangs in a hole": {usual, func(r *rig) {
			upload, _ := r.Network()
			must(r, upload.SetMode(proxy.Hole))
			r.awaitStatus("a photo is being sent", func(s control.Status) bool { return s.Upload.Photo != "" })
		}},
		"broker in a hole": {usual, func(r *rig) {
			_, control := r.Network()
			r.awaitConnected()
			must(r, control.SetMode(proxy.Hole))
			time.Sleep(1500 * time.Millisecond) // a heartbeat waits for its acknowledgement
		}},
		"broker down": {usual, func(r *rig) {
			r.broker.Kill()
			r.awaitStatus("the broker is away", func(s control.Status) bool { return !s.Broker.Connected })
		}},
		"everything down": {usual, func(r *rig) {
			upload, control := r.Network()
			must(r, upload.SetMode(proxy.Cut))
			must(r, control.SetMode(proxy.Cut))
			r.Camera().SetFaults(vc0706sim.Faults{Silent: true})
			time.Sleep(time.Second)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.config, `"condition":"camera-fault"`)
			r.startAll()
			c.set(r)
			r.stop()
			q := r.openQueue()
			defer q.Close()
			if err := q.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// awaitConnected waits until the daemon has its control link.
func (r *rig) awaitConnected() {
	r.Helper()
	r.awaitStatus("the broker is connected", func(s control.Status) bool { return s.Broker.Connected })
}

func TestTheDaemonStopsInTimeDuringItsStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	r.startCloud()
	for wait := time.Duration(0); wait < 800*time.Millisecond; wait += 50 * time.Millisecond {
		must(t, r.Daemon().Start())
		time.Sleep(wait)
		// Before it listens for the signal, the signal ends it: there is nothing to
		// end in order yet.
		began := time.Now()
		err := r.Daemon().Stop(stopTime)
		if took := time.Since(began); took > stopTime {
			t.Errorf("stopped %v after its start: took %v (%v)", wait, took, err)
		}
		var exit *exec.ExitError
		early := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM
		if err != nil && !early {
			t.Errorf("stopped %v after its start: %v, want exit code 0", wait, err)
		}
	}
	q := r.openQueue()
	defer q.Close()
	if err := q.Check(); err != nil {
		t.Error(err)
	}
	if s := q.Stats(); s.Lost+s.Refused > 0 {
		t.Errorf("after %+v", s)
	}
}

func TestASecondDaemonNamesTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	r.startAll()
	_, said, code := r.run("run")
	if code != 1 || !strings.Contains(said, fmt.Sprintf("queue is locked by process %d ", r.Daemon().PID())) {
		t.Errorf("second daemon: exit code %d, %q; want 1 and the first one's number %d", code, said, r.Daemon().PID())
	}
	r.awaitConfirmed(1) // the first one goes on
	r.stop()
}
