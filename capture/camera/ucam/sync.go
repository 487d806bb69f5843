package ucam

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"fieldcam/capture/camera/serial"
)

const (
	// syncTries is how often SYNC is sent at a rate: a camera may need 60 [D].
	syncTries = 60
	// syncGap is how long the camera has for its answer to the first; each next one
	// has syncStep more [D].
	syncGap  = 5 * time.Millisecond
	syncStep = time.Millisecond
	// syncRest is how long the rest of an answer may take that has begun.
	syncRest = 50 * time.Millisecond
	// baudSettle is the camera's time to change its own rate.
	baudSettle = 50 * time.Millisecond
	// bootTime is the time from a reset until the camera may be spoken to: 2 s [H].
	bootTime = 2 * time.Second
)

// found is a camera that answered.
type found struct {
	baud int
	// slept: it answered not the first SYNC but a later one, so that it had started,
	// slept, or was at another rate.
	slept bool
}

// find looks for the camera at each rate, and leaves the port at the one where it
// answered.
func (c *conn) find(ctx context.Context, rates []int) (found, error) {
	tries := 0
	baud, err := c.Search(rates, 1, "an ACK of SYNC", func(baud int) (err error) {
		tries, err = c.sync(ctx, baud)
		return err
	})
	return found{baud: baud, slept: tries > 1 || baud != rates[0]}, err
}

// unique are the rates in their order, each once.
func unique(rates ...int) []int {
	var all []int
	for _, r := range rates {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// sync wakes the camera at a rate; tries is how many SYNCs it needed. The camera
// answers with an ACK and a SYNC of its own, which is acknowledged [D].
func (c *conn) sync(ctx context.Context, baud int) (tries int, err error) {
	if err := c.Discard(); err != nil {
		return 0, err
	}
	wire := FrameBytes * 10 * time.Second / time.Duration(baud)
	start := time.Now()
	for tries = 1; tries <= syncTries; tries++ {
		if err := c.send(ctx, CmdSync); err != nil {
			return tries, err
		}
		// On top of the gap the line's own time: a port may not show an answer's first
		// byte before its last has come.
		gap := 3*wire + syncGap + time.Duration(tries-1)*syncStep
		err := c.answered(ctx, time.Now().Add(gap), 2*wire+syncRest)
		if err == nil {
			return tries, c.settleSync(ctx)
		}
		var nak *NAKError
		if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.As(err, &nak) {
			return tries, err
		}
	}
	return tries, silence(CmdSync, time.Since(start), c.Seen())
}

// answered waits for the camera's ACK and SYNC; once a byte has come, for rest.
func (c *conn) answered(ctx context.Context, until time.Time, rest time.Duration) error {
	if err := c.Begun(ctx, until); err != nil {
		return err
	}
	until = time.Now().Add(rest)
	_, err := c.await(ctx, until, func(f Frame) bool { return f.Command() == CmdAck && f[2] == byte(CmdSync) })
	if err != nil {
		return err
	}
	_, err = c.await(ctx, until, func(f Frame) bool { return f == NewFrame(c.address, CmdSync) })
	return err
}

// settleSync acknowledges the camera's SYNC, and waits for the end of its answers to
// SYNCs that were sent too many.
func (c *conn) settleSync(ctx context.Context) error {
	if err := c.send(ctx, CmdAck, byte(CmdSync)); err != nil {
		return err
	}
	return c.Quiet(ctx, quietGap)
}

// switchBaud brings the camera to another rate. It returns where the camera is
// then, which is not the rate asked for where the camera does not take it.
func (c *conn) switchBaud(ctx context.Context, now found, baud int) (found, error) {
	for _, d := range Dividers(baud) {
		err := c.command(ctx, CmdBaud, d[0], d[1])
		var nak *NAKError
		if errors.As(err, &nak) {
			continue
		}
		var silent *serial.SilenceError
		if err != nil && !errors.As(err, &silent) {
			return now, err
		}
		// Whether the ACK came or was lost, the camera may have changed.
		if err := serial.Pause(ctx, baudSettle); err != nil {
			return now, err
		}
		at, err := c.find(ctx, unique(append([]int{baud, now.baud}, AutoBauds()...)...))
		if err != nil {
			return now, err
		}
		now.baud = at.baud
		if now.baud == baud {
			return now, nil
		}
	}
	return now, nil
}

// reset restarts the camera, which forgets its rate, and finds it again. Its ACK is
// not waited for: that the camera answers afterwards says more.
func (c *conn) reset(ctx context.Context, rates []int) (found, error) {
	if err := c.send(ctx, CmdReset, ResetAll, 0, 0, ResetNow); err != nil {
		return found{}, err
	}
	if err := serial.Pause(ctx, bootTime); err != nil {
		return found{}, err
	}
	return c.find(ctx, rates)
}
