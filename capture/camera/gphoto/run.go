package gphoto

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/dcf"
	"fieldcam/capture/camera/subprocess"
)

// The bounds of the runs that are no shot.
const (
	detectTime = 15 * time.Second // libusb asks each device, and a hub may be slow
	resetTime  = 15 * time.Second
	askTime    = 20 * time.Second
	listTime   = 5 * time.Minute  // a card of 10,000 files, 20 ms each; else by folders
	folderTime = 30 * time.Minute // a folder of 9,999 files of a slow camera, as shutter.Limits has it
	// leastTime is how long a run must have at least: one that is stopped while it
	// opens the camera does more harm than a photo less.
	leastTime = 500 * time.Millisecond
	// maxOutput bounds what a run may print: 300,000 files of a listing.
	maxOutput = 100 << 20
)

// errNoTime: gphoto2 was not started, because there was no time for it.
var errNoTime = fmt.Errorf("less than %v left for gphoto2: %w", leastTime, context.DeadlineExceeded)

// errTooLong: gphoto2 took longer than its bound.
var errTooLong = errors.New("gphoto2 took too long and was ended")

// installed is err, with what a person can do where gphoto2 is not there.
func installed(err error) error {
	if errors.Is(err, subprocess.ErrNotStarted) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: install the package gphoto2, or say in camera.gphoto.program where it is", err)
	}
	return err
}

// blamed counts what has failed for the ladder, where it is the camera's fault: neither
// want of time, nor a gphoto2 that cannot be started, is.
func (c *Camera) blamed(ctx context.Context, err error) {
	if !outOfTime(ctx, err) && !errors.Is(err, subprocess.ErrNotStarted) {
		c.keeper.Ladder.Failed()
	}
}

// outOfTime tells whether what a use did was ended, or not begun, for want of time, or
// because the use's context ctx was cancelled: it is no fault of the camera's. gphoto2 is
// ended a little before the deadline, so that ctx alone does not tell; errTooLong is no
// such error.
func outOfTime(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)
}

// run runs gphoto2 in dir, for at most limit, and lets s take what it prints. A nil
// error says that it ended by itself, which means nothing more: see faultIn.
func (c *Camera) run(ctx context.Context, limit time.Duration, dir string, s *said, args ...string) (subprocess.Exit, error) {
	deadline, ok := ctx.Deadline()
	if ok && time.Until(deadline) < leastTime {
		return subprocess.Exit{}, errNoTime
	}
	own := !ok || time.Until(deadline) > limit
	if err := c.settle(dir); err != nil {
		return subprocess.Exit{}, err
	}
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	exit, err := c.runner.Run(bound, subprocess.Spec{
		Argv: append([]string{c.cfg.Program}, args...),
		Dir:  dir,
		// The camera's clock has no zone: read as UTC it is the same all year.
		Env:    []string{"TZ=UTC0"},
		Stdout: s, MaxOutput: maxOutput, MaxFile: dcf.MaxBytes, Grace: grace,
	})
	c.wild = c.wild || exit.Code < 0 || exit.Signal != 0 // in the middle of something
	if err != nil && own && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		text := strings.ReplaceAll(err.Error(), context.DeadlineExceeded.Error(), errTooLong.Error())
		return exit, fmt.Errorf("%w: %.200s", errTooLong, text)
	}
	return exit, installed(err)
}

// grace is how long gphoto2 has to end once its context was cancelled: where a shot is
// due, what it needs to close the camera, as far as the shot can wait, and until stop.
func grace(cause error) (wait time.Duration, stop <-chan struct{}) {
	var yield *camera.YieldError
	if !errors.As(cause, &yield) {
		return 0, nil
	}
	return min(yield.Within, subprocess.DefaultInterrupt), yield.Stop
}

// settle writes libgphoto2's own settings where gphoto2 looks for them: its home is
// new each time. The camera is to keep its pictures on its card, where they outlive a
// transfer that failed, not in its memory; and one on the network knows its host by an
// identity, which is made of the directory's path.
func (c *Camera) settle(dir string) error {
	sum := sha256.Sum256([]byte("fieldcam gphoto host " + c.o.Dir))
	guid := make([]string, 16)
	for i := range guid {
		guid[i] = fmt.Sprintf("%02x", sum[i])
	}
	text := "ptp2=capturetarget=card\nptp2_ip=guid=" + strings.Join(guid, ":") + "\n"
	home := filepath.Join(dir, ".gphoto")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make gphoto2's home: %w", err)
	}
	if err := os.WriteFile(filepath.Join(home, "settings"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write gphoto2's settings: %w", err)
	}
	return nil
}

// ask runs gphoto2 where nothing but its words are wanted, in a directory of its own.
// Its error is a *Fault where gphoto2 named one.
func (c *Camera) ask(ctx context.Context, limit time.Duration, s *said, args ...string) error {
	dir, err := c.scratch.Make()
	if err != nil {
		return err
	}
	defer c.remove(dir)
	exit, err := c.run(ctx, limit, dir, s, args...)
	if err != nil {
		return err
	}
	if f := faultIn(exit.Stderr); f != nil {
		return f
	}
	return exit.Err()
}
