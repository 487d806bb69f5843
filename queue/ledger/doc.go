// Package ledger says of each slot of one UTC day and one capture session what
// became of it, in a few bytes.
//
// Each slot that was due has exactly one account: its photos, or why there is
// none. What is known of a slot can come in any order and more than once, since
// clocks step and power fails. So a photo stands above everything; a failure
// that was seen (a camera's, a card's) above a gap that only the clock shows
// (photo.Cause.Gap); among equals what came last counts.
//
// Slots are instants in nanoseconds. Neighbours that are evenly spaced, fared
// alike, and whose photos' numbers are evenly spaced too, are one run, in memory
// and encoded: a day without disturbance is one run whatever its interval, and
// a change costs by the number of runs, not of slots.
//
// The package holds data only. Where a day is kept, that its bytes are the ones
// written, and gaps too long to enumerate are the queue's.
package ledger
