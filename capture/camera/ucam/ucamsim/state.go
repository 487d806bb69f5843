package ucamsim

import (
	"time"

	"fieldcam/capture/camera/ucam"
)

// phase is what a camera is up to.
type phase int

const (
	off     phase = iota
	booting       // it has power and hears nothing yet
	asleep        // it hears nothing but SYNC
	ready
	hung // it has power and hears nothing any more
)

// state is the camera's inside. It belongs to Serve, which runs once at a time.
type state struct {
	// drifted is Faults.Drift as last seen: a start ends the drift, not the fault.
	drifted float64

	// Everything is forgotten without power, and at a reset:
	phase   phase
	bootAt  time.Time // when booting ends
	parser  parser
	heard   time.Time // when bytes came last
	counter byte      // of ACKs and NAKs

	baud  int     // 0 until it was woken
	drift float64 // as a part of baud
	syncs int     // heard since it fell asleep

	wokeAt    time.Time
	spokenAt  time.Time     // when a command came last
	sleepTime time.Duration // 0: never

	initial bool // INITIAL was done
	size    byte // the JPEG size
	pack    int  // the package size
	light   byte
	image   [3]byte // contrast, brightness, exposure

	frozen  []byte    // the snapshot as it is sent
	readyAt time.Time // when it can be
	sending bool      // packages may be asked for
	sent    int       // bytes of frozen that were sent
}

// defaultPackage is the package size after a start [D].
const defaultPackage = ucam.MinPackage

// restart is power on, or a reset.
func (s *state) restart(powered bool) {
	*s = state{drifted: s.drifted,
		sleepTime: sleepTime, pack: defaultPackage, image: [3]byte{2, 2, 2}}
	if powered {
		s.phase = booting
		s.bootAt = time.Now().Add(bootTime)
	}
}

// restartState resets the state machines alone: rate and settings stay.
func (s *state) restartState() {
	s.initial, s.frozen, s.sending, s.sent = false, nil, false, 0
}

// sleepAt is when the camera sleeps if nothing is said; zero for never.
func (s *state) sleepAt() time.Time {
	if s.phase != ready || s.sleepTime == 0 {
		return time.Time{}
	}
	return s.spokenAt.Add(s.sleepTime)
}

func (s *state) sleep() {
	s.phase, s.syncs = asleep, 0
	s.sending = false
}

// rate is the camera's own, in the way it is, with its drift.
func (s *state) rate() int { return int(float64(s.baud) * (1 + s.drift)) }
