// Package schedule turns a weekly schedule into slots: the instants at which
// something is due. It is pure: the same question has the same answer for ever,
// nothing is remembered, nothing waits, and every method may be called from any
// goroutine.
//
// A session's block is given in local wall time, and its slots are evenly
// spaced in real time from the block's first instant on; both ends belong to
// the block. Slots never depend on the slots before them, so nothing drifts.
//
// Where the clock face is ambiguous, because daylight saving begins or ends or
// because a country moves to another zone, these rules hold:
//
//   - An end that the clock skips (02:30 where 02:00 becomes 03:00) is the
//     first instant after the gap. A block whose ends are both in the gap is
//     that one instant: it is not lost.
//   - From, where the clock shows it twice, is the first time; Until is the
//     last. So the block holds every instant at which the clock shows a time
//     in it, and 00:00 to 23:59:59 leaves no hour of any day out.
//   - A block of one instant (From equal to Until) is the first of two.
//   - A day that the calendar skips (30 December 2011 in Apia) has no block. A
//     block that crosses midnight into it ends on the day after it.
//
// Days are those of the local calendar, and 29 February is a day like another.
//
// Sessions of one kind may overlap: their slots are then the union, and equal
// instants are one slot. That slot has the name of the session listed first,
// the latest end, and, for uploads, no limit where one of the sessions has
// none, else the largest.
//
// Out of scope: what happens at a slot, and whether it happened (package
// capture and the queue's ledger).
package schedule
