// Package vc0706sim is a VC0706 camera without hardware: it speaks the whole
// protocol of package vc0706, takes the time that the real one takes, looks at a
// building site that changes with the hour and the day, and fails on request.
//
// It serves any serialsim.Line: a pseudo-terminal, which the real serial driver opens, or
// the far end of a port of hal/sim, in simulated time. It compares its own rate
// with the Line's: where they differ both sides hear what a UART would.
//
// A Camera without power is silent and forgets what is volatile: rate,
// compression, device number, the frame. What is stored stays: resolution,
// stored rate, stored compression.
//
// What real cameras do in more than one way it does so: the baud divisor for
// 57600 may be either; padding follows the JPEG's end, inside the length that it
// reports; a motion event is five bytes long; the status of an error reply is
// followed by LEN 00.
//
// Out of scope: SPI, TV pictures.
package vc0706sim
