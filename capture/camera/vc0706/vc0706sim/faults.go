package vc0706sim

import (
	"math/rand/v2"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
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
	// DropInChunk and DoubleInChunk are the chance for each part of a picture
	// that one of its bytes is lost or comes twice.
	DropInChunk   float64 `json:"drop_in_chunk,omitempty"`
	DoubleInChunk float64 `json:"double_in_chunk,omitempty"`
	// ShortReply is the chance that a reply's last byte stays in the camera
	// until it sends the next.
	ShortReply float64 `json:"short_reply,omitempty"`
	// Noise is the chance for each reply that garbage stands before it.
	Noise float64 `json:"noise,omitempty"`
	// WrongStatus is the chance that a command is not done and answered with
	// Status; StatusOf limits that to one command, 0: to none.
	WrongStatus float64        `json:"wrong_status,omitempty"`
	Status      vc0706.Status  `json:"status,omitempty"`
	StatusOf    vc0706.Command `json:"status_of,omitempty"`
	// Truncate: the picture breaks off in its middle, without an end.
	Truncate bool `json:"truncate,omitempty"`
	// BootGarbage: garbage stands before the boot text.
	BootGarbage bool `json:"boot_garbage,omitempty"`
	// MotionInChunk is the chance for each part of a picture that a motion event
	// falls into it, and MotionBeforeReply for each reply that one stands before it.
	MotionInChunk     float64 `json:"motion_in_chunk,omitempty"`
	MotionBeforeReply float64 `json:"motion_before_reply,omitempty"`
	// MotionShort: motion events have four bytes, as some drivers read [A], not five [D].
	MotionShort bool `json:"motion_short,omitempty"`
	// FillEnd: fill bytes stand before the picture's end, FF FF FF FF D9, and behind it.
	FillEnd bool `json:"fill_end,omitempty"`
	// LongErrors: a reply that says that a command was not done has a data byte [V].
	LongErrors bool `json:"long_errors,omitempty"`
	// Late is the chance for each reply to begin 1.5 s late.
	Late float64 `json:"late,omitempty"`
	// HangAfter hangs the camera after that many bytes of a picture, counted from
	// each stop; only its power line helps. 0: it does not hang.
	HangAfter int `json:"hang_after,omitempty"`
	// Dead: it does not start when it gets power.
	Dead bool `json:"dead,omitempty"`
}

// lateTime is how late a late reply is: later than drivers wait.
const lateTime = 1500 * time.Millisecond

// motionEvent is what a camera sends when something moves before it.
func (f Faults) motionEvent(number byte) []byte {
	event := []byte{vc0706.ReplyMark, number, byte(vc0706.CmdMotionEvent), 0, 0}
	if f.MotionShort {
		return event[:4]
	}
	return event
}

// onLine are the faults of every byte.
func (f Faults) onLine() serialsim.LineFaults {
	return serialsim.LineFaults{Silent: f.Silent, DropByte: f.DropByte, DoubleByte: f.DoubleByte}
}

// chunk applies the faults of parts of a picture to p, which is not changed.
func (f Faults) chunk(r *rand.Rand, number byte, p []byte) []byte {
	if len(p) == 0 {
		return p
	}
	at := r.IntN(len(p))
	p = serialsim.Part(r, p, at, f.DropInChunk, f.DoubleInChunk)
	if serialsim.Chance(r, f.MotionInChunk) {
		at = min(at, len(p))
		p = append(append(append([]byte(nil), p[:at]...), f.motionEvent(number)...), p[at:]...)
	}
	return p
}
