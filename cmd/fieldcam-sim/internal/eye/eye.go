// Package eye is a simulated serial camera as a device: on a pseudo-terminal, with a
// file in place of its power line.
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
)

// powerLook is how often the power file is read: half the least time that a
// relay takes to act.
const powerLook = 5 * time.Millisecond

// Camera is a simulated camera on a serial line, of any make.
type Camera interface {
	// Serve is the camera on the line until ctx ends.
	Serve(ctx context.Context, line serialsim.Line) error
	// SetPower gives it power or takes it.
	SetPower(on bool)
}

// Eye is a camera of the make C that is served until Close.
type Eye[C Camera] struct {
	camera C
	path   string
	stop   context.CancelFunc
	wait   sync.WaitGroup

	mu    sync.Mutex // guards the following
	err   error
	mains bool // false: no power, whatever the file says
}

// EverLater is a clock for a camera that never shows a second twice: no two pictures
// are the same.
func EverLater() func() time.Time {
	var mu sync.Mutex
	var last time.Time
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now().Truncate(time.Second)
		if !now.After(last) {
			now = last.Add(time.Second)
		}
		last = now
		return now
	}
}

// Open serves a camera on a new terminal. powerFile, if not empty, is made, and
// says "1" while the camera has power, as a line's attribute file does; it
// begins without. Otherwise the camera has power.
func Open[C Camera](camera C, powerFile string) (*Eye[C], error) {
	camera.SetPower(powerFile == "")
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
	e := &Eye[C]{camera: camera, path: pty.Path(), stop: stop, mains: true}
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
func (e *Eye[C]) Path() string { return e.path }

// Camera is the camera itself, for its faults and its last picture.
func (e *Eye[C]) Camera() C { return e.camera }

// SetMains gives the whole controller power, or takes it: without, the camera
// has none, whatever its line says.
func (e *Eye[C]) SetMains(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mains = on
}

// follow switches the camera as the file says, until ctx ends.
func (e *Eye[C]) follow(ctx context.Context, powerFile string) {
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
func (e *Eye[C]) Close() error {
	e.stop()
	e.wait.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}
