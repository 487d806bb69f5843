package vc0706

import (
	"context"
	"errors"
	"strings"
	"time"

	"fieldcam/capture/camera/serial"
)

const (
	// probeWait bounds the wait for a version at each rate; the first reply is
	// due in 10 to 500 ms in all sources.
	probeWait = 500 * time.Millisecond
	// probeRounds is how often every rate is tried: the first round may fall
	// into the end of the camera's boot.
	probeRounds = 2
	// baudSettle is the camera's time to change its own rate after its reply.
	baudSettle = 50 * time.Millisecond
)

// found is a camera that answered.
type found struct {
	baud    int
	version string // empty where it would not say
}

// find looks for the camera at every rate, beginning with first, and leaves the
// port at the rate where it answered.
func (c *conn) find(ctx context.Context, first int) (found, error) {
	rates := []int{first}
	for _, r := range c.rates {
		if r != first {
			rates = append(rates, r)
		}
	}
	wait := min(c.timeout, probeWait)
	var f found
	var err error
	f.baud, err = c.Search(rates, probeRounds, "a version reply", func(int) error {
		data, err := c.once(ctx, wait, CmdVersion)
		if c.saving(err) {
			if err = c.rouse(ctx); err == nil {
				data, err = c.once(ctx, c.timeout, CmdVersion)
			}
		}
		if errors.As(err, new(*StatusError)) {
			err = nil
		}
		f.version = printable(data)
		return err
	})
	return f, err
}

// printable keeps what of a version can stand in a log.
func printable(data []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(data)))
}

// switchBaud brings the camera, which answers at the present rate, to another
// one, until its next reset. It returns where the camera is then, which is not
// the rate asked for where the camera does not take it.
func (c *conn) switchBaud(ctx context.Context, now found, baud int) (found, error) {
	for _, divisor := range Divisors(baud) {
		_, err := c.once(ctx, c.timeout, CmdBaud, InterfaceUART, byte(divisor>>8), byte(divisor))
		var status *StatusError
		if errors.As(err, &status) {
			continue
		}
		var silent *serial.SilenceError
		if err != nil && !errors.As(err, &silent) {
			return now, err
		}
		// Whether the reply came or was lost, the camera may have changed.
		if err := serial.Pause(ctx, baudSettle); err != nil {
			return now, err
		}
		if now, err = c.find(ctx, baud); err != nil || now.baud == baud {
			return now, err
		}
	}
	return now, nil
}
