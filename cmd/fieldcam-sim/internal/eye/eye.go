// Package eye is a simulated camera as a device: a VC0706 on a pseudo-terminal,
// with a file in place of its power line.
package eye

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706/vc0706sim"
)

// powerLook is how often the power file is read: half the least time that a
// relay takes to act.
const powerLook = 5 * time.Millisecond

// Eye is a camera that is served until Close.
type Eye struct {
	camera *vc0706sim.Camera
	path   string
	stop   context.CancelFunc
	wait   sync.WaitGroup

	mu    sync.Mutex // guards the following
	err   error
	mains bool // false: no power, whatever the file says
}

// Open serves a camera on a new terminal. powerFile, if not empty, is made, and
// says "1" while the camera has power, as a line's attribute file does; it
// begins without. Otherwise the camera has power.
func Open(o vc0706sim.Options, powerFile string) (*Eye, error) {
	o.Unpowered = powerFile != ""
	pty, err := serialsim.OpenPty()
	if err != nil {
		return nil, err
	}
	if powerFile != "" {
		if err := os.WriteFile(powerFile, []byte("0\n"), 0o644); err != nil {
			return nil, errors.Join(fmt.Errorf("make power file: %w", err), pty.Close())
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Eye{camera: vc0706sim.New(o), path: pty.Path(), stop: stop, mains: true}
	e.wait.Go(func() {
		err := e.camera.Serve(ctx, pty)
		e.mu.Lock()
		e.err = err
		e.mu.Unlock()
	})
	if powerFile != "" {
		e.wait.Go(func() { e.follow(ctx, powerFile) })
	}
	return e, nil
}

// Path is the terminal: the serial port's device path.
func (e *Eye) Path() string { return e.path }

// Camera is the camera itself, for its faults and its last picture.
func (e *Eye) Camera() *vc0706sim.Camera { return e.camera }

// SetMains gives the whole controller power, or takes it: without, the camera
// has none, whatever its line says.
func (e *Eye) SetMains(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mains = on
}

// follow switches the camera as the file says, until ctx ends.
func (e *Eye) follow(ctx context.Context, powerFile string) {
	tick := time.NewTicker(powerLook)
	defer tick.Stop()
	was := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text, err := os.ReadFile(powerFile)
		if err != nil {
			continue // between a truncation and a write, or gone with its directory
		}
		e.mu.Lock()
		on := e.mains && strings.HasPrefix(string(text), "1")
		e.mu.Unlock()
		if on != was {
			e.camera.SetPower(on)
			was = on
		}
	}
}

// Close ends the camera; the error is why it ended before, if it did.
func (e *Eye) Close() error {
	e.stop()
	e.wait.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}
