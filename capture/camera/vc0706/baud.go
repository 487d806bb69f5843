package vc0706

import (
	"context"
	"errors"
	"fmt"
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
	var heard []byte
	for range probeRounds {
		for _, baud := range rates {
			if err := c.SetBaud(baud); err != nil {
				return found{}, fmt.Errorf("look for the camera: %w", err)
			}
			data, err := c.once(ctx, wait, CmdVersion)
			if c.saving(err) {
				if err = c.rouse(ctx); err == nil {
					data, err = c.once(ctx, c.timeout, CmdVersion)
				}
			}
			var silent *SilenceError
			var status *StatusError
			switch {
			case err == nil || errors.As(err, &status):
				return found{baud: baud, version: printable(data)}, nil
			case errors.As(err, &silent):
				if len(silent.Got) > 0 {
					heard = silent.Got
				}
			default:
				return found{}, fmt.Errorf("look for the camera: %w", err)
			}
		}
	}
	if heard != nil {
		return found{}, fmt.Errorf("look for the camera: want a version reply at %v baud, got … % X", rates, heard)
	}
	return found{}, fmt.Errorf("look for the camera: want a version reply at %v baud, got nothing at any", rates)
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
		var silent *SilenceError
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
