// Package ucamsim is a uCAM-II, uCAM-III or OV528 camera without hardware: it speaks
// the protocol of package ucam, takes the time that the real one takes, looks at a
// building site that changes with the hour and the day, and fails on request.
//
// It serves any serialsim.Line: a pseudo-terminal, which the real serial driver
// opens, or the far end of a port of hal/sim, in simulated time.
//
// When it starts it hears every rate that it can find by itself, and keeps to the
// one at which it was woken, until its next start. After 15 s without a command it
// sleeps, and then hears nothing but SYNC, of which it needs several, as after a
// start. Without power it is silent and forgets everything.
//
// Where sources differ it can be told which to follow: what number it gives its first
// package, and which pair of dividers it takes for 115200 baud.
//
// Out of scope: raw formats and previews, which it refuses.
package ucamsim
