package cameratest

import (
	"cmp"
	"context"
	"io"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/photo"
)

const (
	// MaxPart is the largest part of a picture that a driver may hand on at once,
	// and so an upper bound of what it keeps in memory.
	MaxPart = 64 << 10
	// Grace is how long after its context's end a call may return: package capture
	// takes a camera for stuck after it.
	Grace = 500 * time.Millisecond
	// CloseWait bounds Close, whatever is under way: the daemon has 5 s to stop in
	// all.
	CloseWait = 2 * time.Second
	// Rungs is how many Shoots may fail after the first before the ladder is at
	// the power line: retry, reset, power cycle.
	Rungs = 2
)

// Camera is a driver. Its methods may be called from any goroutine.
type Camera interface {
	// Shoot is capture.Camera's.
	Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error)
	// Prepare finds the camera and sets it up, so that the first Shoot need not.
	// It leaves the power as Shoot does.
	Prepare(ctx context.Context) error
	// Close ends the use of the camera and switches it off.
	Close() error
}

// Fault is what is wrong with the camera.
type Fault int

// The faults. A kind of camera need not know them all.
const (
	// Healthy is a camera without a fault.
	Healthy Fault = iota
	// Silent is a camera that answers nothing, or a program or server that makes
	// no picture and does not return.
	Silent
	// Hangs is a camera that begins a picture and stops in its middle. Only its
	// power line brings it back, where it has one: taking the fault away helps at
	// the next start.
	Hangs
	// Truncates is a camera whose pictures lack their second half.
	Truncates
)

func (f Fault) String() string {
	switch f {
	case Healthy:
		return "healthy"
	case Silent:
		return "silent"
	case Hangs:
		return "hangs in mid-picture"
	case Truncates:
		return "truncates its pictures"
	}
	return "unknown"
}

// Kind says what there is to test of a kind of camera.
type Kind struct {
	// Faults are those that the rig's camera can have.
	Faults []Fault
	// Switched: rigs can have a power line. Where not, Setup.Power is NoLine always.
	Switched bool
}

// Power says how a rig's camera gets its power.
type Power int

const (
	// NoLine: it has power always.
	NoLine Power = iota
	// OffBetween: a line, and off after each photo.
	OffBetween
	// KeptOn: a line, and on between photos.
	KeptOn
)

func (p Power) String() string {
	switch p {
	case OffBetween:
		return "off between photos"
	case KeptOn:
		return "kept on"
	}
	return "no power line"
}

// Setup is what a check wants of its rig.
type Setup struct {
	Power Power
	// WarmUp is how long the camera takes to start, and as long the driver waits for it.
	// 0: as the rig has it.
	WarmUp time.Duration
}

// Configure gives c, which has no line, the power of s, by a line of that name.
func (s Setup) Configure(c *camera.PowerConfig, line string) {
	if s.Power != NoLine {
		c.Line, c.KeepOn = line, s.Power == KeptOn
	}
	c.WarmUp = cmp.Or(s.WarmUp, c.WarmUp)
}

// Faults are those of every kind.
func Faults() []Fault { return []Fault{Silent, Hangs, Truncates} }

// Rig is a healthy camera and its driver, of which nothing has been asked yet.
type Rig struct {
	Camera Camera
	// Break gives the camera a fault from now on; Healthy ends it.
	Break func(Fault)
	// HangAt hangs the camera as Break(Hangs) does, after this part of its picture, from 0
	// to 1. nil: Break(Hangs) says where.
	HangAt func(part float64)
	// Picture is the picture that the camera took last, as it should arrive. nil: the
	// suite checks the picture's two ends only.
	Picture func() []byte
	// On tells whether the camera has power, and Offs how often it was taken away
	// since the rig was made. nil where there is no line.
	On   func() bool
	Offs func() int
	// Limit is how long a Shoot of a broken camera may take by itself. 0: 5 min.
	Limit time.Duration
	// Busy is a time after the start of a Shoot at which the camera is at work on the
	// picture. 0: half of the time that one took.
	Busy time.Duration
}

// defaultLimit is Rig.Limit.
const defaultLimit = 5 * time.Minute

func (r Rig) limit() time.Duration {
	if r.Limit > 0 {
		return r.Limit
	}
	return defaultLimit
}
