package ucamsim

import (
	"math/rand/v2"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/ucam"
)

// Faults are what goes wrong with a Camera. The zero Faults is a good camera.
// Chances are from 0, never, to 1, always.
type Faults struct {
	// Silent: it does everything and says nothing.
	Silent bool `json:"silent,omitempty"`
	// DropByte and DoubleByte are the chance for each byte that the camera sends
	// to be lost or to come twice.
	DropByte   float64 `json:"drop_byte,omitempty"`
	DoubleByte float64 `json:"double_byte,omitempty"`
	// DropInPackage, DoubleInPackage and Corrupt are the chance for each package that
	// one of its bytes is lost, comes twice or has another value.
	DropInPackage   float64 `json:"drop_in_package,omitempty"`
	DoubleInPackage float64 `json:"double_in_package,omitempty"`
	Corrupt         float64 `json:"corrupt,omitempty"`
	// WrongPackage is the chance for each package that it is the one before.
	WrongPackage float64 `json:"wrong_package,omitempty"`
	// NAK is the chance that a command is not done and refused with Code; NAKOf
	// limits that to one command, 0: to none. A package that is asked for counts as
	// ucam.CmdAck.
	NAK   float64      `json:"nak,omitempty"`
	Code  ucam.Code    `json:"code,omitempty"`
	NAKOf ucam.Command `json:"nak_of,omitempty"`
	// NotReady is how long after a snapshot its picture is not ready, beyond the usual, in
	// milliseconds.
	NotReady int `json:"not_ready,omitempty"`
	// Noise is the chance for each reply that garbage stands before it.
	Noise float64 `json:"noise,omitempty"`
	// BootGarbage: it sends garbage when it starts.
	BootGarbage bool `json:"boot_garbage,omitempty"`
	// Late is the chance for each reply to begin 700 ms late.
	Late float64 `json:"late,omitempty"`
	// Drift is by how much its rate is off, as a part of it: 0.03 is 3 % too fast. A
	// camera that starts anew measures the line's rate, and has drifted no more.
	Drift float64 `json:"drift,omitempty"`
	// Doze is the chance for each package that the camera sleeps instead.
	Doze float64 `json:"doze,omitempty"`
	// Truncate: the picture breaks off in its middle, without an end.
	Truncate bool `json:"truncate,omitempty"`
	// HangAfter hangs the camera after that many bytes of a picture, counted from
	// each snapshot; only its power line helps. 0: it does not hang.
	HangAfter int `json:"hang_after,omitempty"`
	// Dead: it does not start when it gets power.
	Dead bool `json:"dead,omitempty"`
}

// lateTime is how late a late reply is: later than drivers wait.
const lateTime = 700 * time.Millisecond

// onLine are the faults of every byte.
func (f Faults) onLine() serialsim.LineFaults {
	return serialsim.LineFaults{Silent: f.Silent, DropByte: f.DropByte, DoubleByte: f.DoubleByte}
}

// pack applies the faults of packages to p, which it may change.
func (f Faults) pack(r *rand.Rand, p []byte) []byte {
	at := r.IntN(len(p))
	if serialsim.Chance(r, f.Corrupt) {
		p[at] ^= byte(1 + r.IntN(255))
	}
	return serialsim.Part(r, p, at, f.DropInPackage, f.DoubleInPackage)
}
